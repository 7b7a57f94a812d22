package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Hold is what the limits of an instance say to a call that is due. It is known in
// memory only: what is held stays due, and is not written anywhere.
type Hold struct {
	// Until is when to ask again; zero if nothing holds the call.
	Until time.Time
	// Reason is why nobody calls, for as long; empty if the call merely waits for
	// its turn.
	Reason string
	// Unproven is true if nothing is called until the instance is proven.
	Unproven bool
}

// unprovenLook is how often a connection looks whether an edited instance was tried. It is
// woken when it was.
const unprovenLook = time.Minute

// UntilProven is the hold on all calls to an instance whose spec names what was not tried
// yet; see [IsProven].
func UntilProven(now time.Time) Hold { return Hold{Until: now.Add(unprovenLook), Unproven: true} }

func (h Hold) holds(now time.Time) bool { return now.Before(h.Until) }

// Admit says what to do, and asks for what that needs. What is denied is decided about
// again: a request is refused, or an observe is made while a refresh has to wait. The
// world that it returns is the one with the holds.
func Admit(now time.Time, w World, ask func(Need) (Hold, bool)) (Action, World) {
	for range 3 { // A live call is held, then every call.
		a := Decide(now, w)
		need := NeedOf(now, w, a)
		if need.Calls == 0 {
			return a, w
		}
		hold, ok := ask(need)
		switch {
		case ok:
			return a, w
		case need.Live:
			w.Live = hold
		default:
			w.Calls = hold
		}
	}
	return Action{Kind: Wait}, w
}

// Urgency says how much somebody waits for what is done for a connection.
type Urgency int

const (
	// Routine is what is due by time alone.
	Routine Urgency = iota
	// Prompt is what somebody waits for, but not in front of a screen: the first
	// observe, a deletion, and the end of what was begun.
	Prompt
	// Urgent is what a person asked for.
	Urgent
)

// Urgency of whatever is to be done next.
func (w World) Urgency(now time.Time) Urgency {
	st := w.status()
	if !w.Connection.DeletionTimestamp.IsZero() {
		return Prompt
	}
	busy := isOpen(st) || isCollecting(now, st)
	switch {
	case pendingRequest(w) != "" && refuse(now, w) == "", busy && (isRequested(st) || isAttended(st)):
		return Urgent
	case w.mayStart(now), w.isLookAsked() && st.Reconnect != nil:
		return Urgent // The person is in front of the page.
	case busy, st.Binding == nil, w.isLookAsked():
		return Prompt
	}
	return Routine
}

// Need is what an action asks of the limits of its instance.
type Need struct {
	// Calls that it takes; 0 for what needs none.
	Calls int
	// Live is true if one of them opens a live session.
	Live bool
	// Urgency of the action.
	Urgency Urgency
	// Login is true if the Secret with the login is read for it.
	Login bool
	// Institution that is contacted, if it is known.
	Institution string
}

// NeedOf is what an action needs. An authorize token is a call of its own.
func NeedOf(now time.Time, w World, a Action) Need {
	n := Need{Calls: 1, Urgency: w.Urgency(now), Institution: w.status().Institution}
	switch a.Kind {
	case Wait, ClaimDeletion, UnclaimDeletion, Release, LetGo, Withdraw:
		n.Calls = 0
	case Observe, Confirm:
		n.Calls, n.Login = 2, true
	case Refresh:
		n.Calls, n.Live, n.Login = 2, true, true
	case Schedule, Delete:
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
