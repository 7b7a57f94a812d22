package bankconnection

import (
	"context"

	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Priorities in the queue. What is due by time alone has that of the initial list.
var priorities = map[lifecycle.Priority]*int{
	lifecycle.Routine: new(-100),
	lifecycle.Prompt:  new(-50),
	lifecycle.Urgent:  new(0),
}

// decide returns what to do, and takes the permission for it. The grant is nil if none
// is needed, and released by the caller.
func (r *Reconciler) decide(ctx context.Context, s *scope) (a lifecycle.Action, grant *budget.Grant, err error) {
	now := r.Clock.Now()
	waits := map[bool]bool{} // for a live session, or for another call
	a, s.Inputs = lifecycle.Reserve(now, s.Inputs, func(n lifecycle.Demand) (deferral lifecycle.Deferral, ok bool) {
		switch {
		case s.view.Object == nil:
			return deferral, true // Without an instance nothing is called.
		case !s.view.IsProven():
			return lifecycle.UntilProven(now), false
		}
		grant, deferral, err = r.ask(ctx, s, n)
		waits[n.Live] = grant == nil && deferral != lifecycle.Deferral{}
		return deferral, !waits[n.Live]
	})
	for _, live := range []bool{true, false} {
		if !waits[live] {
			r.Admission.Leave(s.name(), live)
		}
	}
	return a, grant, err
}

// ask reads what a call would be made with, and then asks for the permission. Without a
// deferral the action goes on: with a grant, or with the problem that was found, and then
// it makes no call. So a connection that cannot call takes nothing from those that can.
func (r *Reconciler) ask(ctx context.Context, s *scope, n lifecycle.Demand) (grant *budget.Grant, deferral lifecycle.Deferral, err error) {
	if deferral, closed := r.Admission.Closed(s.view, s.Connection, n); closed {
		return nil, deferral, nil
	}
	if n.Login {
		if problem, err := r.lookAhead(ctx, s); err != nil || problem != "" {
			return nil, deferral, err
		}
	}
	grant, deferral = r.Admission.Take(s.view, s.Connection, n)
	return grant, deferral, nil
}
