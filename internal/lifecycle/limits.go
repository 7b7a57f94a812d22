package lifecycle

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Limits holds the answers of the instance's limiter to the calls of a connection. A call
// that the limiter was not asked about is not deferred.
type Limits struct {
	// Calls defers every call, and Live a live one.
	Calls, Live Deferral
}

// Deferral is the limiter's answer to a call that is due. It is kept in memory only: a
// deferred call stays due, and no status is written.
type Deferral struct {
	// Until is when to ask again; zero if the call is not deferred.
	Until time.Time
	// Reason is why no connection of the instance calls until then; empty if this call
	// only waits for its turn.
	Reason string
	// Unproven reports whether nothing is called until the keys and endpoints of the
	// instance have been tried.
	Unproven bool
}

// unprovenLook is how often a connection checks whether its edited instance has been
// tried. The controller also wakes it when that happens.
const unprovenLook = time.Minute

// UntilProven returns a Deferral of all calls to an instance whose spec names keys or
// endpoints that have not been tried yet; see IsProven of package instance.
func UntilProven(now time.Time) Deferral {
	return Deferral{Until: now.Add(unprovenLook), Unproven: true}
}

// Defers reports whether a call has to wait.
func (d Deferral) Defers(now time.Time) bool { return now.Before(d.Until) }

// AwaitsFirstTurn reports whether a status would be the first of a connection and would only say that it
// waits for its first call, because others come first. Writing it would double the status writes of an
// import. That all calls of an instance pause is worth a status.
func AwaitsFirstTurn(now time.Time, in Inputs, o Outcome, status *v1alpha1.BankConnectionStatus) bool {
	isFirst := in.Connection.Status.ObservedGeneration <= 0 && o.Action == Action(Wait{})
	inLine := in.Calls.Defers(now) && in.Calls.Reason == "" && !in.Calls.Unproven
	return isFirst && inLine && !slices.ContainsFunc(status.Conditions, func(c metav1.Condition) bool { return !isUnwritten(c) })
}

// isUnwritten reports whether a condition means the same as its absence.
func isUnwritten(c metav1.Condition) bool {
	return c.Reason == v1alpha1.ReasonNotObserved || c.Reason == v1alpha1.ReasonNoActionRequired
}
