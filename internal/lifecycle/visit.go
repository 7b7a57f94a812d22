package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// VisitState is what a person who opens their link finds, in the words of the
// link API.
type VisitState string

// The states that follow from a status.
const (
	VisitConnect     VisitState = "Connect"
	VisitStart       VisitState = "Start"
	VisitResume      VisitState = "Resume"
	VisitWorking     VisitState = "Working"
	VisitDone        VisitState = "Done"
	VisitWait        VisitState = "Wait"
	VisitUnavailable VisitState = "Unavailable"
	VisitBlocked     VisitState = "Blocked"
)

// finishPatience is how long Flinks may take to show that the person came back,
// before their page offers to begin again.
const finishPatience = 5 * time.Minute

// attendedRetry is how long a person waits at most before they may try again what
// the bank, or Flinks, could not do.
const attendedRetry = 5 * time.Minute

// Visit is what a person who opens their link finds.
type Visit struct {
	State VisitState
	// Reason why the person is wanted, or cannot be helped; may be empty.
	Reason string
	// Until is when to try again; zero if that is not known.
	Until time.Time
}

// FindVisit returns what a person who opens their link finds. It follows from the status
// alone, so every replica finds the same.
func FindVisit(now time.Time, in Inputs) Visit { return in.at(now).findVisit() }

func (s *state) findVisit() Visit {
	v := s.visit()
	g := s.st.GatewayRequest
	if g == nil || !isFresh(s.now, g) {
		return v
	}
	switch {
	case g.Action == v1alpha1.GatewayObserve && (v.State == VisitConnect || v.State == VisitStart || v.State == VisitWait):
		return Visit{State: VisitWorking} // It may show that nobody is wanted any more.
	case g.Action != v1alpha1.GatewayRefresh || v.State != VisitStart:
		return v
	case g.Reason != "":
		return Visit{State: VisitUnavailable, Reason: g.Reason, Until: g.Time.Add(maxPressAge)}
	}
	return Visit{State: VisitWorking}
}

// visit is what a person finds if nothing was asked for on their page.
func (s *state) visit() Visit {
	st := s.st
	switch reason := s.standstill(); {
	case !s.Connection.DeletionTimestamp.IsZero(), reason != "":
		return Visit{State: VisitBlocked, Reason: reason}
	case s.isAtWork():
		return Visit{State: VisitWorking}
	case st.Reconnect == nil && st.Binding != nil:
		return Visit{State: VisitDone}
	case !ByGateway(s.Connection):
		return Visit{State: VisitBlocked}
	}
	if v, down := s.outage(); down {
		return v
	}
	if st.Binding == nil && !awaitsLogin(st) {
		return Visit{State: VisitWorking} // The first observe is to come.
	}
	return s.wayBack()
}

// standstill is the reason why only the platform can help; empty if a person can.
// A policy that can never work is none: it does not matter to who is there.
func (s *state) standstill() string {
	st, blocked := s.st, s.blocked()
	switch {
	case blocked != "" && !isInstanceTrouble(blocked):
		return blocked
	case loginGone(st):
		return v1alpha1.ReasonLoginGone
	case hasObstacle(st) && !isInstanceTrouble(st.LastError.Code):
		return st.LastError.Code
	}
	return ""
}

// isInstanceTrouble reports whether a reason is what is wrong with a whole instance, and is being
// mended.
func isInstanceTrouble(reason string) bool {
	switch reason {
	case v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonInstanceNotFound, v1alpha1.ReasonAPIKeyRefused:
		return true
	}
	return false
}

// isAtWork is true while a live call is under way, or its data are being fetched.
func (s *state) isAtWork() bool {
	st := s.st
	if s.Instance.Problem != "" {
		return false
	}
	claimed := phase(st) == v1alpha1.RefreshClaimed && st.Refresh.StartTime != nil &&
		s.now.Before(st.Refresh.StartTime.Add(ClaimLifetime+LiveCallTimeout))
	return claimed || isCollecting(s.now, st) || isDispatched(s.now, st)
}

// outage is what a person finds while the instance, Flinks or the bank gives no
// usable answer.
func (s *state) outage() (v Visit, down bool) {
	st := s.st
	v = Visit{State: VisitUnavailable, Reason: v1alpha1.ReasonFlinksUnavailable}
	switch {
	case s.Instance.Problem != "":
		v.Reason = s.Instance.Problem
		return v, true
	case hasObstacle(st):
		v.Reason = st.LastError.Code
		return v, true
	case isPaused(s.now, st):
		v.Until = st.Refresh.NotBefore.Time
		return v, true
	case s.now.Before(retryTime(st)):
		v.Until = retryTime(st)
		return v, true
	case !isUnreadable(s.now, st):
		return v, false
	case hasErrorOf(st, flinks.ClassConfig):
		return Visit{State: VisitBlocked, Reason: v1alpha1.ReasonRequestRejected}, true
	case pending(s.now, st.NextObserveTime):
		v.Until = st.NextObserveTime.Time
	}
	return v, true
}

// retryTime is when a person may repeat a live call that failed for no reason of
// theirs; zero if none did. A session that ended of idleness only waited for them.
func retryTime(st *v1alpha1.BankConnectionStatus) time.Time {
	if phase(st) != v1alpha1.RefreshFailed || !isOfResult(st) || hasErrorOf(st, flinks.ClassUser) {
		return time.Time{}
	}
	if st.LastError.Code == string(flinks.CodeSessionExpired) {
		return time.Time{}
	}
	pause := backoffOf(Refresh, flinks.Code(st.LastError.Code), flinks.Class(st.LastError.Class)).least
	return endOf(&st.Refresh.LastResult.Time).Add(min(pause, attendedRetry))
}

// isUnreadable is true if the last observe failed. What a live call said of itself is
// no trouble of the observes.
func isUnreadable(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if !isTroubled(st) || hasErrorOf(st, flinks.ClassUser) {
		return false
	}
	waited := phase(st) == v1alpha1.RefreshUnknown && due(now, st.Refresh.NotBefore)
	return !isOfResult(st) || waited
}

// isOfResult is true if the newest trouble is what the newest live call ended with.
func isOfResult(st *v1alpha1.BankConnectionStatus) bool {
	return st.LastError != nil && st.Refresh != nil && st.Refresh.LastResult != nil &&
		st.Refresh.LastResult.FlinksCode == st.LastError.Code
}

// wayBack is what a person who is wanted can do.
func (s *state) wayBack() Visit {
	st := s.st
	r := st.Reconnect
	v := Visit{State: VisitStart, Reason: r.Reason}
	switch until := s.openUntil(); {
	case canResume(s.now, st):
		v.State = VisitResume
	case hasJustFinished(s.now, r):
		return Visit{State: VisitWorking}
	case s.now.Before(until):
		v.State, v.Until = VisitWait, until
	case sessionUnknown(st):
		return Visit{State: VisitWorking} // The observe that finds out is to come.
	case needsConnect(r.Reason), s.needsCredentials(s.now):
		v.State = VisitConnect
	case s.now.Before(attendedUntil(s.now, st)):
		v.State, v.Until = VisitWait, attendedUntil(s.now, st)
	}
	return v
}

// canResume is true while the bank's question can be answered on the page.
func canResume(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshAwaitingUser && linkWorks(now, st.Reconnect) && st.Reconnect.SealedSession != ""
}

// openUntil is when a session that may be open has ended; zero if none may be.
func (s *state) openUntil() time.Time {
	st := s.st
	var until time.Time
	if !SessionMayBeOpen(s.now, st) {
		return until
	}
	if bindingHolds(s.now, st) {
		until = st.Binding.NotBefore.Time
	}
	if st.Refresh != nil && st.Refresh.NotBefore != nil {
		until = later(until, st.Refresh.NotBefore.Time)
	}
	if awaitsAnswer(s.now, st) && (st.Refresh.NotBefore == nil || !isOnPage(st)) {
		until = later(until, endOf(st.Refresh.StartTime).Add(processingTime))
	}
	return until
}

// needsConnect is true if no live session helps, and the person has to go through
// all of Flinks Connect.
func needsConnect(reason string) bool {
	switch reason {
	case v1alpha1.ReasonConnectRequired, v1alpha1.ReasonCredentialsRejected,
		v1alpha1.ReasonLoginLocked, v1alpha1.ReasonBankActionRequired:
		return true
	}
	return false
}
