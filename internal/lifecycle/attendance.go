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
		return Visit{State: VisitUnavailable, Reason: g.Reason, Until: g.Time.Add(maxAttendedRequestAge)}
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
	case Pending(s.now, st.NextObserveTime):
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
	return EndOf(&st.Refresh.LastResult.Time).Add(min(pause, attendedRetry))
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

// openUntil is when a session that may be open has ended; zero if none may be.
func (s *state) openUntil() time.Time {
	st := s.st
	var until time.Time
	if !SessionMayBeOpen(s.now, st) {
		return until
	}
	if mayHaveUnknownSession(s.now, st) {
		until = st.Binding.NotBefore.Time
	}
	if st.Refresh != nil && st.Refresh.NotBefore != nil {
		until = Later(until, st.Refresh.NotBefore.Time)
	}
	if awaitsAnswer(s.now, st) && (st.Refresh.NotBefore == nil || !isOnPage(st)) {
		until = Later(until, EndOf(st.Refresh.StartTime).Add(processingTime))
	}
	return until
}

// mayStart is true if a person pressed the button, and their page still says that a
// live session may start. What the limits of the instance say is no part of that.
func (s *state) mayStart() bool {
	return hasAttendedRequest(s.now, s.st) && s.visit().State == VisitStart
}

// keepAttendedRequest drops a press that nobody waits for any more, or that starts nothing: the
// page says what there is to do instead. Where only the limits of the instance are in
// the way, the reason is kept for the page, as long as somebody looks at it.
func (s *state) keepAttendedRequest() {
	g := s.st.GatewayRequest
	switch {
	case g == nil || g.Action == v1alpha1.GatewayObserve:
		return
	case g.Action != v1alpha1.GatewayRefresh, !isFresh(s.now, g), s.visit().State != VisitStart:
		s.st.GatewayRequest = nil
	case g.Reason == "" && s.Live.Defers(s.now):
		g.Reason = s.Live.Reason
	}
}

// RequestRefresh is the status to write when a person presses the button; false if a
// press starts nothing now. Of two presses the second finds another state.
func RequestRefresh(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	if FindVisit(now, in).State != VisitStart {
		return st, false
	}
	st = *in.Connection.Status.DeepCopy()
	st.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, Time: *Past(now)}
	return st, true
}

// RequestObserve is the status to write when Flinks announced new data; false if
// nothing has to be written. What a person asked for is never replaced.
func RequestObserve(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	c := in.Connection
	if !c.DeletionTimestamp.IsZero() || c.Spec.Suspend || hasAttendedRequest(now, &c.Status) || isObserveRequested(&c.Status) {
		return st, false
	}
	st = *c.Status.DeepCopy()
	st.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayObserve, Time: *Past(now)}
	return st, true
}

// FinishVisit is the status to write when a person came through Flinks Connect; false
// if nothing has to be written. The question, if there was one, is answered.
func FinishVisit(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	if hasAttendedRequest(now, &in.Connection.Status) {
		return st, false
	}
	st, ok = RequestObserve(now, in)
	if !ok {
		st = *in.Connection.Status.DeepCopy()
	}
	r := st.Reconnect
	if r == nil || !in.Connection.DeletionTimestamp.IsZero() || (hasJustFinished(now, r) && r.SealedSession == "") {
		return st, ok
	}
	r.FinishTime, r.SealedSession = Past(now), ""
	return st, true
}

// gatewayInstants are the times at which what the gateway's page needs changes by the
// passing of time alone.
func (s *state) gatewayInstants() []time.Time {
	var times []time.Time
	st := s.st
	if g := st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayRefresh {
		times = append(times, g.Time.Add(maxAttendedRequestAge))
	}
	r := st.Reconnect
	if r == nil || !ByGateway(s.Connection) {
		return times
	}
	if r.FinishTime != nil {
		times = append(times, r.FinishTime.Add(processingTime))
	}
	if r.LinkExpirationTime != nil && s.Gateway != nil && !s.Connection.Spec.Suspend {
		times = append(times, r.LinkExpirationTime.Time)
	}
	return times
}
