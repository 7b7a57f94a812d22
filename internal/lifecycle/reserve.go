package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Reserve returns what to do, and reserves at the limits of the instance what that needs.
// An action that is deferred is decided again: a request is refused, or an observe is made
// while a refresh has to wait. The inputs that it returns are those with the deferrals.
func Reserve(now time.Time, in Inputs, ask func(Demand) (Deferral, bool)) (Action, Inputs) {
	for range 3 { // A live call is deferred, then every call.
		s := in.at(now)
		a := s.decide()
		demand := s.demandOf(a)
		if demand.Calls == 0 {
			return a, in
		}
		deferral, ok := ask(demand)
		switch {
		case ok:
			return a, in
		case demand.Live:
			in.Live = deferral
		default:
			in.Calls = deferral
		}
	}
	return Action{Kind: Wait}, in
}

// Priority says how much somebody waits for what is done for a connection.
type Priority int

const (
	// Routine is what is due by time alone.
	Routine Priority = iota
	// Prompt is what somebody waits for, but not in front of a screen: the first
	// observe, a deletion, and the end of what was begun.
	Prompt
	// Urgent is what a person asked for.
	Urgent
)

// Priority returns that of whatever is to be done next for a connection.
func (in Inputs) Priority(now time.Time) Priority { return in.at(now).priority() }

func (s *state) priority() Priority {
	st := s.st
	if !s.Connection.DeletionTimestamp.IsZero() {
		return Prompt
	}
	busy := isOpen(st) || isCollecting(s.now, st)
	switch {
	case s.pendingRequest() != "" && s.refuse() == "", busy && (isRequested(st) || isAttended(st)):
		return Urgent
	case s.mayStart(), isObserveRequested(s.st) && st.Reconnect != nil:
		return Urgent // The person is in front of the page.
	case busy, st.Binding == nil, isObserveRequested(s.st):
		return Prompt
	}
	return Routine
}

// Demand is what an action asks of the limits of its instance.
type Demand struct {
	// Calls that it takes; 0 for what needs none.
	Calls int
	// Live is true if one of them opens a live session.
	Live bool
	// Priority of the action.
	Priority Priority
	// Login is true if the Secret with the login is read for it.
	Login bool
	// Institution that is contacted, if it is known.
	Institution string
}

// DemandOf returns what an action needs. An authorize token is a call of its own.
func DemandOf(now time.Time, in Inputs, a Action) Demand { return in.at(now).demandOf(a) }

func (s *state) demandOf(a Action) Demand {
	n := Demand{Calls: 1, Priority: s.priority(), Institution: s.st.Institution}
	switch a.Kind {
	case Wait, ClaimDeletion, UnclaimDeletion, RemoveFinalizer, RemoveSecretFinalizer, RevokeSecret:
		n.Calls = 0
	case Observe, Confirm:
		n.Calls, n.Login = 2, true
	case Refresh:
		n.Calls, n.Live, n.Login = 2, true, true
	case SetNightlyRefresh, Delete:
		n.Login = true
	case Collect:
	}
	return n
}

// Spread is when an object comes back, if all that are held until a time come back
// over a span: the same for its whole life.
func Spread(uid types.UID, until time.Time, span time.Duration) time.Time {
	return until.Add(jitter(uid, 10*span))
}
