package instance

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// What an instance gets if its spec does not say, or says less than can work.
const (
	defaultRate         = 5
	defaultBurst        = 10
	defaultLiveSessions = 10
	leastBurst          = 2
)

func limitsOf(spec *v1alpha1.InstanceLimits, generation int64) budget.Limits {
	if spec == nil {
		spec = &v1alpha1.InstanceLimits{}
	}
	return budget.Limits{
		Rate:         max(1, limit(spec.RequestsPerSecond, defaultRate)),
		Burst:        max(leastBurst, limit(spec.Burst, defaultBurst)),
		LiveSessions: max(1, limit(spec.LiveSessions, defaultLiveSessions)),
		Version:      generation,
	}
}

func limit(given *int32, otherwise int) int {
	if given == nil {
		return otherwise
	}
	return int(*given)
}

// priorities maps the priorities of the lifecycle to those of the budget.
var priorities = map[lifecycle.Priority]budget.Priority{
	lifecycle.Routine: budget.Routine,
	lifecycle.Prompt:  budget.Prompt,
	lifecycle.Urgent:  budget.Urgent,
}

// RequestOf returns what a demand of a connection means to the budget.
func RequestOf(name types.NamespacedName, n lifecycle.Demand) budget.Request {
	return budget.Request{
		Caller: budget.Caller(name), Priority: priorities[n.Priority], Calls: n.Calls, Live: n.Live, Bank: n.Institution,
	}
}

// DeferralOf returns what a denial means to a connection.
func DeferralOf(uid types.UID, d budget.Denial) lifecycle.Deferral {
	return lifecycle.Deferral{Until: lifecycle.Spread(uid, d.Until, d.Spread), Reason: Reason(d.Reason)}
}

// Reason returns why an instance is not called, in the words of the API; empty if there is
// no reason but that others come first.
func Reason(r budget.Reason) string {
	switch r {
	case budget.Throttled:
		return v1alpha1.ReasonThrottled
	case budget.Unreachable, budget.BankDown:
		return v1alpha1.ReasonFlinksUnavailable
	case budget.Busy:
	}
	return ""
}
