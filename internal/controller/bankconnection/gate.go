package bankconnection

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Priorities in the queue. That of what is due by time alone is that of the initial
// list.
var priorities = map[lifecycle.Urgency]*int{
	lifecycle.Routine: new(-100),
	lifecycle.Prompt:  new(-50),
	lifecycle.Urgent:  new(0),
}

// decide says what to do, and takes the permission for it. The grant is nil if none
// is needed, and released by the caller.
func (r *Reconciler) decide(s *scene) (a lifecycle.Action, grant *budget.Grant) {
	now := r.Clock.Now()
	a, s.World = lifecycle.Admit(now, s.World, func(n lifecycle.Need) (hold lifecycle.Hold, ok bool) {
		switch {
		case s.view.Object == nil:
			return hold, true // Without an instance nothing is called.
		case !s.view.IsProven():
			return lifecycle.UntilProven(now), false
		}
		grant, hold = r.take(now, s, n)
		return hold, grant != nil
	})
	return a, grant
}

// take asks for permission, and remembers the place in the line if it is denied.
func (r *Reconciler) take(now time.Time, s *scene, n lifecycle.Need) (*budget.Grant, lifecycle.Hold) {
	turn := s.session.turn(n)
	grant, denial := r.Budget.Take(now, s.view.Key.String(), s.view.Limits, instance.Ask(n, turn.of(n)))
	*turn = place{time: denial.Place, urgency: n.Urgency}
	return grant, instance.Hold(s.Connection.UID, denial)
}

// occupy counts the live call of an earlier process, which may still be out, among the
// live sessions of the instance.
func (r *Reconciler) occupy(view instance.View, c *v1alpha1.BankConnection) {
	until, claimed := lifecycle.CallOutUntil(&c.Status)
	if view.Object == nil || !claimed {
		return
	}
	caller := budget.Caller{Namespace: c.Namespace, Name: c.Name}
	r.Budget.Occupy(r.Clock.Now(), view.Key.String(), view.Limits, caller, until)
}

// place is a place in the line for the limits of an instance.
type place struct {
	time    time.Time
	urgency lifecycle.Urgency
}

// of is when it is the turn of a need; zero if the place is that of another.
func (p *place) of(n lifecycle.Need) time.Time {
	if p.urgency != n.Urgency {
		return time.Time{}
	}
	return p.time
}

// turn is where the place of a need is kept.
func (s *session) turn(n lifecycle.Need) *place {
	if n.Live {
		return &s.liveTurn
	}
	return &s.callTurn
}
