package lifecycle

import "github.com/flinks-operator/flinks-operator/api/v1alpha1"

// InstanceEvents are what changed between two statuses of an instance.
func InstanceEvents(before, after *v1alpha1.InstanceStatus) []Event {
	var events []Event
	for _, conditionType := range []string{
		v1alpha1.ConditionReady, v1alpha1.ConditionCallsPaused,
		v1alpha1.ConditionSecretUnprotected, v1alpha1.ConditionDeletionsPaused, v1alpha1.ConditionConfirmationInvalid,
	} {
		is := transition(before.Conditions, after.Conditions, conditionType)
		if is == nil {
			continue
		}
		action := conditionType
		if conditionType == v1alpha1.ConditionReady {
			action = "Probe"
		}
		events = append(events, Event{
			Warning: warns(conditionType, is.Status == isFalse),
			Reason:  is.Reason, Action: action, Note: is.Message,
		})
	}
	return events
}
