package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

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
