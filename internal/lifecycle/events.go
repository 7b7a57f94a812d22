package lifecycle

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Events returns an event for each condition that changed between two statuses, and for
// each other change worth one.
func Events(before, after *v1alpha1.BankConnectionStatus) []Event {
	var events []Event
	asks := changed(before, after, v1alpha1.ConditionUserActionRequired) != nil
	for _, conditionType := range []string{
		v1alpha1.ConditionReady,
		v1alpha1.ConditionUserActionRequired,
		v1alpha1.ConditionSecretNotDelivered,
		v1alpha1.ConditionLinkNotIssued,
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
		if isExpected(before, is) {
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
	events = append(events, requestEvents(before.LastHandledRequest, after.LastHandledRequest)...)
	return append(events, sessionRequestEvents(before.LastHandledSessionRequest, after.LastHandledSessionRequest)...)
}

// isExpected reports whether a change of Ready of a new connection needs no event: nothing is known yet, or
// the first observe succeeded. An event for each would be a third of the writes of an import.
func isExpected(before *v1alpha1.BankConnectionStatus, is *metav1.Condition) bool {
	was := meta.FindStatusCondition(before.Conditions, v1alpha1.ConditionReady)
	switch {
	case is.Type != v1alpha1.ConditionReady || was != nil && was.Reason != v1alpha1.ReasonNotObserved:
		return false
	case is.Reason == v1alpha1.ReasonNotObserved:
		return true
	}
	return is.Status == isTrue && is.Reason == v1alpha1.ReasonRefreshed
}

// linkEvents returns an event for a new link to the gateway once it can be read, so that
// an application sends it to the customer.
func linkEvents(before, after *v1alpha1.ReconnectStatus) []Event {
	if after == nil || after.Link.Type != v1alpha1.LinkGateway || after.Link.URL == "" && after.Link.SecretName == "" {
		return nil
	}
	if before != nil && after.Link.IssueTime.Equal(before.Link.IssueTime) && after.Link.SecretName == before.Link.SecretName {
		return nil
	}
	reason := v1alpha1.ReasonLinkIssued
	return []Event{{Reason: reason, Action: "Link", Note: Message(reason)}}
}

func accountEvents(before, after *v1alpha1.BankConnectionStatus) []Event {
	if after.AccountsChangeTime == nil || after.AccountsChangeTime.Equal(before.AccountsChangeTime) {
		return nil
	}
	reason := v1alpha1.ReasonAccountsChanged
	return []Event{{Reason: reason, Action: "Collect", Note: Message(reason)}}
}

func requestEvents(before, after *v1alpha1.HandledRequest) []Event {
	if after == nil || after.Result != v1alpha1.RequestRefused || (before != nil && *before == *after) {
		return nil
	}
	return []Event{{Warning: true, Reason: v1alpha1.ReasonRequestRefused, Action: "Refresh", Note: Message(after.Reason)}}
}

func sessionRequestEvents(before, after *v1alpha1.HandledSessionRequest) []Event {
	if after == nil || after.Result != v1alpha1.SessionRequestRefused || (before != nil && *before == *after) {
		return nil
	}
	return []Event{{Warning: true, Reason: v1alpha1.ReasonRequestRefused, Action: "HandOff", Note: Message(after.Reason)}}
}

// ownershipEvents returns an event if the ownership of a login moved to the connection,
// because the previous owner was deleted or gave the login up.
func ownershipEvents(before, after *v1alpha1.BankConnectionStatus) []Event {
	same := before.Binding != nil && after.Binding != nil && before.Binding.LoginFingerprint == after.Binding.LoginFingerprint
	if !same || !isDuplicate(before) || isDuplicate(after) {
		return nil
	}
	reason := v1alpha1.ReasonOwnershipMoved
	return []Event{{Reason: reason, Action: "Own", Note: Message(reason)}}
}

// supersededEvents returns events for a login that was given up.
func supersededEvents(before, after *v1alpha1.BankConnectionStatus) []Event {
	if before.Binding == nil {
		return nil
	}
	given := slices.IndexFunc(after.SupersededLogins, func(l v1alpha1.SupersededLogin) bool {
		return l.LoginFingerprint == before.Binding.LoginFingerprint
	})
	if given < 0 {
		return nil
	}
	reason := v1alpha1.ReasonLoginSuperseded
	told := []Event{{Warning: true, Reason: reason, Action: "Rebind", Note: Message(reason)}}
	if after.SupersededLogins[given].Nightly {
		told = append(told, nightlyLeftOn())
	}
	return told
}

// finalizerEvent returns the event that says why the finalizer is removed.
func finalizerEvent(reason string) Event {
	return Event{
		Warning: reason == v1alpha1.ReasonLoginNeverBound || reason == v1alpha1.ReasonLoginAbandoned,
		Reason:  reason, Action: "RemoveFinalizer", Note: Message(reason),
	}
}

// FinalizerEvents returns the events that say why the finalizer is removed, and what stays
// at Flinks.
func FinalizerEvents(in Inputs, reason string) []Event {
	return in.at(time.Time{}).finalizerEvents(reason)
}

func (s *state) finalizerEvents(reason string) []Event {
	told := []Event{finalizerEvent(reason)}
	if reason != v1alpha1.ReasonLoginDeleted && s.leavesNightly() {
		told = append(told, nightlyLeftOn())
	}
	return told
}

// nightlyLeftOn returns the event that says that the operator can no longer switch nightly
// refresh off.
func nightlyLeftOn() Event {
	reason := v1alpha1.ReasonNightlyLeftOn
	return Event{Warning: true, Reason: reason, Action: "SetNightlyRefresh", Note: Message(reason)}
}

// NightlyEvents returns an event for a switch that succeeded, or that failed and is not
// repeated.
func NightlyEvents(c *v1alpha1.BankConnection, o Outcome) []Event {
	switch {
	case !Is[SetNightlyRefresh](o.Action):
		return nil
	case o.Problem == "" && o.Err == nil:
		reason := v1alpha1.ReasonNightlyCorrected
		return []Event{{Reason: reason, Action: "SetNightlyRefresh", Note: Message(reason)}}
	case !c.DeletionTimestamp.IsZero() && isAbandoned(c) && !IsSwitchedOff(c.Status.Binding, o):
		return []Event{nightlyLeftOn()}
	}
	return nil
}

// FinalizerStaysEvent returns the event for a finalizer that stays on a Secret that no
// connection needs any more.
func FinalizerStaysEvent() Event {
	return Event{
		Warning: true, Reason: v1alpha1.ReasonSecretFinalizerForbidden, Action: "RemoveSecretFinalizer",
		Note: "The operator may not remove its finalizer " + v1alpha1.InUseFinalizer + " from the Secret, which no longer needs it; remove it by hand",
	}
}
