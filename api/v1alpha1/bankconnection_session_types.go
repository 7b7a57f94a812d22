package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RefreshState is the progress of a live session.
//
// +kubebuilder:validation:Enum=Claimed;Unknown;Dispatched;AwaitingUser;Collecting;Succeeded;Failed
type RefreshState string

const (
	// RefreshClaimed means that the operator is about to call Flinks, or lost the
	// answer.
	RefreshClaimed RefreshState = "Claimed"
	// RefreshUnknown means that the answer was lost. The operator makes no live
	// call before notBefore, and then observes the login.
	RefreshUnknown RefreshState = "Unknown"
	// RefreshDispatched means that Flinks continues in the background; the
	// operator polls.
	RefreshDispatched RefreshState = "Dispatched"
	// RefreshAwaitingUser means that the bank asked the customer something.
	RefreshAwaitingUser RefreshState = "AwaitingUser"
	// RefreshCollecting means that the bank accepted the sign-in and Flinks
	// fetches the data.
	RefreshCollecting RefreshState = "Collecting"
	// RefreshSucceeded means that the data is new.
	RefreshSucceeded RefreshState = "Succeeded"
	// RefreshFailed means that Flinks or the bank refused, or could not be
	// reached.
	RefreshFailed RefreshState = "Failed"
)

// RefreshStatus is the newest live session. The operator writes it before the
// call to Flinks, so that a crash cannot lead to a second live session.
type RefreshStatus struct {
	// attempt is the number of live sessions that the operator has started for
	// this object. It only grows.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempt int64 `json:"attempt,omitempty"`

	// nonce is the random name of the newest live session.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Nonce string `json:"nonce,omitempty"`

	// state is the progress of the live session: Claimed (the operator is about to
	// call Flinks, or the answer was lost), Unknown (the answer was lost; the
	// operator makes no live call before notBefore and then observes the login),
	// Dispatched (Flinks continues in the background; the operator polls),
	// AwaitingUser (the bank asked the customer something), Collecting (the bank
	// accepted the sign-in; Flinks fetches the data), Succeeded (the data is new)
	// or Failed (Flinks or the bank refused, or could not be reached).
	//
	// +optional
	State RefreshState `json:"state,omitempty"`

	// startTime is when the operator claimed the live session, just before the
	// call.
	//
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// notBefore is the time before which the operator makes no live call for this
	// login.
	//
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// delivery is Secret while the Secret "<name>-reconnect" may contain the link
	// of this session. The operator sets it before it writes the Secret, so that a
	// crash leaves no link behind. The values Status and Gateway do not occur
	// here.
	//
	// +optional
	Delivery LinkDelivery `json:"delivery,omitempty"`

	// unattendedTimes are the start times of unattended live sessions without
	// success, newest last. The operator starts no more than three within 24
	// hours.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=3
	UnattendedTimes []metav1.Time `json:"unattendedTimes,omitempty"`

	// attendedTimes are the start times of the live sessions without success that
	// the customer started on the gateway's page, newest last. The operator starts
	// no more than five within 24 hours.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=5
	AttendedTimes []metav1.Time `json:"attendedTimes,omitempty"`

	// lastResult is the outcome of the newest live session. Absent until there is
	// an answer, or the call has failed.
	//
	// +optional
	LastResult *RefreshResult `json:"lastResult,omitempty"`
}

// GatewayAction is what the gateway asks the operator to do.
//
// +kubebuilder:validation:Enum=Refresh;Observe
type GatewayAction string

const (
	// GatewayRefresh starts a live session: the customer clicked the button.
	GatewayRefresh GatewayAction = "Refresh"
	// GatewayObserve reads the state of the login from Flinks.
	GatewayObserve GatewayAction = "Observe"
)

// GatewayRequest is a request of the gateway. Any replica of the operator
// writes it, and the leader carries it out.
type GatewayRequest struct {
	// action is what the gateway requested: Refresh (the customer clicked the
	// button; a live session starts) or Observe (Flinks announced new data, or the
	// customer completed Flinks Connect; the operator reads the state of the
	// login).
	//
	// +required
	Action GatewayAction `json:"action"`

	// requestTime is when the gateway requested it. The operator drops a Refresh that is
	// older than one minute, because the customer no longer waits for it.
	//
	// +required
	RequestTime metav1.Time `json:"requestTime"`

	// reason is why the operator does not carry out a Refresh. It stays for the
	// rest of that minute.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
}

// RefreshResult is the outcome of a live session.
type RefreshResult struct {
	// httpStatus is the HTTP status of the answer; 0 if there was no answer.
	//
	// +optional
	HTTPStatus int32 `json:"httpStatus,omitempty"`

	// flinksCode is the FlinksCode of the answer, from the operator's catalogue of
	// errors.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	FlinksCode string `json:"flinksCode,omitempty"`

	// answerTime is when the answer arrived, or the call failed.
	//
	// +required
	AnswerTime metav1.Time `json:"answerTime"`
}

// ReconnectStatus is what the customer can do while their action is required.
type ReconnectStatus struct {
	// startTime is when the customer's action became necessary.
	//
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// secretName is the name of the Secret that contains the link instead of url.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`

	// url is the link for the customer. Anyone who opens it acts for the customer.
	// With delivery Status it leads to the bank's question in Flinks Connect, and
	// is present only while the session behind it is open. With delivery Gateway
	// it leads to the gateway's page, and is present as long as the customer's
	// action is required and the object is not suspended.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=8192
	URL string `json:"url,omitempty"`

	// reason is why the customer has to act: a reason of the condition
	// UserActionRequired, but never DeadlineExceeded.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// linkIssueTime is when the operator made the link to the gateway. Older links
	// do not work.
	//
	// +optional
	LinkIssueTime *metav1.Time `json:"linkIssueTime,omitempty"`

	// linkExpirationTime is when the link to the gateway stops working. The
	// operator replaces it then.
	//
	// +optional
	LinkExpirationTime *metav1.Time `json:"linkExpirationTime,omitempty"`

	// linkRequest is the value of the annotation link-requested-at that the link
	// answers, cut to 64 characters.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	LinkRequest string `json:"linkRequest,omitempty"`

	// sealedSession is the session that contains the bank's question, encrypted so
	// that only the operator can read it. Present with delivery Gateway until
	// expirationTime.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=256
	SealedSession string `json:"sealedSession,omitempty"`

	// finishTime is when the customer last completed Flinks Connect on the
	// gateway's page. From then on, for at most half an hour, the operator reads
	// the state of the login until it shows the result.
	//
	// +optional
	FinishTime *metav1.Time `json:"finishTime,omitempty"`

	// challengeTypes are the types of the questions that the bank asks, never
	// their text.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=64
	ChallengeTypes []string `json:"challengeTypes,omitempty"`

	// issueTime is when the bank asked its question and the operator made the link
	// to it.
	//
	// +optional
	IssueTime *metav1.Time `json:"issueTime,omitempty"`

	// expirationTime is when the bank's question stops working, and with delivery
	// Status or Secret the link to it: after 8 minutes without activity.
	//
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`

	// issueCount is the number of questions that the bank asked since the customer
	// last succeeded.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	IssueCount int32 `json:"issueCount,omitempty"`
}

// SessionStatus is a session that the operator delivered to applications in a
// Secret.
type SessionStatus struct {
	// attempt is the number of the live session whose data the delivered session
	// opens: a value of status.refresh.attempt.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempt int64 `json:"attempt,omitempty"`

	// issueTime is when the operator delivered the session, or failed to. Absent
	// until then.
	//
	// +optional
	IssueTime *metav1.Time `json:"issueTime,omitempty"`

	// expirationTime is when the requestId stops working unless it is used: after
	// 8 minutes without activity. Absent if the operator could not deliver the
	// session.
	//
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
}
