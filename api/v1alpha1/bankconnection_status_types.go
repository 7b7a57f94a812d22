package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BankConnectionStatus is what the operator knows of a bank connection.
type BankConnectionStatus struct {
	// Generation of the spec that this status speaks of; -1 before the first
	// look.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready, Authorized and DataFresh, and others while they are true.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// Bank, as Flinks spells it.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Institution string `json:"institution,omitempty"`

	// The login that this object was found to own. Only a bound login is ever
	// refreshed or deleted.
	//
	// +optional
	Binding *Binding `json:"binding,omitempty"`

	// Written before the login is deleted at Flinks. While it is there, no object
	// that is not bound yet is bound to the login.
	//
	// +optional
	DeletionClaim *DeletionClaim `json:"deletionClaim,omitempty"`

	// What came of the tries to delete the login at Flinks. Absent while none was
	// let through.
	//
	// +optional
	Deletion *Deletion `json:"deletion,omitempty"`

	// The refresh policy that holds, and where it comes from.
	//
	// +optional
	RefreshPolicy *EffectivePolicy `json:"refreshPolicy,omitempty"`

	// When the bank last gave Flinks new data, as Flinks says it.
	//
	// +optional
	LastRefreshTime *metav1.Time `json:"lastRefreshTime,omitempty"`

	// When the operator last read the state of the login from Flinks.
	//
	// +optional
	LastObservedTime *metav1.Time `json:"lastObservedTime,omitempty"`

	// When Flinks may drop the data: so long after the last refresh as the
	// instance's retention says.
	//
	// +optional
	DataExpiryTime *metav1.Time `json:"dataExpiryTime,omitempty"`

	// When Flinks may drop the credentials that the person entered. From then on
	// no refresh starts by itself, for it would need the person.
	//
	// +optional
	CredentialsExpiryTime *metav1.Time `json:"credentialsExpiryTime,omitempty"`

	// When the operator will next contact the bank. Absent while no refresh is
	// planned.
	//
	// +optional
	NextRefreshTime *metav1.Time `json:"nextRefreshTime,omitempty"`

	// When the operator will next read the state of the login.
	//
	// +optional
	NextObserveTime *metav1.Time `json:"nextObserveTime,omitempty"`

	// The newest live session and what came of it.
	//
	// +optional
	Refresh *RefreshStatus `json:"refresh,omitempty"`

	// What the person can do, while a person is wanted.
	//
	// +optional
	Reconnect *ReconnectStatus `json:"reconnect,omitempty"`

	// The session that was last handed to applications, while sessionHandOff
	// asks for one.
	//
	// +optional
	Session *SessionStatus `json:"session,omitempty"`

	// Accounts of the login, as of the last collect.
	//
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=100
	Accounts []Account `json:"accounts,omitempty"`

	// When a collect last brought another set of accounts than the one before.
	//
	// +optional
	AccountsChangeTime *metav1.Time `json:"accountsChangeTime,omitempty"`

	// Flinks' own nightly refresh of the login, where the policy asks for it.
	// Absent once it is switched off because the policy no longer does, or the
	// object is suspended.
	//
	// +optional
	Nightly *NightlyStatus `json:"nightly,omitempty"`

	// Logins that this object was bound to before, newest last. They are still
	// at Flinks, with their data.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	SupersededLogins []SupersededLogin `json:"supersededLogins,omitempty"`

	// What the gateway asked for, until it is done: a person pressed the button
	// on their page, or Flinks announced new data.
	//
	// +optional
	GatewayRequest *GatewayRequest `json:"gatewayRequest,omitempty"`

	// Answer to the newest refresh-requested-at annotation.
	//
	// +optional
	LastHandledRequest *HandledRequest `json:"lastHandledRequest,omitempty"`

	// What Flinks last answered instead of success. Gone after the next
	// success.
	//
	// +optional
	LastError *LastError `json:"lastError,omitempty"`
}

// Binding is the identity of a login, taken when Flinks first confirmed it.
type Binding struct {
	// Name of the instance at Flinks that knows the login: spec.instance of the
	// instance.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Instance string `json:"instance"`

	// Customer that the login belongs to.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=36
	CustomerID string `json:"customerId"`

	// Truncated hash over instance, customerId and loginId. Two objects with
	// the same fingerprint speak of the same login.
	//
	// +required
	// +kubebuilder:validation:MinLength=32
	// +kubebuilder:validation:MaxLength=32
	LoginFingerprint string `json:"loginFingerprint"`

	// Truncated hashes of the API hosts that answered for this very login, newest
	// last. That Flinks does not know the login counts only if one of them says so.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MinLength=32
	// +kubebuilder:validation:items:MaxLength=32
	HostFingerprints []string `json:"hostFingerprints,omitempty"`

	// Secret that the loginId was read from. It carries a finalizer, so that it
	// does not vanish before the login is deleted.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`

	// When Flinks confirmed it.
	//
	// +required
	Time metav1.Time `json:"time"`

	// No live session is started before. It is there if the login may have been
	// bound already: then one may be open that no status tells of.
	//
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`
}

// DeletionClaim says that the object is the one that deletes its login at Flinks.
type DeletionClaim struct {
	// When it was written.
	//
	// +required
	Time metav1.Time `json:"time"`
}

// DeletionAnswer is an answer to /DeleteCard that has to be made sure of.
//
// +kubebuilder:validation:Enum=NotFound
type DeletionAnswer string

// DeletionNotFound: a 404 that says nothing of the login. It may be that of a proxy,
// so the state of the login is read next: that Flinks does not know it decides.
const DeletionNotFound DeletionAnswer = "NotFound"

// Deletion is what came of the tries to delete a login at Flinks.
type Deletion struct {
	// When the first of them was made that the limits of deletions let through,
	// or that a person confirmed.
	//
	// +required
	AttemptTime metav1.Time `json:"attemptTime"`

	// Whether it exceeded the limits, and was made because a person confirmed it.
	// Then it counts against them for as long as the login is not deleted.
	//
	// +optional
	Confirmed bool `json:"confirmed,omitempty"`

	// What the newest of them was answered, if that has to be made sure of.
	//
	// +optional
	Answer DeletionAnswer `json:"answer,omitempty"`
}

// SupersededLogin is a login that this object was bound to before.
type SupersededLogin struct {
	// Fingerprint of the login.
	//
	// +required
	// +kubebuilder:validation:MinLength=32
	// +kubebuilder:validation:MaxLength=32
	LoginFingerprint string `json:"loginFingerprint"`

	// When the object was bound to another login instead.
	//
	// +required
	Time metav1.Time `json:"time"`

	// Whether Flinks' nightly refresh of it may still be on: the operator had switched
	// it on, and no longer had the loginId to switch it off.
	//
	// +optional
	Nightly bool `json:"nightly,omitempty"`
}

// NightlyStatus is what is known of Flinks' own nightly refresh of a login.
type NightlyStatus struct {
	// Whether it is on, as Flinks last said.
	//
	// +required
	Enabled bool `json:"enabled"`

	// When Flinks will leave the login out, unless the operator reads its state
	// before that: seven days after the last time.
	//
	// +optional
	EligibilityExpiryTime *metav1.Time `json:"eligibilityExpiryTime,omitempty"`

	// When the operator last switched it on.
	//
	// +optional
	CorrectionTime *metav1.Time `json:"correctionTime,omitempty"`
}

// Account is one account of a login.
type Account struct {
	// AccountId, a GUID.
	//
	// +required
	// +kubebuilder:validation:MinLength=36
	// +kubebuilder:validation:MaxLength=36
	ID string `json:"id"`

	// Kind of account, as Flinks spells it, such as Chequing.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Type string `json:"type,omitempty"`

	// ISO 4217 code.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=3
	Currency string `json:"currency,omitempty"`
}

// RequestResult is the answer to a request for a refresh.
//
// +kubebuilder:validation:Enum=InProgress;Succeeded;UserActionRequired;Failed;Unknown;Refused
type RequestResult string

const (
	// RequestInProgress: the live session was started, or is being collected.
	RequestInProgress RequestResult = "InProgress"
	// RequestSucceeded: the data are new.
	RequestSucceeded RequestResult = "Succeeded"
	// RequestUserActionRequired: the bank wants the person.
	RequestUserActionRequired RequestResult = "UserActionRequired"
	// RequestFailed: see status.lastError.
	RequestFailed RequestResult = "Failed"
	// RequestUnknown: the answer was lost. The operator will find out.
	RequestUnknown RequestResult = "Unknown"
	// RequestRefused: nothing was called; reason says why.
	RequestRefused RequestResult = "Refused"
)

// HandledRequest is the answer to one refresh-requested-at annotation.
type HandledRequest struct {
	// Value of the annotation, cut to 64 characters.
	//
	// +required
	// +kubebuilder:validation:MaxLength=64
	Value string `json:"value"`

	// +required
	Result RequestResult `json:"result"`

	// Why the request was refused, or why the data of the session that it opened
	// cannot be had.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
}

// LastError is an answer of Flinks in the words of the operator's catalogue.
type LastError struct {
	// FlinksCode, or a code of the operator's own when there was no answer.
	//
	// +required
	// +kubebuilder:validation:MaxLength=64
	Code string `json:"code"`

	// What kind of trouble it is: user, transient, throttled, instance, gone,
	// config, data or unknown.
	//
	// +required
	// +kubebuilder:validation:MaxLength=16
	Class string `json:"class"`

	// What has to be done, and by whom.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Remedy string `json:"remedy,omitempty"`

	// Hash of the instance and the customer that the login is unknown to, if that is
	// the trouble. Another one is asked at once.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Identity string `json:"identity,omitempty"`

	// When this trouble began.
	//
	// +required
	Time metav1.Time `json:"time"`
}
