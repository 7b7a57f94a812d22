package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// VisitState is what a person who opens their link finds, in the words of the
// session API.
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

const (
	// finishPatience is how long Flinks may take to show that the person came back,
	// before their page offers to begin again.
	finishPatience = 5 * time.Minute
	// attendedRetry is how long a person waits at most before they may try again what
	// the bank, or Flinks, could not do.
	attendedRetry = 5 * time.Minute
)

// Visit is what a person who opens their link finds.
type Visit struct {
	State VisitState
	// Reason why the person is wanted, or cannot be helped; may be empty.
	Reason string
	// Until is when to try again; zero if that is not known.
	Until time.Time
}

// FindVisit is what a person who opens their link finds. It follows from the status
// alone, so every replica finds the same.
func FindVisit(now time.Time, w World) Visit {
	v := w.visit(now)
	g := w.status().GatewayRequest
	if g == nil || !isFresh(now, g) {
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
func (w World) visit(now time.Time) Visit {
	st := w.status()
	switch reason := w.standstill(); {
	case !w.Connection.DeletionTimestamp.IsZero(), reason != "":
		return Visit{State: VisitBlocked, Reason: reason}
	case w.isAtWork(now):
		return Visit{State: VisitWorking}
	case st.Reconnect == nil && st.Binding != nil:
		return Visit{State: VisitDone}
	case !ByGateway(w.Connection):
		return Visit{State: VisitBlocked}
	}
	if v, down := w.outage(now); down {
		return v
	}
	if st.Binding == nil && !awaitsLogin(st) {
		return Visit{State: VisitWorking} // The first observe is to come.
	}
	return w.wayBack(now)
}

// standstill is the reason why only the platform can help; empty if a person can.
// A policy that can never work is none: it does not matter to who is there.
func (w World) standstill() string {
	st, blocked := w.status(), w.blocked()
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
func (w World) isAtWork(now time.Time) bool {
	st := w.status()
	if w.Instance.Problem != "" {
		return false
	}
	claimed := phase(st) == v1alpha1.RefreshClaimed && st.Refresh.StartTime != nil &&
		now.Before(st.Refresh.StartTime.Add(ClaimLifetime+LiveCallTimeout))
	return claimed || isCollecting(now, st) || isDispatched(now, st)
}

// outage is what a person finds while the instance, Flinks or the bank gives no
// usable answer.
func (w World) outage(now time.Time) (v Visit, down bool) {
	st := w.status()
	v = Visit{State: VisitUnavailable, Reason: v1alpha1.ReasonFlinksUnavailable}
	switch {
	case w.Instance.Problem != "":
		v.Reason = w.Instance.Problem
		return v, true
	case hasObstacle(st):
		v.Reason = st.LastError.Code
		return v, true
	case isPaused(now, st):
		v.Until = st.Refresh.NotBefore.Time
		return v, true
	case now.Before(retryTime(st)):
		v.Until = retryTime(st)
		return v, true
	case !isUnreadable(now, st):
		return v, false
	case hasErrorOf(st, flinks.ClassConfig):
		return Visit{State: VisitBlocked, Reason: v1alpha1.ReasonRequestRejected}, true
	case pending(now, st.NextObserveTime):
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
func (w World) wayBack(now time.Time) Visit {
	st := w.status()
	r := st.Reconnect
	v := Visit{State: VisitStart, Reason: r.Reason}
	switch until := w.openUntil(now); {
	case canResume(now, st):
		v.State = VisitResume
	case hasJustFinished(now, r):
		return Visit{State: VisitWorking}
	case now.Before(until):
		v.State, v.Until = VisitWait, until
	case sessionUnknown(st):
		return Visit{State: VisitWorking} // The observe that finds out is to come.
	case needsConnect(r.Reason), w.needsCredentials(now):
		v.State = VisitConnect
	case now.Before(attendedUntil(now, st)):
		v.State, v.Until = VisitWait, attendedUntil(now, st)
	}
	return v
}

// canResume is true while the bank's question can be answered on the page.
func canResume(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshAwaitingUser && linkWorks(now, st.Reconnect) && st.Reconnect.SealedSession != ""
}

// openUntil is when a session that may be open has ended; zero if none may be.
func (w World) openUntil(now time.Time) time.Time {
	st := w.status()
	var until time.Time
	if !SessionMayBeOpen(now, st) {
		return until
	}
	if bindingHolds(now, st) {
		until = st.Binding.NotBefore.Time
	}
	if st.Refresh != nil && st.Refresh.NotBefore != nil {
		until = later(until, st.Refresh.NotBefore.Time)
	}
	if awaitsAnswer(now, st) && (st.Refresh.NotBefore == nil || !isOnPage(st)) {
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
