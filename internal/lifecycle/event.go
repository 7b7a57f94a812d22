package lifecycle

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Event is a Kubernetes event to emit once.
type Event struct {
	Warning bool
	Reason  string
	Action  string
	Note    string
}

// changed returns a condition that appeared or changed between two statuses; nil if none
// did.
func changed(before, after *v1alpha1.BankConnectionStatus, conditionType string) *metav1.Condition {
	return Transition(before.Conditions, after.Conditions, conditionType)
}

// Transition returns a condition that appeared, or changed its status or reason, between
// two lists; nil if it did not.
func Transition(before, after []metav1.Condition, conditionType string) *metav1.Condition {
	was := meta.FindStatusCondition(before, conditionType)
	is := meta.FindStatusCondition(after, conditionType)
	if is == nil || (was != nil && was.Status == is.Status && was.Reason == is.Reason) {
		return nil
	}
	return is
}

func warns(conditionType string, isFalse bool) bool {
	switch conditionType {
	case v1alpha1.ConditionReady:
		return isFalse
	case v1alpha1.ConditionSuspended:
		return false
	}
	return true
}
