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

// RefreshPhase is how far a live session got.
//
// +kubebuilder:validation:Enum=Claimed;Unknown;Dispatched;AwaitingUser;Collecting;Succeeded;Failed
type RefreshPhase string

const (
	// RefreshClaimed: about to call Flinks, or the answer was lost.
	RefreshClaimed RefreshPhase = "Claimed"
	// RefreshUnknown: it is not known what Flinks made of the call. No live
	// call before notBefore, and then an observe first.
	RefreshUnknown RefreshPhase = "Unknown"
	// RefreshDispatched: Flinks went on in the background, and is asked what came of it.
	RefreshDispatched RefreshPhase = "Dispatched"
	// RefreshAwaitingUser: the bank asked the person something.
	RefreshAwaitingUser RefreshPhase = "AwaitingUser"
	// RefreshCollecting: the bank let Flinks in; Flinks is fetching the data.
	RefreshCollecting RefreshPhase = "Collecting"
	// RefreshSucceeded: the data are new.
	RefreshSucceeded RefreshPhase = "Succeeded"
	// RefreshFailed: Flinks or the bank said no, or was not reached.
	RefreshFailed RefreshPhase = "Failed"
)

// RefreshStatus is the newest live session. It is written before the call is
// made, so that no crash can lead to a second one.
type RefreshStatus struct {
	// Number of live sessions that this object ever asked for.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempt int64 `json:"attempt,omitempty"`

	// Random name of the attempt.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Nonce string `json:"nonce,omitempty"`

	// +optional
	Phase RefreshPhase `json:"phase,omitempty"`

	// When the session was claimed, just before the call.
	//
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// No live call for this login before this time.
	//
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// Secret while a Secret may hold the link of this session. It is written
	// before the link is, so that no crash leaves one behind.
	//
	// +optional
	Delivery LinkDelivery `json:"delivery,omitempty"`

	// Start times of the live sessions that nobody asked for and that did not
	// succeed, newest last. Three within 24 hours are the limit.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=3
	UnattendedTimes []metav1.Time `json:"unattendedTimes,omitempty"`

	// Start times of the live sessions that a person started on the gateway's
	// page and that did not succeed, newest last. Five within 24 hours are the
	// limit.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=5
	AttendedTimes []metav1.Time `json:"attendedTimes,omitempty"`

	// +optional
	LastResult *RefreshResult `json:"lastResult,omitempty"`
}

// GatewayAction is what the gateway asks the operator to do.
//
// +kubebuilder:validation:Enum=Refresh;Observe
type GatewayAction string

const (
	// GatewayRefresh opens a live session: the person is there.
	GatewayRefresh GatewayAction = "Refresh"
	// GatewayObserve reads the state of the login from Flinks.
	GatewayObserve GatewayAction = "Observe"
)

// GatewayRequest is what the gateway asks for. Any replica of the operator writes
// it, and the leader carries it out.
type GatewayRequest struct {
	// +required
	Action GatewayAction `json:"action"`

	// When it was asked for. A Refresh that is older than a minute is dropped:
	// nobody waits for it any more.
	//
	// +required
	Time metav1.Time `json:"time"`

	// Why a Refresh is not carried out, for the rest of that minute.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
}

// RefreshResult is the answer to a live session.
type RefreshResult struct {
	// HTTP status of the answer; 0 if there was none.
	//
	// +optional
	HTTPStatus int32 `json:"httpStatus,omitempty"`

	// FlinksCode of the answer, out of the operator's catalogue.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	FlinksCode string `json:"flinksCode,omitempty"`

	// When the answer came.
	//
	// +required
	Time metav1.Time `json:"time"`
}

// ReconnectStatus is how the person gets back in.
type ReconnectStatus struct {
	// Since when the person is wanted.
	//
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// Secret that holds the link instead of url.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`

	// Link for the person. Whoever opens it acts for the person. With delivery
	// Status it leads to the bank's question in Flinks Connect and is present
	// only while the session behind it lives; with Gateway it leads to the
	// gateway's page and is present while the person is wanted.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=8192
	URL string `json:"url,omitempty"`

	// Why the person is wanted; a reason of the UserActionRequired condition.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// When the link to the gateway was made. Older ones do not work any more.
	//
	// +optional
	LinkIssueTime *metav1.Time `json:"linkIssueTime,omitempty"`

	// When the link to the gateway stops working. Another takes its place then.
	//
	// +optional
	LinkExpirationTime *metav1.Time `json:"linkExpirationTime,omitempty"`

	// Value of the link-requested-at annotation that the link answers.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	LinkRequest string `json:"linkRequest,omitempty"`

	// Session that the bank's question is in, sealed so that nobody but the
	// operator can open it. Present with delivery Gateway until expirationTime.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=256
	SealedSession string `json:"sealedSession,omitempty"`

	// When the person last came through Flinks Connect on the gateway's page.
	// From then on, for at most half an hour, the operator reads the state of the
	// login until it shows.
	//
	// +optional
	FinishTime *metav1.Time `json:"finishTime,omitempty"`

	// Kinds of question that the bank asks, never their text.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=64
	ChallengeTypes []string `json:"challengeTypes,omitempty"`

	// When the link was made.
	//
	// +optional
	IssueTime *metav1.Time `json:"issueTime,omitempty"`

	// When the bank's question, and with delivery Status or Secret the link to
	// it, stops working: after 8 idle minutes.
	//
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`

	// Links issued since the person was last seen.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	IssueCount int32 `json:"issueCount,omitempty"`
}

// SessionStatus is a session that is handed to applications in a Secret.
type SessionStatus struct {
	// Live session whose data it opens; a number of status.refresh.attempt.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempt int64 `json:"attempt,omitempty"`

	// When it was handed out, or could not be. Absent while that is still to be
	// done.
	//
	// +optional
	IssueTime *metav1.Time `json:"issueTime,omitempty"`

	// When the requestId stops working unless it is used: after 8 idle minutes.
	// Absent if it could not be handed out.
	//
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
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
