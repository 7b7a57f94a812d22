package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AttemptTrigger is what an attempt to get new data came from.
//
// +kubebuilder:validation:Enum=Schedule;Request;Person;Nightly;Webhook;Other
type AttemptTrigger string

const (
	// TriggerSchedule is the refresh policy, or a question that is asked again.
	TriggerSchedule AttemptTrigger = "Schedule"
	// TriggerRequest is the annotation refresh-requested-at.
	TriggerRequest AttemptTrigger = "Request"
	// TriggerPerson is the customer, with a link.
	TriggerPerson AttemptTrigger = "Person"
	// TriggerNightly is Flinks' own nightly refresh.
	TriggerNightly AttemptTrigger = "Nightly"
	// TriggerWebhook is whatever Flinks announced by a webhook.
	TriggerWebhook AttemptTrigger = "Webhook"
	// TriggerOther is another program, or another BankConnection with the same login.
	TriggerOther AttemptTrigger = "Other"
)

// AttemptClass is how an attempt ended: OK, or the class of its error, as in
// status.lastError.
//
// +kubebuilder:validation:Enum=OK;user;transient;throttled;instance;gone;config;data;unknown
type AttemptClass string

// AttemptOK means that the bank let Flinks in.
const AttemptOK AttemptClass = "OK"

// Attempt is one attempt to get new data from the bank. Its fields are short, so that
// ten of them take less than 1 KiB.
type Attempt struct {
	// time is when the operator started the live session, or found what Flinks had done
	// without it.
	//
	// +required
	Time metav1.Time `json:"time"`

	// trigger is what the attempt came from: Schedule (the refresh policy, or a question
	// that is asked again), Request (the annotation refresh-requested-at), Person (the
	// customer, with a link), Nightly (Flinks' nightly refresh), Webhook (new data that
	// Flinks announced) or Other (another program, or another BankConnection with the
	// same login).
	//
	// +required
	Trigger AttemptTrigger `json:"trigger"`

	// class is how the attempt ended: OK, or the class of the error as in
	// status.lastError, such as user while the bank has a question. Absent until there is
	// an answer.
	//
	// +optional
	Class AttemptClass `json:"class,omitempty"`

	// dataTime is the time of the data that the attempt brought. Absent without new
	// data, and until the operator knows.
	//
	// +optional
	DataTime *metav1.Time `json:"dataTime,omitempty"`
}
