package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Reserve returns what to do, and reserves what it needs at the limits of the instance. If
// the limiter defers the action, Reserve decides again with the deferral: a request is
// refused, or an observe is made while a refresh has to wait. It returns the inputs with
// the deferrals.
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
	return Wait{}, in
}

// Priority says how urgently a user waits for what is done for a connection.
type Priority int

const (
	// Routine actions are due by time alone.
	Routine Priority = iota
	// Prompt actions have a user waiting, but not in front of a screen: the first observe,
	// a deletion, and the end of what was started.
	Prompt
	// Urgent actions were requested by the customer or a client, or read the data of a
	// session that is at hand.
	Urgent
)

// Priority returns the priority of the next action for a connection.
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
	case s.pendingSessionRequest() != "", s.sessionRequestDue():
		return Urgent
	case s.mayStart(), isObserveRequested(s.st) && st.Reconnect != nil:
		return Urgent // The customer is in front of the page.
	case collectsOthersData(st) && isCollecting(s.now, st) && s.HasSession:
		return Urgent // The session ends if it waits behind a fleet that is imported.
	case busy, st.Binding == nil, isObserveRequested(s.st):
		return Prompt
	}
	return Routine
}

// Demand is what an action needs of the limits of its instance.
type Demand struct {
	// Calls is how many calls it makes; 0 for an action without calls.
	Calls int
	// Live reports whether one of them opens a live session.
	Live bool
	// Priority of the action.
	Priority Priority
	// Login reports whether the Secret with the login is read for it.
	Login bool
	// Institution that the bank session contacts, if it is known.
	Institution string
}

// demandOf returns what an action needs. An authorize token is a call of its own.
func (s *state) demandOf(a Action) Demand {
	d := Demand{Calls: 1, Priority: s.priority(), Institution: s.st.Institution}
	switch a.(type) {
	case Wait, ClaimDeletion, UnclaimDeletion, RemoveFinalizer, RemoveSecretFinalizer, DeliverLink, RevokeSecret:
		d.Calls = 0
	case Observe, Confirm, Poll:
		d.Calls, d.Login = 2, true
	case Refresh:
		d.Calls, d.Live, d.Login = 2, true, true
	case SetNightlyRefresh, Delete:
		d.Login = true
	case Collect:
	}
	return d
}

// Spread returns when an object is reconciled if all objects that wait until a time are
// spread over a span after it; the same for an object's whole life.
func Spread(uid types.UID, until time.Time, span time.Duration) time.Time {
	return until.Add(jitter(uid, 10*span))
}
