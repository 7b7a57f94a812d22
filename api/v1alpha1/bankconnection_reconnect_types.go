package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ReconnectStatus is what the customer can do while their action is required.
type ReconnectStatus struct {
	// reason is why the customer has to act: a reason of the condition
	// UserActionRequired, but never DeadlineExceeded.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// startTime is when the customer's action became necessary.
	//
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// finishTime is when the customer last completed Flinks Connect on the
	// gateway's page. From then on, for at most half an hour, the operator reads
	// the state of the login until it shows the result.
	//
	// +optional
	FinishTime *metav1.Time `json:"finishTime,omitempty"`

	// question is what the bank asks the customer.
	//
	// +optional
	Question QuestionStatus `json:"question,omitzero"`

	// link is the link for the customer. Absent while the operator has made none.
	//
	// +optional
	Link LinkStatus `json:"link,omitzero"`
}

// QuestionStatus is what the bank asked the customer in a live session.
type QuestionStatus struct {
	// challengeTypes are the types of the questions, at most 16, never their text.
	// Absent once the question has expired.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=64
	ChallengeTypes []string `json:"challengeTypes,omitempty"`

	// issueTime is when the bank last asked. It stays after the question expired.
	//
	// +optional
	IssueTime *metav1.Time `json:"issueTime,omitempty"`

	// expirationTime is until when the customer can begin to answer: 30 seconds
	// before Flinks ends the session, which it does after 8 minutes without
	// activity. Absent from then on.
	//
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`

	// issueCount is how often the bank has asked since the customer last
	// succeeded.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	IssueCount int32 `json:"issueCount,omitempty"`
}

// LinkStatus is the link for the customer. Anyone who opens it acts for the
// customer.
type LinkStatus struct {
	// type is where the link leads: Direct (to the bank's question, in Flinks
	// Connect) or Gateway (to the page of the instance's gateway).
	//
	// +optional
	Type LinkType `json:"type,omitempty"`

	// url is the link, unless it is in a Secret: a complete one, which may contain an
	// authorize token of Flinks. A Direct link is present until the question that it
	// leads to expires. A Gateway link is
	// present as long as the customer has to act, unless the object is
	// suspended or the instance has no gateway.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16384
	URL string `json:"url,omitempty"`

	// secretName is the name of the Secret that contains the link, if
	// spec.reconnect.link.destination is Secret or the instance allows no authorize
	// token in a status. Absent until the operator has written that Secret.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`

	// issueTime is when the operator made the link. Older links to the gateway do
	// not work.
	//
	// +optional
	IssueTime *metav1.Time `json:"issueTime,omitempty"`

	// expirationTime is when the link stops working. A Direct link expires with the
	// question that it leads to, and the operator removes it. A Gateway link
	// expires after the linkLifetime of the instance, and the operator replaces it.
	//
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`

	// request is the value of the annotation link-requested-at that a link to the
	// gateway answers, cut to 64 characters.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Request string `json:"request,omitempty"`

	// keyId is the id of the key that signed a link to the gateway. If that key is
	// removed, the operator replaces the link.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16
	KeyID string `json:"keyId,omitempty"`
}
