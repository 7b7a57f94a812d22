package lifecycle

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Event is something worth telling a person, once.
type Event struct {
	Warning bool
	Reason  string
	Action  string
	Note    string
}

// releaseEvent tells that the finalizer goes, and why it may.
func releaseEvent(reason string) Event {
	return Event{
		Warning: reason == v1alpha1.ReasonLoginNeverBound || reason == v1alpha1.ReasonLoginAbandoned,
		Reason:  reason, Action: string(Release), Note: message(reason),
	}
}

// Events are what changed between two statuses: at most one for each condition.
func Events(before, after *v1alpha1.BankConnectionStatus) []Event {
	var events []Event
	asks := changed(before, after, v1alpha1.ConditionUserActionRequired) != nil
	for _, conditionType := range []string{
		v1alpha1.ConditionReady,
		v1alpha1.ConditionUserActionRequired,
		v1alpha1.ConditionSecretNotDelivered,
		v1alpha1.ConditionDeletionBlocked,
		v1alpha1.ConditionSecretUnprotected,
		v1alpha1.ConditionNightlyUnavailable,
		v1alpha1.ConditionSuspended,
		v1alpha1.ConditionPolicyMissing,
		v1alpha1.ConditionGatewayUnavailable,
		v1alpha1.ConditionDataExpiring,
	} {
		is := changed(before, after, conditionType)
		if is == nil {
			continue
		}
		if asks && conditionType == v1alpha1.ConditionReady && is.Reason == v1alpha1.ReasonUserActionRequired {
			continue // UserActionRequired tells more.
		}
		events = append(events, Event{
			Warning: warns(conditionType, is.Status == isFalse),
			Reason:  is.Reason, Action: conditionType, Note: is.Message,
		})
	}
	events = append(events, linkEvents(before.Reconnect, after.Reconnect)...)
	events = append(events, accountEvents(before, after)...)
	events = append(events, supersededEvents(before, after)...)
	events = append(events, ownershipEvents(before, after)...)
	return append(events, requestEvents(before.LastHandledRequest, after.LastHandledRequest)...)
}

// changed is a condition that came or changed; nil if none did.
func changed(before, after *v1alpha1.BankConnectionStatus, conditionType string) *metav1.Condition {
	return transition(before.Conditions, after.Conditions, conditionType)
}

func transition(before, after []metav1.Condition, conditionType string) *metav1.Condition {
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

// linkEvents tell that there is another link to the gateway than before, so that it is
// sent to the person.
func linkEvents(before, after *v1alpha1.ReconnectStatus) []Event {
	if after == nil || after.LinkIssueTime == nil || (before != nil && after.LinkIssueTime.Equal(before.LinkIssueTime)) {
		return nil
	}
	reason := v1alpha1.ReasonLinkIssued
	return []Event{{Reason: reason, Action: "Link", Note: message(reason)}}
}

func accountEvents(before, after *v1alpha1.BankConnectionStatus) []Event {
	if after.AccountsChangeTime == nil || after.AccountsChangeTime.Equal(before.AccountsChangeTime) {
		return nil
	}
	reason := v1alpha1.ReasonAccountsChanged
	return []Event{{Reason: reason, Action: string(Collect), Note: message(reason)}}
}

func requestEvents(before, after *v1alpha1.HandledRequest) []Event {
	if after == nil || after.Result != v1alpha1.RequestRefused || (before != nil && *before == *after) {
		return nil
	}
	return []Event{{Warning: true, Reason: v1alpha1.ReasonRequestRefused, Action: string(Refresh), Note: message(after.Reason)}}
}

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

// LoginForbiddenEvent tells that a person linked their bank, and the operator may not
// write the Secret for it.
func LoginForbiddenEvent() Event {
	return Event{
		Warning: true, Reason: v1alpha1.ReasonSecretWriteForbidden, Action: "KeepLogin",
		Note: message(v1alpha1.ReasonSecretWriteForbidden),
	}
}
