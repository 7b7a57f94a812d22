package instance

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// warns reports whether a condition that appeared is bad news. That an instance is suspended is
// what a person asked for.
func warns(is *metav1.Condition) bool {
	switch is.Type {
	case v1alpha1.ConditionReady:
		return is.Status == metav1.ConditionFalse
	case v1alpha1.ConditionSuspended:
		return false
	}
	return true
}

// Events returns the events for what changed between two statuses of an instance.
func Events(before, after *v1alpha1.InstanceStatus) []lifecycle.Event {
	var events []lifecycle.Event
	for _, conditionType := range []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionSuspended, v1alpha1.ConditionCallsPaused,
		v1alpha1.ConditionSecretUnprotected, v1alpha1.ConditionDeletionsPaused, v1alpha1.ConditionConfirmationInvalid,
		v1alpha1.ConditionRevocationInvalid, v1alpha1.ConditionLinkProofUnavailable,
		v1alpha1.ConditionCardCredentialRefused,
	} {
		is := lifecycle.Transition(before.Conditions, after.Conditions, conditionType)
		if is == nil || conditionType == v1alpha1.ConditionReady && is.Reason == v1alpha1.ReasonSuspended {
			continue // The condition Suspended tells it.
		}
		action := conditionType
		if conditionType == v1alpha1.ConditionReady {
			action = "Probe"
		}
		events = append(events, lifecycle.Event{
			Warning: warns(is),
			Reason:  is.Reason, Action: action, Note: is.Message,
		})
	}
	if revokedNow(before, after) {
		reason := v1alpha1.ReasonLinksRevoked
		events = append(events, lifecycle.Event{Reason: reason, Action: "RevokeLinks", Note: lifecycle.Message(reason)})
	}
	return events
}

// revokedNow reports whether links were revoked.
func revokedNow(before, after *v1alpha1.InstanceStatus) bool {
	was, is := before.LinkRevocation, after.LinkRevocation
	return is != nil && (was == nil || !was.EffectiveTime.Equal(&is.EffectiveTime))
}
