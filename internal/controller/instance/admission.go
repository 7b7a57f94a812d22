package instance

import (
	"strings"
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

// Admission gives connections the permission to call an instance. They wait for it without
// being reconciled again and again: as a watch.Timed it wakes those whose turn it is.
type Admission struct {
	Budget *budget.Budget
	Clock  clock.PassiveClock
}

var _ watch.Timed = Admission{}

// Closed reports whether it is of no use to ask for a need now, and what that means to the
// connection. What is closed needs no look at what the call would be made with.
func (a Admission) Closed(v View, c *v1alpha1.BankConnection, n lifecycle.Demand) (lifecycle.Deferral, bool) {
	denial, closed := a.Budget.Closed(a.Clock.Now(), v.Key.String(), v.Limits, RequestOf(client.ObjectKeyFromObject(c), n))
	if !closed {
		return lifecycle.Deferral{}, false
	}
	return DeferralOf(c.UID, denial), true
}

// Take asks for the permission. The grant is nil if it is denied: then the connection has a
// place in the line, unless all calls pause.
func (a Admission) Take(v View, c *v1alpha1.BankConnection, n lifecycle.Demand) (*budget.Grant, lifecycle.Deferral) {
	grant, denial := a.Budget.Take(a.Clock.Now(), v.Key.String(), v.Limits, RequestOf(client.ObjectKeyFromObject(c), n))
	if grant != nil {
		return grant, lifecycle.Deferral{}
	}
	return nil, DeferralOf(c.UID, denial)
}

// TakeForLink asks for the permission for a customer in front of a page, who waits in no line.
func (a Admission) TakeForLink(v View, calls int) (*budget.Grant, budget.Denial) {
	request := budget.Request{Priority: budget.Urgent, Calls: calls}
	return a.Budget.Take(a.Clock.Now(), v.Key.String(), v.Limits, request)
}

// readerSuffix tells the applications that read a connection from the connection itself. No object
// can have such a name.
const readerSuffix = "/data"

// TakeForReading asks for the permission for calls whose data an application waits for. One that is
// denied keeps a place in the line of its namespace, and finds its turn if it asks again.
func (a Admission) TakeForReading(v View, name types.NamespacedName, calls int) (*budget.Grant, budget.Denial) {
	request := budget.Request{
		Caller: budget.Caller{Namespace: name.Namespace, Name: name.Name + readerSuffix}, Priority: budget.Reading, Calls: calls,
	}
	return a.Budget.Take(a.Clock.Now(), v.Key.String(), v.Limits, request)
}

// Leave gives up the place of a connection in the line for live sessions, or in that for
// other calls.
func (a Admission) Leave(name types.NamespacedName, live bool) {
	a.Budget.Leave(budget.Caller(name), live)
}

// Occupy counts a live call that may still be out among the live sessions of the instance: that of
// an earlier process, or one that Flinks continues in the background. Once the claim has a result it
// is not counted any more.
func (a Admission) Occupy(v View, c *v1alpha1.BankConnection) {
	until := lifecycle.CallOutUntil(&c.Status)
	if v.Object == nil {
		return
	}
	caller := budget.Caller{Namespace: c.Namespace, Name: c.Name}
	a.Budget.Occupy(a.Clock.Now(), v.Key.String(), v.Limits, caller, until)
}

// Due implements watch.Timed.
func (a Admission) Due() (due []reconcile.Request, wait time.Duration) {
	now := a.Clock.Now()
	callers, next := a.Budget.Turns(now)
	for _, c := range callers {
		if strings.HasSuffix(c.Name, readerSuffix) {
			continue // It asks by itself.
		}
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
func (a Admission) Changes() <-chan struct{} { return a.Budget.Changes() }
