package instance

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/watch"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Gate is where connections ask for the permission to call an instance, and wait for it
// without being reconciled again and again: as a watch.Timed it wakes those whose turn it
// is.
type Gate struct {
	Budget *budget.Budget
	Clock  clock.PassiveClock
}

var _ watch.Timed = Gate{}

// Closed reports whether it is of no use to ask for a need now, and what that means to the
// connection. What is closed needs no look at what the call would be made with.
func (g Gate) Closed(v View, c *v1alpha1.BankConnection, n lifecycle.Demand) (lifecycle.Deferral, bool) {
	denial, closed := g.Budget.Closed(g.Clock.Now(), v.Key.String(), v.Limits, Ask(client.ObjectKeyFromObject(c), n))
	if !closed {
		return lifecycle.Deferral{}, false
	}
	return Hold(c.UID, denial), true
}

// Take asks for the permission. The grant is nil if it is denied: then the connection has a
// place in the line, unless all calls pause.
func (g Gate) Take(v View, c *v1alpha1.BankConnection, n lifecycle.Demand) (*budget.Grant, lifecycle.Deferral) {
	grant, denial := g.Budget.Take(g.Clock.Now(), v.Key.String(), v.Limits, Ask(client.ObjectKeyFromObject(c), n))
	if grant != nil {
		return grant, lifecycle.Deferral{}
	}
	return nil, Hold(c.UID, denial)
}

// TakeForVisitor asks for a person in front of a page, who waits in no line.
func (g Gate) TakeForVisitor(v View, calls int) (*budget.Grant, budget.Denial) {
	ask := budget.Ask{Class: budget.Urgent, Calls: calls}
	return g.Budget.Take(g.Clock.Now(), v.Key.String(), v.Limits, ask)
}

// Leave gives up the place of a connection in the line for live sessions, or in that for
// other calls.
func (g Gate) Leave(name types.NamespacedName, live bool) { g.Budget.Leave(budget.Caller(name), live) }

// Occupy counts the live call of an earlier process, which may still be out, among the
// live sessions of the instance. Once the claim has a result it is not counted any more.
func (g Gate) Occupy(v View, c *v1alpha1.BankConnection) {
	until, _ := lifecycle.CallOutUntil(&c.Status)
	if v.Object == nil {
		return
	}
	caller := budget.Caller{Namespace: c.Namespace, Name: c.Name}
	g.Budget.Occupy(g.Clock.Now(), v.Key.String(), v.Limits, caller, until)
}

// Due implements watch.Timed.
func (g Gate) Due() (due []reconcile.Request, wait time.Duration) {
	now := g.Clock.Now()
	callers, next := g.Budget.Turns(now)
	for _, c := range callers {
		due = append(due, reconcile.Request{NamespacedName: types.NamespacedName(c)})
	}
	if !next.IsZero() {
		wait = max(next.Sub(now), leastWait)
	}
	return due, wait
}

// leastWait keeps the budget from being asked all the time.
const leastWait = time.Millisecond

// Changes implements watch.Timed.
func (g Gate) Changes() <-chan struct{} { return g.Budget.Changes() }
