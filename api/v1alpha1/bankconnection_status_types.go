package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BankConnectionStatus is the observed state of a BankConnection.
type BankConnectionStatus struct {
	// observedGeneration is the generation of the spec that this status describes;
	// -1 before the operator writes the first status.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are the conditions of the connection. Ready, Authorized, DataFresh
	// and UserActionRequired are present from the first status on; the others are
	// present only while they are true.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// institution is the name of the bank, as Flinks spells it.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Institution string `json:"institution,omitempty"`

	// binding identifies the login that belongs to this object. The operator
	// refreshes and deletes only a bound login.
	//
	// +optional
	Binding *Binding `json:"binding,omitempty"`

	// deletionClaim is set before the operator deletes the login at Flinks. While
	// it is set, the operator binds no other object to the login.
	//
	// +optional
	DeletionClaim *DeletionClaim `json:"deletionClaim,omitempty"`

	// deletion is the outcome of the attempts to delete the login at Flinks.
	// Absent while none was allowed.
	//
	// +optional
	Deletion *Deletion `json:"deletion,omitempty"`

	// refreshPolicy is the refresh policy that applies, and where it comes from.
	//
	// +optional
	RefreshPolicy *EffectivePolicy `json:"refreshPolicy,omitempty"`

	// lastRefreshTime is when the bank last gave Flinks new data, as Flinks
	// reports it.
	//
	// +optional
	LastRefreshTime *metav1.Time `json:"lastRefreshTime,omitempty"`

	// lastObservedTime is when the operator last read the state of the login from
	// Flinks.
	//
	// +optional
	LastObservedTime *metav1.Time `json:"lastObservedTime,omitempty"`

	// dataExpiryTime is when Flinks may drop the data: the time of the last
	// refresh plus retention.data of the instance.
	//
	// +optional
	DataExpiryTime *metav1.Time `json:"dataExpiryTime,omitempty"`

	// credentialsExpiryTime is when Flinks may drop the credentials that the
	// customer entered: the time of the last refresh plus retention.credentials of
	// the instance. From then on the operator starts no unattended refresh,
	// because it would need the customer.
	//
	// +optional
	CredentialsExpiryTime *metav1.Time `json:"credentialsExpiryTime,omitempty"`

	// nextRefreshTime is when the operator will next contact the bank, unless an
	// observe right before that finds newer data. The refresh starts later if
	// Flinks throttles the operator or the bank is down. Absent while no refresh
	// is planned.
	//
	// +optional
	NextRefreshTime *metav1.Time `json:"nextRefreshTime,omitempty"`

	// nextObserveTime is when the operator will next read the state of the login
	// from Flinks.
	//
	// +optional
	NextObserveTime *metav1.Time `json:"nextObserveTime,omitempty"`

	// refresh is the newest live session and its outcome: one of the operator, which
	// writes it before the call to Flinks, so that a crash cannot lead to a second
	// live session; or one that the operator did not open, if an observe showed that
	// it brought newer data. Then startTime is absent.
	//
	// +optional
	Refresh *RefreshStatus `json:"refresh,omitempty"`

	// attempts are the last ten attempts to get new data, newest last.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Attempts []Attempt `json:"attempts,omitempty"`

	// reconnect is what the customer can do. Present while the bank needs the
	// customer to act, or while the customer has yet to link their bank.
	//
	// +optional
	Reconnect *ReconnectStatus `json:"reconnect,omitempty"`

	// link is how far the customer has come with the newest link. Unlike reconnect, it
	// stays when the customer has nothing to do any more, until the login is given up.
	// Absent while no link was made.
	//
	// +optional
	Link *LinkJourney `json:"link,omitempty"`

	// session is the session that the operator last delivered to applications.
	// Present only with spec.sessionHandOff.
	//
	// +optional
	Session *SessionStatus `json:"session,omitempty"`

	// selection is the accounts that the customer selected, as far as the operator was
	// told. Absent while it is not known.
	//
	// +optional
	Selection *Selection `json:"selection,omitempty"`

	// accounts are the accounts that the last collect returned: those of selection, or
	// all accounts of the login if no selection is known.
	//
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=100
	Accounts []Account `json:"accounts,omitempty"`

	// accountsChangeTime is when a collect last returned another set of accounts
	// than the one before, without another selection.
	//
	// +optional
	AccountsChangeTime *metav1.Time `json:"accountsChangeTime,omitempty"`

	// nightly is Flinks' own nightly refresh of the login. Present once the
	// operator switched it on, until it is switched off because the policy no
	// longer asks for it or the object is suspended.
	//
	// +optional
	Nightly *NightlyStatus `json:"nightly,omitempty"`

	// supersededLogins are the logins that this object was bound to before, newest
	// last. They are still at Flinks, with their data.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	SupersededLogins []SupersededLogin `json:"supersededLogins,omitempty"`

	// unverifiedLogins are logins that a browser named on the gateway's page and
	// that the operator did not keep, newest last: nothing proves that they were
	// linked with the link, another BankConnection is bound to them, or this one is
	// bound to another login. They are at Flinks, with their data, if the browser told
	// the truth: another login than the bound one is not verified.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	UnverifiedLogins []UnverifiedLogin `json:"unverifiedLogins,omitempty"`

	// lastHandledRequest is the answer to the newest value of the annotation
	// refresh-requested-at.
	//
	// +optional
	LastHandledRequest *HandledRequest `json:"lastHandledRequest,omitempty"`

	// lastHandledSessionRequest is the answer to the newest value of the annotation
	// session-requested-at.
	//
	// +optional
	LastHandledSessionRequest *HandledSessionRequest `json:"lastHandledSessionRequest,omitempty"`

	// lastError is what Flinks last answered instead of success. Absent after the
	// next success.
	//
	// +optional
	LastError *LastError `json:"lastError,omitempty"`

	// internal is what only the operator reads. It is no part of the API: its
	// fields may change in any release.
	//
	// +optional
	Internal InternalStatus `json:"internal,omitzero"`
}

// Binding is the identity of a login, recorded when Flinks first confirmed it.
type Binding struct {
	// instance is the name of the instance at Flinks that knows the login:
	// spec.instance of the instance.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Instance string `json:"instance"`

	// customerId is the customerId that the login belongs to.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=36
	CustomerID string `json:"customerId"`

	// loginFingerprint is a truncated hash of instance, customerId and loginId.
	// Two objects with the same fingerprint have the same login.
	//
	// +required
	// +kubebuilder:validation:MinLength=32
	// +kubebuilder:validation:MaxLength=32
	LoginFingerprint string `json:"loginFingerprint"`

	// hostFingerprints are truncated hashes of the API hosts that answered for
	// this login, newest last. An answer that Flinks does not know the login
	// counts only if it comes from one of them.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MinLength=32
	// +kubebuilder:validation:items:MaxLength=32
	HostFingerprints []string `json:"hostFingerprints,omitempty"`

	// secretName is the name of the Secret that the loginId was read from. It
	// carries the operator's finalizer, so that it exists until the login is
	// deleted.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`

	// boundTime is when Flinks confirmed the login.
	//
	// +required
	BoundTime metav1.Time `json:"boundTime"`

	// notBefore is the time before which the operator starts no live session.
	// Present for half an hour if the login may have been bound before, because a
	// session may be open then that no status records: the Secret already carried
	// the operator's finalizer, or could not get it.
	//
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`
}

// DeletionClaim records that this object deletes its login at Flinks, and no
// other object does.
type DeletionClaim struct {
	// claimTime is when the operator wrote the claim.
	//
	// +required
	ClaimTime metav1.Time `json:"claimTime"`
}

// DeletionAnswer is an answer to /DeleteCard that the operator has to verify.
//
// +kubebuilder:validation:Enum=NotFound
type DeletionAnswer string

const (
	// DeletionNotFound means that the answer was a 404 that does not mention the
	// login. It may be that of a proxy, so the operator reads the state of the
	// login next: only an answer that Flinks does not know the login proves that
	// it is gone.
	DeletionNotFound DeletionAnswer = "NotFound"
)

// Deletion is the outcome of the attempts to delete a login at Flinks.
type Deletion struct {
	// attemptTime is when the operator made the first attempt that the deletion
	// limits allowed, or that a person confirmed.
	//
	// +required
	AttemptTime metav1.Time `json:"attemptTime"`

	// confirmed reports whether the deletion exceeds the limits and a person
	// confirmed it. It then counts against the limits until the login is deleted.
	//
	// +optional
	Confirmed bool `json:"confirmed,omitempty"`

	// answer is NotFound if Flinks answered the newest attempt with a 404 that
	// does not mention the login. The operator reads the state of the login next,
	// which tells whether the login is gone.
	//
	// +optional
	Answer DeletionAnswer `json:"answer,omitempty"`
}

// SupersededLogin is a login that this object was bound to before.
type SupersededLogin struct {
	// loginFingerprint is the fingerprint of the login, as
	// status.binding.loginFingerprint was.
	//
	// +required
	// +kubebuilder:validation:MinLength=32
	// +kubebuilder:validation:MaxLength=32
	LoginFingerprint string `json:"loginFingerprint"`

	// supersededTime is when the object was bound to another login instead.
	//
	// +required
	SupersededTime metav1.Time `json:"supersededTime"`

	// nightly reports whether Flinks' nightly refresh of the login may still be
	// on: the operator had switched it on, and no longer had the loginId to switch
	// it off.
	//
	// +optional
	Nightly bool `json:"nightly,omitempty"`
}

// UnverifiedLogin is a login that the operator did not keep.
type UnverifiedLogin struct {
	// loginFingerprint is the fingerprint of the login, as
	// status.binding.loginFingerprint would be.
	//
	// +required
	// +kubebuilder:validation:MinLength=32
	// +kubebuilder:validation:MaxLength=32
	LoginFingerprint string `json:"loginFingerprint"`

	// refusalTime is when the operator first refused the login.
	//
	// +required
	RefusalTime metav1.Time `json:"refusalTime"`
}

// NightlyStatus is the state of Flinks' own nightly refresh of a login.
type NightlyStatus struct {
	// enabled reports whether nightly refresh is on, as Flinks last reported.
	//
	// +required
	Enabled bool `json:"enabled"`

	// eligibilityExpiryTime is when Flinks will leave the login out of its nightly
	// refresh, unless the operator reads the state of the login before that: seven
	// days after the last time.
	//
	// +optional
	EligibilityExpiryTime *metav1.Time `json:"eligibilityExpiryTime,omitempty"`

	// correctionTime is when the operator last switched nightly refresh on.
	//
	// +optional
	CorrectionTime *metav1.Time `json:"correctionTime,omitempty"`
}

// Account is one account of a login.
type Account struct {
	// id is the AccountId at Flinks, a GUID.
	//
	// +required
	// +kubebuilder:validation:MinLength=36
	// +kubebuilder:validation:MaxLength=36
	ID string `json:"id"`

	// type is the type of the account, as Flinks spells it, such as Chequing.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Type string `json:"type,omitempty"`

	// currency is the ISO 4217 code of the account's currency, such as CAD.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=3
	Currency string `json:"currency,omitempty"`
}

// RequestResult is the outcome of a request for a refresh.
//
// +kubebuilder:validation:Enum=InProgress;Succeeded;UserActionRequired;Failed;Unknown;Refused
type RequestResult string

const (
	// RequestInProgress means that the operator started the live session, or is
	// collecting its data.
	RequestInProgress RequestResult = "InProgress"
	// RequestSucceeded means that the data is new.
	RequestSucceeded RequestResult = "Succeeded"
	// RequestUserActionRequired means that the bank needs the customer to act. It
	// becomes Succeeded with the data that they bring.
	RequestUserActionRequired RequestResult = "UserActionRequired"
	// RequestFailed means that the refresh failed; status.lastError says why.
	RequestFailed RequestResult = "Failed"
	// RequestUnknown means that the answer was lost. The operator finds out.
	RequestUnknown RequestResult = "Unknown"
	// RequestRefused means that the operator made no call; reason says why.
	RequestRefused RequestResult = "Refused"
)

// HandledRequest is the answer to one value of the annotation
// refresh-requested-at.
type HandledRequest struct {
	// value is the value of the annotation, cut to 64 characters.
	//
	// +required
	// +kubebuilder:validation:MaxLength=64
	Value string `json:"value"`

	// result is the outcome of the request: InProgress (the live session was
	// started, or the operator is collecting its data), Succeeded (the data is
	// new), UserActionRequired (the bank needs the customer to act; it becomes
	// Succeeded with the data that they bring), Failed (see status.lastError), Unknown (the answer was lost; the operator finds out) or
	// Refused (the operator made no call; see reason).
	//
	// +required
	Result RequestResult `json:"result"`

	// reason is why the operator refused the request, or why the data of its
	// session is not available: APIKeyRefused, or another reason of the instance.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
}

// LastError is an answer of Flinks in the terms of the operator's catalogue of
// errors.
type LastError struct {
	// code is the FlinksCode of the answer, or a code of the operator's own if
	// there was no answer.
	//
	// +required
	// +kubebuilder:validation:MaxLength=64
	Code string `json:"code"`

	// class is the class of the error, which tells who has to act: user,
	// transient, throttled, instance, gone, config, data or unknown.
	//
	// +required
	// +kubebuilder:validation:MaxLength=16
	Class string `json:"class"`

	// remedy is what has to be done, and by whom.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Remedy string `json:"remedy,omitempty"`

	// identity is a hash of the instance's name and the customerId that do not
	// know the login, while the login was never bound. If these change, the
	// operator asks again at once.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Identity string `json:"identity,omitempty"`

	// startTime is when this error first occurred.
	//
	// +required
	StartTime metav1.Time `json:"startTime"`
}
