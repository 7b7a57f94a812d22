package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Kind of an action.
type Kind string

// The actions. The four words for remote operations are those of the API
// documentation: observe, refresh, collect, delete.
const (
	// Wait: nothing is to be done now.
	Wait Kind = "Wait"
	// Observe reads the state of the login. No bank is contacted.
	Observe Kind = "Observe"
	// Refresh opens a live session. Not repeatable; needs a claim.
	Refresh Kind = "Refresh"
	// Collect asks for the data that a refresh brought.
	Collect Kind = "Collect"
	// Schedule switches Flinks' own nightly refresh of the login on or off.
	Schedule Kind = "Schedule"
	// ClaimDeletion writes the claim that comes before a Delete.
	ClaimDeletion Kind = "ClaimDeletion"
	// UnclaimDeletion takes it back: another connection keeps the login.
	UnclaimDeletion Kind = "UnclaimDeletion"
	// Delete removes the login from Flinks. It needs a claim.
	Delete Kind = "Delete"
	// Confirm reads the state of the login after a Delete that was answered by a 404
	// which says nothing of the login. No bank is contacted.
	Confirm Kind = "Confirm"
	// Release removes the finalizer without touching the login.
	Release Kind = "Release"
	// LetGo lets go of the Secret, and then of the object.
	LetGo Kind = "LetGo"
	// Withdraw deletes a Secret that was handed out.
	Withdraw Kind = "Withdraw"
)

// Action is what to do now.
type Action struct {
	Kind Kind
	// Active is what a Schedule switches nightly refresh to.
	Active bool
	// Pressed is true if a person started it on the gateway's page.
	Pressed bool
	// Request is the refresh-requested-at value that this action answers.
	Request string
	// Refusal is the reason why Request is refused.
	Refusal string
	// HandOff is true if the session that an observe brings is to be handed out.
	HandOff bool
	// Handout is what is withdrawn.
	Handout Handout
	// Reason is why a Release leaves the login at Flinks; a reason of the event that
	// says so.
	Reason string
}

// Decide returns what to do now: at most one Flinks operation.
func Decide(now time.Time, in Inputs) Action { return in.at(now).decide() }

func (s *state) decide() Action {
	if !s.Connection.DeletionTimestamp.IsZero() {
		return s.decideDeletion()
	}
	if withdrawal, due := s.withdrawal(); due {
		return withdrawal
	}
	if s.mayStart() && s.Live.Reason == "" {
		if s.Live.holds(s.now) {
			return Action{Kind: Wait} // for its turn
		}
		return Action{Kind: Refresh, Pressed: true}
	}
	request := s.pendingRequest()
	if request != "" {
		if refusal := s.refuse(); refusal != "" {
			return withRefusal(s.decideRoutine(), request, refusal)
		}
		if s.Live.holds(s.now) {
			return Action{Kind: Wait} // for its turn
		}
		return Action{Kind: Refresh, Request: request}
	}
	return s.decideRoutine()
}

func withRefusal(a Action, request, refusal string) Action {
	if a.Kind == Refresh {
		// An unattended refresh that is due anyway comes with its own claim,
		// after the refusal is on record.
		a.Kind = Wait
	}
	a.Request, a.Refusal = request, refusal
	return a
}

func (s *state) decideRoutine() Action {
	active, switches := s.switchDue()
	switch {
	case switches && s.Connection.Spec.Suspend:
		// The one call for a suspended object: nightly refresh would go on without it.
		return s.schedules(active)
	case s.mayTakeOther():
		return s.paced(Observe)
	case s.blocked() != "":
		return Action{Kind: Wait}
	}
	if a, busy := s.followUp(); busy {
		return a
	}
	switch {
	case s.RebindAsked && s.mayRebind():
		return s.paced(Observe)
	case s.refreshDue() && !s.Live.holds(s.now):
		return s.refreshes()
	case s.observeDue():
		return s.observes()
	case switches:
		return s.schedules(active)
	}
	return Action{Kind: Wait}
}

// followUp is what to do about the newest live session, or about what somebody says of
// the login, while there is anything.
func (s *state) followUp() (a Action, busy bool) {
	st := s.st
	switch {
	case isDispatched(s.now, st) && s.HasSession:
		return s.paced(Collect), true
	case isDispatched(s.now, st):
		return s.paced(Observe), true
	case sessionUnknown(st) && !due(s.now, st.Refresh.NotBefore):
		return Action{Kind: Wait}, true
	case isLookAsked(s.st):
		return s.observes(), true
	case isCollecting(s.now, st) && s.HasSession:
		return s.paced(Collect), true
	case sessionUnknown(st), isCollecting(s.now, st), awaitsAnswer(s.now, st), awaitsReissue(s.now, st), hasFinished(s.now, st):
		return s.paced(Observe), true
	}
	return a, false
}

func (s *state) observeDue() bool {
	next := s.st.NextObserveTime
	return next == nil || due(s.now, next) || s.isLeftOut() || s.isGoneElsewhere()
}

// blocked is the reason why no call may be made at all; empty if one may. That another
// connection owns the login is said even while the instance is in trouble, so that the
// status tells when ownership moves; so is that the instance is another customer's.
func (s *state) blocked() string {
	switch {
	case s.Connection.Spec.Suspend:
		return v1alpha1.ReasonSuspended
	case s.st.Binding != nil && s.Duplicate:
		return v1alpha1.ReasonDuplicateLogin
	case s.isRenamed():
		return v1alpha1.ReasonLoginChanged
	case s.Instance.Problem != "":
		return s.Instance.Problem
	}
	return ""
}

// observes is an observe that may bring a session to hand out.
func (s *state) observes() Action {
	a := s.paced(Observe)
	a.HandOff = a.Kind == Observe && s.handOffDue()
	return a
}

// paced holds an action back after one that brought nothing. An observe that was asked
// for, or is the first of another customer, is news: it waits for the limits of the
// instance only.
func (s *state) paced(k Kind) Action {
	early := s.now.Before(s.NotUntil) && (k != Observe || !isLookAsked(s.st) && !s.isGoneElsewhere())
	if early || s.Calls.holds(s.now) {
		return Action{Kind: Wait}
	}
	return Action{Kind: k}
}

func (s *state) schedules(active bool) Action {
	a := s.paced(Schedule)
	a.Active = active && a.Kind == Schedule
	return a
}

// refreshDue is true if a refresh that nobody asked for may start now. It reads
// the plan but does not trust it: a status that was edited or restored by
// somebody must not start a live session.
func (s *state) refreshDue() bool {
	st := s.st
	if !due(s.now, st.NextRefreshTime) || isOpen(st) || !s.isNoted(st.RefreshPolicy) || s.needsCredentials(s.now) {
		// A plan that was made under another policy is none.
		return false
	}
	planned := s.planRefresh()
	return planned != nil && !s.now.Before(planned.Time) && s.policy().windows.Next(s.now).Equal(s.now)
}

func phase(st *v1alpha1.BankConnectionStatus) v1alpha1.RefreshPhase {
	if st.Refresh == nil {
		return ""
	}
	return st.Refresh.Phase
}

// sessionUnknown reports whether it is not known what became of a live call. A claim
// that is found is one whose process died, or is still at it.
func sessionUnknown(st *v1alpha1.BankConnectionStatus) bool {
	switch phase(st) {
	case v1alpha1.RefreshClaimed, v1alpha1.RefreshUnknown, v1alpha1.RefreshDispatched:
		return true
	default:
		return false
	}
}

// CallOutUntil returns until when the live call of the newest claim may be out, and
// whether there is a claim without a result.
func CallOutUntil(st *v1alpha1.BankConnectionStatus) (until time.Time, claimed bool) {
	if phase(st) != v1alpha1.RefreshClaimed || st.Refresh.StartTime == nil {
		return until, false
	}
	return endOf(st.Refresh.StartTime).Add(ClaimLifetime + LiveCallTimeout), true
}

// awaitsAnswer is true while a person may be answering the bank.
func awaitsAnswer(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshAwaitingUser && st.Refresh.StartTime != nil &&
		now.Before(st.Refresh.StartTime.Add(processingTime))
}

// isCollecting is true while Flinks may still be fetching the data.
func isCollecting(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshCollecting && st.Refresh.LastResult != nil &&
		now.Before(st.Refresh.LastResult.Time.Add(processingTime))
}

// SessionMayBeOpen is true while a second live call could meet the first one.
func SessionMayBeOpen(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	switch {
	case bindingHolds(now, st):
		return true
	case st.Refresh == nil:
		return false
	case sessionUnknown(st), isCollecting(now, st), pending(now, st.Refresh.NotBefore):
		return true
	}
	return awaitsAnswer(now, st) && (st.Refresh.NotBefore == nil || !isOnPage(st))
}

// isOnPage reports whether the bank's question can be reached on the gateway's page only.
// A link of another kind may have been opened in its last minute by a person who still
// answers.
func isOnPage(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil && st.Reconnect.LinkIssueTime != nil
}

// WantsSession reports whether the RequestId that is at hand after an outcome was recorded
// is of use. It is held no longer. What became of a live call in the background is said
// in its own session alone.
func WantsSession(st *v1alpha1.BankConnectionStatus, o Outcome) bool {
	switch phase(st) {
	case v1alpha1.RefreshCollecting:
		return o.Action.Kind != Collect || o.Err == nil
	case v1alpha1.RefreshDispatched:
		return o.Action.Kind != Observe
	default:
		return false
	}
}
