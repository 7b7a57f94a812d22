package instance

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// soonest is how soon a reconcile follows one that left work undone.
const soonest = time.Second

// setEitherWay sets a condition that a client waits for in both directions: to true for a
// reason, or to false without one.
func (in Inputs) setEitherWay(now time.Time, st *v1alpha1.InstanceStatus, conditionType, reason, otherwise string) {
	if reason == "" {
		in.setCondition(now, st, conditionType, metav1.ConditionFalse, otherwise)
		return
	}
	in.setCondition(now, st, conditionType, metav1.ConditionTrue, reason)
}

// setWhileTrue sets a condition that holds, and removes one that does not.
func (in Inputs) setWhileTrue(now time.Time, st *v1alpha1.InstanceStatus, conditionType string, isTrue bool, reason string) {
	if !isTrue {
		meta.RemoveStatusCondition(&st.Conditions, conditionType)
		return
	}
	in.setCondition(now, st, conditionType, metav1.ConditionTrue, reason)
}

func (in Inputs) setCondition(now time.Time, st *v1alpha1.InstanceStatus, conditionType string, status metav1.ConditionStatus, reason string) {
	meta.SetStatusCondition(&st.Conditions, metav1.Condition{
		Type: conditionType, Status: status, Reason: reason, Message: lifecycle.Message(reason),
		ObservedGeneration: in.Generation, LastTransitionTime: *lifecycle.Past(now),
	})
}
