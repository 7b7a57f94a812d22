package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// maxPressAge is how old a press of the button may be when the live session starts: the
// person who pressed it is still in front of the page.
const maxPressAge = time.Minute

const (
	attendedLimit  = 5
	attendedWindow = 24 * time.Hour
)

// RequestRefresh is the status to write when a person presses the button; false if a
// press starts nothing now. Of two presses the second finds another state.
func RequestRefresh(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	if FindVisit(now, in).State != VisitStart {
		return st, false
	}
	st = *in.Connection.Status.DeepCopy()
	st.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, Time: *past(now)}
	return st, true
}

// RequestObserve is the status to write when Flinks announced new data; false if
// nothing has to be written. What a person asked for is never replaced.
func RequestObserve(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	c := in.Connection
	if !c.DeletionTimestamp.IsZero() || c.Spec.Suspend || isPressed(now, &c.Status) || isLookAsked(&c.Status) {
		return st, false
	}
	st = *c.Status.DeepCopy()
	st.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayObserve, Time: *past(now)}
	return st, true
}

// FinishVisit is the status to write when a person came through Flinks Connect; false
// if nothing has to be written. The question, if there was one, is answered.
func FinishVisit(now time.Time, in Inputs) (st v1alpha1.BankConnectionStatus, ok bool) {
	if isPressed(now, &in.Connection.Status) {
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
	r.FinishTime, r.SealedSession = past(now), ""
	return st, true
}

// hasJustFinished is true while it is likely that Flinks will yet show that the person
// came back.
func hasJustFinished(now time.Time, r *v1alpha1.ReconnectStatus) bool {
	return r.FinishTime != nil && now.Before(r.FinishTime.Add(finishPatience))
}

// isFresh is true if whoever asked for something is still there.
func isFresh(now time.Time, g *v1alpha1.GatewayRequest) bool {
	age := now.Sub(g.Time.Time)
	return -maxPressAge <= age && age < maxPressAge
}

// isPressed is true if a person pressed the button and nothing came of it yet.
func isPressed(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	g := st.GatewayRequest
	return g != nil && g.Action == v1alpha1.GatewayRefresh && g.Reason == "" && isFresh(now, g)
}

// isLookAsked reports whether an observe is asked for.
func isLookAsked(st *v1alpha1.BankConnectionStatus) bool {
	g := st.GatewayRequest
	return g != nil && g.Action == v1alpha1.GatewayObserve
}

// ByGateway is true if the person's link leads to the gateway.
func ByGateway(c *v1alpha1.BankConnection) bool {
	return c.Spec.Reconnect != nil && c.Spec.Reconnect.Delivery == v1alpha1.DeliverByGateway
}

// awaitsLogin is true while a person is wanted because there is no login yet.
func awaitsLogin(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil && st.Reconnect.Reason == v1alpha1.ReasonConnectRequired
}

// attendedUntil is when the limit of live sessions that persons start allows the next
// one; zero if it does now.
func attendedUntil(now time.Time, st *v1alpha1.BankConnectionStatus) time.Time {
	var recent []metav1.Time
	if st.Refresh != nil {
		for _, t := range st.Refresh.AttendedTimes {
			if now.Before(endOf(&t).Add(attendedWindow)) {
				recent = append(recent, t)
			}
		}
	}
	if len(recent) < attendedLimit {
		return time.Time{}
	}
	return endOf(&recent[len(recent)-attendedLimit]).Add(attendedWindow)
}

// mayStart is true if a person pressed the button, and their page still says that a
// live session may start. What the limits of the instance say is no part of that.
func (s *state) mayStart() bool {
	return isPressed(s.now, s.st) && s.visit().State == VisitStart
}

// isAttended is true if a person started the newest live session on their page.
func isAttended(st *v1alpha1.BankConnectionStatus) bool {
	return st.Refresh != nil && isNewest(st.Refresh.AttendedTimes, st.Refresh.StartTime)
}

// keepPress drops a press that nobody waits for any more, or that starts nothing: the
// page says what there is to do instead. Where only the limits of the instance are in
// the way, the reason is kept for the page, as long as somebody looks at it.
func (s *state) keepPress() {
	g := s.st.GatewayRequest
	switch {
	case g == nil || g.Action == v1alpha1.GatewayObserve:
		return
	case g.Action != v1alpha1.GatewayRefresh, !isFresh(s.now, g), s.visit().State != VisitStart:
		s.st.GatewayRequest = nil
	case g.Reason == "" && s.Live.holds(s.now):
		g.Reason = s.Live.Reason
	}
}

// consumePress: one press starts one live session, and is gone with the claim for it.
func (s *state) consumePress() {
	if g := s.st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayRefresh {
		s.st.GatewayRequest = nil
	}
	if s.st.Reconnect != nil {
		s.st.Reconnect.FinishTime = nil
	}
}

// answerLook: whatever an observe brought answers those who asked for one.
func (s *state) answerLook(o Outcome) {
	answered := o.Problem != "" || o.Err != nil || o.Authorization != nil || o.Superseded
	if g := s.st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayObserve && o.Action.Kind == Observe && answered {
		s.st.GatewayRequest = nil
	}
}

// closeGateway: nobody does anything on the page of an object that goes.
func (s *state) closeGateway() {
	s.st.GatewayRequest = nil
	if s.st.Reconnect != nil {
		s.st.Reconnect.SealedSession = ""
	}
}

// gatewayInstants are the times at which what the gateway's page needs changes by the
// passing of time alone.
func (s *state) gatewayInstants() []time.Time {
	var times []time.Time
	st := s.st
	if g := st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayRefresh {
		times = append(times, g.Time.Add(maxPressAge))
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
