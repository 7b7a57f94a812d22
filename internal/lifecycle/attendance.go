package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// LinkState is what a customer who opens the link finds, in the words of the link API.
type LinkState string

// The states that follow from a status.
const (
	LinkConnect     LinkState = "Connect"
	LinkStart       LinkState = "Start"
	LinkResume      LinkState = "Resume"
	LinkWorking     LinkState = "Working"
	LinkDone        LinkState = "Done"
	LinkWait        LinkState = "Wait"
	LinkUnavailable LinkState = "Unavailable"
	LinkBlocked     LinkState = "Blocked"
)

// attendedRetry is how long a customer waits at most before trying again after an error of
// the bank or of Flinks.
const attendedRetry = 5 * time.Minute

// LinkView is what a customer who opens the link finds.
type LinkView struct {
	State LinkState
	// Reason why the customer has to act, or cannot be helped; may be empty.
	Reason string
	// Until is when to try again; zero if that is not known.
	Until time.Time
}

// ViewLink returns what a customer who opens the link finds. It depends on
// objects alone and not on memory, so every replica finds the same.
func ViewLink(now time.Time, in Inputs) LinkView { return in.at(now).viewLink() }

func (s *state) viewLink() LinkView {
	v := s.baseView()
	g := s.st.Internal.GatewayRequest
	if g == nil || !isFresh(s.now, g) {
		return v
	}
	switch {
	case g.Action == v1alpha1.GatewayObserve && (v.State == LinkConnect || v.State == LinkStart || v.State == LinkWait):
		return LinkView{State: LinkWorking} // It may show that the customer need not act any more.
	case g.Action != v1alpha1.GatewayRefresh || v.State != LinkStart:
		return v
	case g.Reason != "":
		return LinkView{State: LinkUnavailable, Reason: g.Reason, Until: g.RequestTime.Add(maxAttendedRequestAge)}
	}
	return LinkView{State: LinkWorking}
}

// baseView returns what a customer finds if the page has no request in the status.
func (s *state) baseView() LinkView {
	st := s.st
	switch reason := s.administratorReason(); {
	case !s.Connection.DeletionTimestamp.IsZero(), reason != "":
		return LinkView{State: LinkBlocked, Reason: reason}
	case s.isAtWork():
		return LinkView{State: LinkWorking}
	case st.Reconnect == nil && st.Binding != nil:
		return LinkView{State: LinkDone}
	case !s.ByGateway():
		return LinkView{State: LinkBlocked}
	}
	if v, down := s.outage(); down {
		return v
	}
	if awaitsLogin(st) && s.now.Before(s.Instance.LinksPausedUntil) {
		return LinkView{State: LinkBlocked, Reason: v1alpha1.ReasonProofNotReturned}
	}
	if st.Binding == nil && !awaitsLogin(st) {
		return LinkView{State: LinkWorking} // The first observe is to come.
	}
	return s.customerOptions()
}

// isAtWork reports whether a live call is under way, or Flinks is fetching its data.
func (s *state) isAtWork() bool {
	st := s.st
	if s.Instance.Problem != "" {
		return false
	}
	claimed := refreshState(st) == v1alpha1.RefreshClaimed && st.Refresh.StartTime != nil &&
		s.now.Before(st.Refresh.StartTime.Add(ClaimLifetime+LiveCallTimeout))
	return claimed || isCollectingOwn(s.now, st) || isDispatched(s.now, st)
}

// outage returns what a customer finds while the instance, Flinks or the bank gives no
// usable answer.
func (s *state) outage() (v LinkView, down bool) {
	st := s.st
	v = LinkView{State: LinkUnavailable, Reason: v1alpha1.ReasonFlinksUnavailable}
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
		return LinkView{State: LinkBlocked, Reason: v1alpha1.ReasonRequestRejected}, true
	case Pending(s.now, st.NextObserveTime):
		v.Until = st.NextObserveTime.Time
	}
	return v, true
}

// retryTime returns when a customer may repeat a live call that failed for a reason that
// is not theirs; zero if none did. A session that expired was only waiting for the
// customer, and may be repeated at once.
func retryTime(st *v1alpha1.BankConnectionStatus) time.Time {
	if refreshState(st) != v1alpha1.RefreshFailed || !isOfResult(st) || hasErrorOf(st, flinks.ClassUser) {
		return time.Time{}
	}
	if st.LastError.Code == string(flinks.CodeSessionExpired) {
		return time.Time{}
	}
	pause := backoffOf(flinks.OpRefresh, flinks.Code(st.LastError.Code), flinks.Class(st.LastError.Class)).least
	return EndOf(&st.Refresh.LastResult.AnswerTime).Add(min(pause, attendedRetry))
}

// customerOptions returns what a customer who has to act can do.
func (s *state) customerOptions() LinkView {
	st := s.st
	r := st.Reconnect
	v := LinkView{State: LinkStart, Reason: r.Reason}
	switch until := s.openUntil(); {
	case canResume(s.now, st) && s.reconnects():
		v.State = LinkResume
	case hasJustFinished(s.now, r):
		return LinkView{State: LinkWorking}
	case s.now.Before(until):
		v.State, v.Until = LinkWait, until
	case sessionUnknown(st):
		return LinkView{State: LinkWorking} // The observe that finds out is to come.
	case needsConnect(r.Reason), s.needsCredentials(s.now), !s.reconnects():
		v.State = LinkConnect
	case s.now.Before(attendedUntil(s.now, st)):
		v.State, v.Until = LinkWait, attendedUntil(s.now, st)
	}
	return v
}

// openUntil returns when a session that may be open has ended; zero if none may be.
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
		until = Later(until, askedTime(st.Refresh).Add(time.Second+processingTime))
	}
	return until
}

// mayStart reports whether the customer clicked the button, and the page still says that a
// live session may start. It ignores the limits of the instance.
func (s *state) mayStart() bool {
	return hasAttendedRequest(s.now, s.st) && !s.isRevokedPress() && s.baseView().State == LinkStart
}

// keepAttendedRequest drops an attended request that is too old or starts nothing: the
// page then says what to do instead. If only the limits of the instance prevent it, the
// page shows their reason for as long as the request is fresh.
func (s *state) keepAttendedRequest() {
	g := s.st.Internal.GatewayRequest
	switch {
	case g == nil || g.Action == v1alpha1.GatewayObserve:
		return
	case g.Action != v1alpha1.GatewayRefresh, !isFresh(s.now, g), s.isRevokedPress(), s.baseView().State != LinkStart:
		s.st.Internal.GatewayRequest = nil
	case g.Reason == "" && s.Live.Defers(s.now):
		g.Reason = s.Live.Reason
	}
}

// RequestRefresh returns the status to write when the customer clicks the button; false if
// the click starts nothing now. After a second click the state is another one. The page may ask
// for an observe when it is shown, so a click that is faster waits for that observe.
func RequestRefresh(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	s := in.at(now)
	switch {
	case s.viewLink().State == LinkStart:
		st = *in.Connection.Status.DeepCopy()
		st.Internal.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, RequestTime: *Past(now)}
	case isObserveRequested(s.st) && s.baseView().State == LinkStart && clickTime(s.st) == nil:
		st = *in.Connection.Status.DeepCopy()
		st.Internal.GatewayRequest.ClickTime = Past(now)
	default:
		return st, false
	}
	return st, true
}

// RequestObserve returns the status to write when Flinks announced new data; false if
// nothing has to be written. It never replaces a request of the customer.
func RequestObserve(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	c := in.Connection
	if !c.DeletionTimestamp.IsZero() || in.at(now).isSuspended() || hasAttendedRequest(now, &c.Status) || isObserveRequested(&c.Status) {
		return st, false
	}
	st = *c.Status.DeepCopy()
	st.Internal.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayObserve, RequestTime: *Past(now)}
	return st, true
}

// FinishLink returns the status to write when the customer has gone through Flinks
// Connect; false if nothing has to be written. A question of the bank counts as answered.
func FinishLink(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	if hasAttendedRequest(now, &in.Connection.Status) || in.Instance.IsSuspended() {
		return st, false
	}
	st, ok = RequestObserve(now, in)
	if !ok {
		st = *in.Connection.Status.DeepCopy()
	}
	r := st.Reconnect
	if r == nil || !in.Connection.DeletionTimestamp.IsZero() || (hasJustFinished(now, r) && st.Internal.SealedSession == "") {
		return st, ok
	}
	r.FinishTime, st.Internal.SealedSession = Past(now), ""
	return st, true
}

// gatewayInstants returns the times at which the gateway's page changes without a change
// of an object.
func (s *state) gatewayInstants() []time.Time {
	var times []time.Time
	st := s.st
	if g := st.Internal.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayRefresh {
		times = append(times, g.RequestTime.Add(maxAttendedRequestAge))
	}
	r := st.Reconnect
	if r == nil || !s.ByGateway() {
		return times
	}
	if r.FinishTime != nil {
		times = append(times, r.FinishTime.Add(processingTime))
	}
	if isOnPage(st) && r.Link.ExpirationTime != nil && s.Gateway != nil && !s.Connection.Spec.Suspend {
		times = append(times, r.Link.ExpirationTime.Time)
	}
	return times
}
