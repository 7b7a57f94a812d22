package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// RecordPolicy is the complete status of a RefreshPolicy that so many connections
// name.
func RecordPolicy(now time.Time, p *v1alpha1.RefreshPolicy, connections int32) v1alpha1.RefreshPolicyStatus {
	st := *p.Status.DeepCopy()
	st.ObservedGeneration = p.Generation
	st.Connections = connections
	set := func(conditionType string, v verdict) {
		meta.SetStatusCondition(&st.Conditions, metav1.Condition{
			Type: conditionType, Status: v.status, Reason: v.reason, Message: message(v.reason),
			ObservedGeneration: p.Generation, LastTransitionTime: *past(now),
		})
	}
	if policyOf(&p.Spec).invalid {
		set(v1alpha1.ConditionReady, verdict{isFalse, v1alpha1.ReasonInvalidSpec})
		set(v1alpha1.ConditionStalled, verdict{isTrue, v1alpha1.ReasonInvalidSpec})
		return st
	}
	set(v1alpha1.ConditionReady, verdict{isTrue, v1alpha1.ReasonPolicyAccepted})
	meta.RemoveStatusCondition(&st.Conditions, v1alpha1.ConditionStalled)
	return st
}

// PolicyEvents are what changed between two statuses of a RefreshPolicy.
func PolicyEvents(before, after *v1alpha1.RefreshPolicyStatus) []Event {
	is := transition(before.Conditions, after.Conditions, v1alpha1.ConditionReady)
	if is == nil {
		return nil
	}
	return []Event{{Warning: is.Status == isFalse, Reason: is.Reason, Action: "Validate", Note: is.Message}}
}
