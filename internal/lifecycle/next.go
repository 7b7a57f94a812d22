package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// immediately is how soon a reconcile follows another that left work over.
	immediately = time.Second
	// blockedLook is how often a connection is looked at that another object keeps from
	// calling. Watches tell when that changes; one event that is lost must not strand it.
	blockedLook = 10 * time.Minute
)

// Pace is how long to leave an action be that came out like this, when the
// status does not say so: 0 if the status does.
func Pace(now time.Time, w World, o Outcome) time.Duration {
	st := w.status()
	switch o.Action.Kind {
	case Withdraw:
		return secretPace(now, st, o)
	case ClaimDeletion, UnclaimDeletion:
		return 0
	case Delete, Confirm:
		if w.isInDoubt() {
			return 0
		}
		return deletionPace(now, st, o)
	case Schedule:
		if !w.Connection.DeletionTimestamp.IsZero() {
			return deletionPace(now, st, o)
		}
		return callPace(now, w, o)
	case Observe:
		if o.Undelivered != "" && w.handOffDue() {
			return secretPace(now, st, o)
		}
		return callPace(now, w, o)
	default:
		return callPace(now, w, o)
	}
}

// callPace is how long to leave a connection be that stays, after a call or the lack of
// one.
func callPace(now time.Time, w World, o Outcome) time.Duration {
	st := w.status()
	switch {
	case o.Problem != "" && st.LastError != nil:
		return problemBackoff.after(now.Sub(st.LastError.Time.Time))
	case o.Action.Kind == Observe && o.Err != nil && !isReplay(o.Err) && st.NextObserveTime != nil:
		return max(st.NextObserveTime.Sub(now), immediately)
	case hasFinished(now, st):
		return answerBackoff.after(now.Sub(st.Reconnect.FinishTime.Time) / 4)
	case o.Problem != "" && awaitsLogin(st) && st.Reconnect.StartTime != nil:
		return loginBackoff.after(now.Sub(st.Reconnect.StartTime.Time))
	case isCollecting(now, st):
		return collectPace(now, w, o)
	case isDispatched(now, st):
		return dispatchedPace(now, w, o)
	case awaitsAnswer(now, st):
		return answerBackoff.after(now.Sub(st.Refresh.StartTime.Time) / 4)
	}
	return 0
}

// collectPace is the pace that Flinks wants while it fetches the data, and grows
// with the time that this has been going wrong.
func collectPace(now time.Time, w World, o Outcome) time.Duration {
	switch {
	case o.Action.Kind == Collect && o.Err == nil:
		return CollectPoll
	case o.Action.Kind == Collect, !w.HasSession:
		pace := backoffOf(Collect, "", "").after(now.Sub(w.status().Refresh.LastResult.Time.Time) / 2)
		return max(pace, retryAfter(o.Err))
	}
	return 0
}

// dispatchedPace is the pace that Flinks wants while it is at work in the background,
// and that of waiting where its RequestId is lost.
func dispatchedPace(now time.Time, w World, o Outcome) time.Duration {
	lasted := now.Sub(w.status().Refresh.LastResult.Time.Time)
	if o.Action.Kind == Observe {
		return answerBackoff.after(lasted / 4)
	}
	if o.Err != nil && o.Action.Kind == Collect {
		return max(backoffOf(Collect, "", "").after(lasted/2), o.Err.RetryAfter)
	}
	return CollectPoll
}

// Next is how long nothing will have to be done for a connection; 0 if nothing
// but a change of an object gives it work again.
func Next(now time.Time, w World) time.Duration {
	if Decide(now, w).Kind != Wait {
		return immediately
	}
	var next time.Time
	for _, t := range w.instants(now) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if next.IsZero() {
		return 0
	}
	return max(next.Sub(now), immediately)
}

// instants are the times at which a decision or the status may change by the
// passing of time alone.
func (w World) instants(now time.Time) []time.Time {
	st := w.status()
	var times []time.Time
	add := func(t *metav1.Time) {
		if t != nil {
			times = append(times, t.Time)
		}
	}
	if st.Reconnect != nil {
		add(st.Reconnect.ExpirationTime)
	}
	if deadline, ok := w.deadline(); ok {
		times = append(times, deadline)
	}
	if mayBeInSecret(st) {
		add(st.Refresh.NotBefore)
	}
	times = append(times, w.WithdrawNotUntil)
	if !w.Connection.DeletionTimestamp.IsZero() {
		times = append(times, w.partingInstants(now)...)
		return append(times, w.NotUntil, w.Calls.Until)
	}
	times = append(times, expiryInstants(st)...)
	times = append(times, w.gatewayInstants()...)
	if w.blocked() == v1alpha1.ReasonSuspended {
		if st.Nightly != nil {
			add(st.NextObserveTime) // which is when it is switched off, if that failed.
			times = append(times, w.NotUntil)
		}
		return times
	}
	if st.LastRefreshTime != nil {
		times = append(times, st.LastRefreshTime.Add(w.policy().maxDataAge))
	}
	if st.NextRefreshTime != nil {
		add(st.CredentialsExpiryTime) // which ends the plan.
	}
	if w.blocked() != "" {
		return append(times, now.Add(blockedLook), w.NotUntil)
	}
	if st.Refresh != nil {
		add(st.Refresh.NotBefore)
	}
	if st.Binding != nil {
		add(st.Binding.NotBefore)
	}
	if isCollecting(now, st) || isDispatched(now, st) {
		times = append(times, st.Refresh.LastResult.Time.Add(processingTime))
	}
	add(st.NextRefreshTime)
	add(st.NextObserveTime)
	return append(times, w.NotUntil, w.Calls.Until, w.Live.Until)
}
