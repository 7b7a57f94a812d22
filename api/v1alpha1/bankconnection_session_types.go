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

// RefreshStatus is the newest live session. The operator writes one of its own
// before the call to Flinks, so that a crash cannot lead to a second live session.
type RefreshStatus struct {
	// attempt is the number of live sessions that the operator has started for
	// this object. It only grows.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempt int64 `json:"attempt,omitempty"`

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
	// call. Absent if another program or the customer opened the session.
	//
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// notBefore is the time before which the operator makes no live call for this
	// login.
	//
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// lastResult is the outcome of the newest live session. Absent until there is
	// an answer, or the call has failed.
	//
	// +optional
	LastResult *RefreshResult `json:"lastResult,omitempty"`
}

// RefreshResult is the outcome of a live session.
type RefreshResult struct {
	// httpStatus is the HTTP status of the answer; absent if there was no answer.
	//
	// +optional
	HTTPStatus int32 `json:"httpStatus,omitempty"`

	// flinksCode is the FlinksCode of the answer, or a code of the operator's own
	// where Flinks gave none. docs/errors.md lists them.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	FlinksCode string `json:"flinksCode,omitempty"`

	// answerTime is when the answer arrived, or the call failed.
	//
	// +required
	AnswerTime metav1.Time `json:"answerTime"`
}

// SessionStatus is a session that the operator delivered to applications in a
// Secret.
type SessionStatus struct {
	// dataTime is the time of the data that the session opens: a value of
	// status.lastRefreshTime.
	//
	// +optional
	DataTime *metav1.Time `json:"dataTime,omitempty"`

	// secretName is the name of the Secret that contains the session. The operator
	// sets it before it writes the Secret.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`

	// issueTime is when the operator delivered the session, or failed to. Absent
	// until then.
	//
	// +optional
	IssueTime *metav1.Time `json:"issueTime,omitempty"`

	// expirationTime is until when an application can begin to use the requestId:
	// 30 seconds before Flinks ends the session, which it does after 8 minutes
	// without activity. Absent if the operator could not deliver the session.
	//
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
}

// SessionRequestResult is the outcome of a request for a session.
//
// +kubebuilder:validation:Enum=InProgress;Succeeded;Failed;Refused
type SessionRequestResult string

const (
	// SessionRequestInProgress means that the operator is about to ask Flinks for
	// the session, or waits until Flinks has fetched new data.
	SessionRequestInProgress SessionRequestResult = "InProgress"
	// SessionRequestSucceeded means that the session is in the Secret.
	SessionRequestSucceeded SessionRequestResult = "Succeeded"
	// SessionRequestFailed means that Flinks opened no session, or the Secret could
	// not be written; reason says why. The next observe that succeeds may
	// deliver the session late.
	SessionRequestFailed SessionRequestResult = "Failed"
	// SessionRequestRefused means that the operator made no call; reason says why.
	SessionRequestRefused SessionRequestResult = "Refused"
)

// HandledSessionRequest is the answer to one value of the annotation
// session-requested-at.
type HandledSessionRequest struct {
	// value is the value of the annotation, cut to 64 characters.
	//
	// +required
	// +kubebuilder:validation:MaxLength=64
	Value string `json:"value"`

	// result is the outcome of the request: InProgress (the operator is about to
	// ask Flinks for the session, or waits until Flinks has fetched new data),
	// Succeeded (the session is in the Secret), Failed (Flinks opened no session,
	// or the Secret could not be written; see reason) or Refused (the operator made
	// no call; see reason).
	//
	// +required
	Result SessionRequestResult `json:"result"`

	// reason is why the request failed or was refused.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
}
