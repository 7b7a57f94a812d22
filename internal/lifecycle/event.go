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

// changed returns a condition of a connection whose change is an event; nil if none exists.
func changed(before, after *v1alpha1.BankConnectionStatus, conditionType string) *metav1.Condition {
	return Transition(before.Conditions, after.Conditions, conditionType)
}

// Transition returns a condition that appeared, or changed its status or reason, between
// two lists; nil if it did not. Only Ready is of interest while it is false: any other
// condition is good news then.
func Transition(before, after []metav1.Condition, conditionType string) *metav1.Condition {
	was := meta.FindStatusCondition(before, conditionType)
	is := meta.FindStatusCondition(after, conditionType)
	if is == nil || (is.Status == isFalse && conditionType != v1alpha1.ConditionReady) || (was != nil && was.Status == is.Status && was.Reason == is.Reason) {
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
