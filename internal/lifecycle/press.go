package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// maxPressAge is how old a press of the button may be when the live session
	// starts: whoever pressed it is still there.
	maxPressAge = time.Minute

	attendedLimit  = 5
	attendedWindow = 24 * time.Hour
)

// RequestRefresh is the status to write when a person presses the button; false if a
// press starts nothing now. Of two presses the second finds another state.
func RequestRefresh(now time.Time, w World) (st v1alpha1.BankConnectionStatus, ok bool) {
	if FindVisit(now, w).State != VisitStart {
		return st, false
	}
	st = *w.status().DeepCopy()
	st.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, Time: *past(now)}
	return st, true
}

// RequestObserve is the status to write when Flinks announced new data; false if
// nothing has to be written. What a person asked for is never replaced.
func RequestObserve(now time.Time, w World) (st v1alpha1.BankConnectionStatus, ok bool) {
	if !w.Connection.DeletionTimestamp.IsZero() || w.Connection.Spec.Suspend || isPressed(now, w.status()) || w.isLookAsked() {
		return st, false
	}
	st = *w.status().DeepCopy()
	st.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayObserve, Time: *past(now)}
	return st, true
}

// FinishVisit is the status to write when a person came through Flinks Connect; false
// if nothing has to be written. The question, if there was one, is answered.
func FinishVisit(now time.Time, w World) (st v1alpha1.BankConnectionStatus, ok bool) {
	if isPressed(now, w.status()) {
		return st, false
	}
	st, ok = RequestObserve(now, w)
	if !ok {
		st = *w.status().DeepCopy()
	}
	r := st.Reconnect
	if r == nil || !w.Connection.DeletionTimestamp.IsZero() || (hasJustFinished(now, r) && r.SealedSession == "") {
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

// isLookAsked is true if an observe is asked for.
func (w World) isLookAsked() bool {
	g := w.status().GatewayRequest
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
func (w World) mayStart(now time.Time) bool {
	return isPressed(now, w.status()) && w.visit(now).State == VisitStart
}

// isAttended is true if a person started the newest live session on their page.
func isAttended(st *v1alpha1.BankConnectionStatus) bool {
	return st.Refresh != nil && isNewest(st.Refresh.AttendedTimes, st.Refresh.StartTime)
}

// keepPress drops a press that nobody waits for any more, or that starts nothing: the
// page says what there is to do instead. Where only the limits of the instance are in
// the way, the reason is kept for the page, as long as somebody looks at it.
func keepPress(now time.Time, w World, st *v1alpha1.BankConnectionStatus) {
	g := st.GatewayRequest
	switch {
	case g == nil || g.Action == v1alpha1.GatewayObserve:
		return
	case g.Action != v1alpha1.GatewayRefresh, !isFresh(now, g), w.with(*st).visit(now).State != VisitStart:
		st.GatewayRequest = nil
	case g.Reason == "" && w.Live.holds(now):
		g.Reason = w.Live.Reason
	}
}

// consumePress: one press starts one live session, and is gone with the claim for it.
func consumePress(st *v1alpha1.BankConnectionStatus) {
	if g := st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayRefresh {
		st.GatewayRequest = nil
	}
	if st.Reconnect != nil {
		st.Reconnect.FinishTime = nil
	}
}

// answerLook: whatever an observe brought answers those who asked for one.
func answerLook(st *v1alpha1.BankConnectionStatus, o Outcome) {
	answered := o.Problem != "" || o.Err != nil || o.Authorization != nil || o.Superseded
	if g := st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayObserve && o.Action.Kind == Observe && answered {
		st.GatewayRequest = nil
	}
}

// closeGateway: nobody does anything on the page of an object that goes.
func closeGateway(st *v1alpha1.BankConnectionStatus) {
	st.GatewayRequest = nil
	if st.Reconnect != nil {
		st.Reconnect.SealedSession = ""
	}
}

// gatewayInstants are the times at which what the gateway's page needs changes by the
// passing of time alone.
func (w World) gatewayInstants() []time.Time {
	var times []time.Time
	st := w.status()
	if g := st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayRefresh {
		times = append(times, g.Time.Add(maxPressAge))
	}
	r := st.Reconnect
	if r == nil || !ByGateway(w.Connection) {
		return times
	}
	if r.FinishTime != nil {
		times = append(times, r.FinishTime.Add(processingTime))
	}
	if r.LinkExpirationTime != nil && w.Gateway != nil && !w.Connection.Spec.Suspend {
		times = append(times, r.LinkExpirationTime.Time)
	}
	return times
}
