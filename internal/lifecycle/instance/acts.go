package instance

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// confirmationExpired is why a confirmation does not count that was over when it was first seen.
const confirmationExpired = "ConfirmationExpired"

// Acts returns what administrators did that is recorded by the change from one status of an
// instance to another.
func Acts(before, after *v1alpha1.InstanceStatus) []audit.Act {
	return append(confirmationActs(before, after), revocationActs(before, after)...)
}

// confirmationActs returns the act of an annotation that confirms deletions, if that changed.
func confirmationActs(before, after *v1alpha1.InstanceStatus) []audit.Act {
	was, is := before.DeletionConfirmation, after.DeletionConfirmation
	invalid := meta.FindStatusCondition(after.Conditions, v1alpha1.ConditionConfirmationInvalid)
	switch {
	case is == nil:
		return invalidActs(before, after, v1alpha1.ConditionConfirmationInvalid, audit.DeletionsConfirmed)
	case was != nil && was.Until.Equal(&is.Until):
		return nil
	case invalid != nil:
		return []audit.Act{{Action: audit.DeletionsConfirmed, Outcome: audit.Refused, Reason: invalid.Reason}}
	case !is.Until.After(is.FirstSeenTime.Time):
		return []audit.Act{{Action: audit.DeletionsConfirmed, Outcome: audit.Refused, Reason: confirmationExpired}}
	}
	return []audit.Act{{Action: audit.DeletionsConfirmed, Outcome: audit.Succeeded}}
}

// revocationActs returns the act of an annotation that revokes links, if that changed anything.
func revocationActs(before, after *v1alpha1.InstanceStatus) []audit.Act {
	if revokedNow(before, after) {
		return []audit.Act{{Action: audit.LinksRevoked, Outcome: audit.Succeeded}}
	}
	return invalidActs(before, after, v1alpha1.ConditionRevocationInvalid, audit.LinksRevoked)
}

// invalidActs returns the act of an annotation that a condition newly calls invalid.
func invalidActs(before, after *v1alpha1.InstanceStatus, conditionType string, action audit.Action) []audit.Act {
	if is := lifecycle.Transition(before.Conditions, after.Conditions, conditionType); is != nil {
		return []audit.Act{{Action: action, Outcome: audit.Refused, Reason: is.Reason}}
	}
	return nil
}
