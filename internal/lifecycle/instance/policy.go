package instance

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// RecordPolicy returns the complete status of a RefreshPolicy that a number of connections
// name.
func RecordPolicy(now time.Time, p *v1alpha1.RefreshPolicy, connections int32) v1alpha1.RefreshPolicyStatus {
	st := *p.Status.DeepCopy()
	st.ObservedGeneration = p.Generation
	st.Connections = connections
	set := func(conditionType string, status metav1.ConditionStatus, reason string) {
		meta.SetStatusCondition(&st.Conditions, metav1.Condition{
			Type: conditionType, Status: status, Reason: reason, Message: lifecycle.Message(reason),
			ObservedGeneration: p.Generation, LastTransitionTime: *lifecycle.Past(now),
		})
	}
	if !lifecycle.CanWork(&p.Spec) {
		set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec)
		set(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonInvalidSpec)
		return st
	}
	set(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonPolicyAccepted)
	meta.RemoveStatusCondition(&st.Conditions, v1alpha1.ConditionStalled)
	return st
}

// PolicyEvents returns the events for what changed between two statuses of a
// RefreshPolicy.
func PolicyEvents(before, after *v1alpha1.RefreshPolicyStatus) []lifecycle.Event {
	is := lifecycle.Transition(before.Conditions, after.Conditions, v1alpha1.ConditionReady)
	if is == nil {
		return nil
	}
	return []lifecycle.Event{{Warning: is.Status == metav1.ConditionFalse, Reason: is.Reason, Action: "Validate", Note: is.Message}}
}
