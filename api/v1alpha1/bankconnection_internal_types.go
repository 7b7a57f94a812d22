package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// InternalStatus is what the operator has to remember and only the operator reads.
// It is no part of the API: its fields may change in any release.
type InternalStatus struct {
	// nonce is the random name of the newest live session.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Nonce string `json:"nonce,omitempty"`

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

	// linkSecretName is the name of the Secret that may contain a link. The
	// operator sets it before it writes the Secret, and keeps it until the Secret
	// is deleted, so that a crash leaves no link behind.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	LinkSecretName string `json:"linkSecretName,omitempty"`

	// sealedSession is the session that contains the bank's question, encrypted so
	// that only the operator can read it. Present with a link of type Gateway
	// until the question expires.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=256
	SealedSession string `json:"sealedSession,omitempty"`

	// connectOpenTime is when the customer opened Flinks Connect to link their bank
	// on the gateway's page; another opening within half an hour does not change
	// it. The data of a new login must be younger. Absent once a login is bound.
	//
	// +optional
	ConnectOpenTime *metav1.Time `json:"connectOpenTime,omitempty"`

	// reportedSelection is the accounts that Flinks Connect reported to the customer's
	// browser. It becomes status.selection once the bank has let the customer in, and is
	// dropped if the object is bound to another login.
	//
	// +optional
	ReportedSelection *ReportedSelection `json:"reportedSelection,omitempty"`

	// linkUse is the browser that the newest link to the gateway is used in.
	//
	// +optional
	LinkUse *LinkUse `json:"linkUse,omitempty"`

	// gatewayRequest is what the gateway requested, until the operator has carried
	// it out: the customer clicked the button on the gateway's page, or Flinks
	// announced new data.
	//
	// +optional
	GatewayRequest *GatewayRequest `json:"gatewayRequest,omitempty"`
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

	// clickTime is when the customer clicked the button while an Observe was pending. After
	// the Observe it becomes a Refresh that was requested then, if the page still offers one.
	//
	// +optional
	ClickTime *metav1.Time `json:"clickTime,omitempty"`

	// reason is why the operator does not carry out a Refresh. It stays for the
	// rest of that minute.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
}
