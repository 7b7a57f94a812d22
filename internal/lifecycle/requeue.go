package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// blockedLook is how often a connection that another object blocks is reconciled. Watches
// report that object's changes; this covers an event that was lost.
const blockedLook = 10 * time.Minute

// RetryDelay returns how long to wait after an action with this outcome, if the status
// does not say so; 0 if it does.
func RetryDelay(now time.Time, in Inputs, o Outcome) time.Duration { return in.at(now).retryDelay(o) }

func (s *state) retryDelay(o Outcome) time.Duration {
	st := s.st
	switch o.Action.Kind {
	case RevokeSecret:
		return secretDelay(s.now, st, o)
	case ClaimDeletion, UnclaimDeletion:
		return 0
	case Delete, Confirm:
		if s.isInDoubt() {
			return 0
		}
		return deletionDelay(s.now, st, o)
	case SetNightlyRefresh:
		if !s.Connection.DeletionTimestamp.IsZero() {
			return deletionDelay(s.now, st, o)
		}
		return s.callDelay(o)
	case Observe:
		if o.Undelivered != "" && s.handOffDue() {
			return secretDelay(s.now, st, o)
		}
		return s.callDelay(o)
	default:
		return s.callDelay(o)
	}
}

// callDelay returns how long to wait after a call, or after a problem that prevented it,
// for a connection that is not being deleted.
func (s *state) callDelay(o Outcome) time.Duration {
	st := s.st
	switch {
	case o.Problem != "" && st.LastError != nil:
		return problemBackoff.after(s.now.Sub(st.LastError.Time.Time))
	case o.Action.Kind == Observe && o.Err != nil && !isReplay(o.Err) && st.NextObserveTime != nil:
		return max(st.NextObserveTime.Sub(s.now), immediately)
	case hasFinished(s.now, st):
		return answerBackoff.after(s.now.Sub(st.Reconnect.FinishTime.Time) / 4)
	case o.Problem != "" && awaitsLogin(st) && st.Reconnect.StartTime != nil:
		return loginBackoff.after(s.now.Sub(st.Reconnect.StartTime.Time))
	case isCollecting(s.now, st):
		return s.collectDelay(o)
	case isDispatched(s.now, st):
		return s.dispatchedDelay(o)
	case awaitsAnswer(s.now, st):
		return answerBackoff.after(s.now.Sub(st.Refresh.StartTime.Time) / 4)
	}
	return 0
}

// collectDelay returns the poll interval that Flinks wants while it fetches the data; it
// grows with the time for which the polls have failed.
func (s *state) collectDelay(o Outcome) time.Duration {
	switch {
	case o.Action.Kind == Collect && o.Err == nil:
		return CollectPoll
	case o.Action.Kind == Collect, !s.HasSession:
		pace := backoffOf(Collect, "", "").after(s.now.Sub(s.st.Refresh.LastResult.Time.Time) / 2)
		return max(pace, retryAfter(o.Err))
	}
	return 0
}

// dispatchedDelay returns the poll interval that Flinks wants while it works in the
// background, and a growing one if the RequestId is lost.
func (s *state) dispatchedDelay(o Outcome) time.Duration {
	lasted := s.now.Sub(s.st.Refresh.LastResult.Time.Time)
	if o.Action.Kind == Observe {
		return answerBackoff.after(lasted / 4)
	}
	if o.Err != nil && o.Action.Kind == Collect {
		return max(backoffOf(Collect, "", "").after(lasted/2), o.Err.RetryAfter)
	}
	return CollectPoll
}

// RequeueAfter returns how long a connection has nothing to do; 0 if only a change of an
// object gives it work again.
func RequeueAfter(now time.Time, in Inputs) time.Duration { return in.at(now).requeueAfter() }

func (s *state) requeueAfter() time.Duration {
	if s.decide().Kind != Wait {
		return immediately
	}
	var next time.Time
	for _, t := range s.instants() {
		if t.After(s.now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if next.IsZero() {
		return 0
	}
	return max(next.Sub(s.now), immediately)
}

// instants returns the times at which a decision or the status may change without a change
// of an object.
func (s *state) instants() []time.Time {
	st := s.st
	var times []time.Time
	add := func(t *metav1.Time) {
		if t != nil {
			times = append(times, t.Time)
		}
	}
	if st.Reconnect != nil {
		add(st.Reconnect.ExpirationTime)
	}
	if deadline, ok := s.deadline(); ok {
		times = append(times, deadline)
	}
	if mayBeInSecret(st) {
		add(st.Refresh.NotBefore)
	}
	times = append(times, s.RevokeNotUntil)
	if !s.Connection.DeletionTimestamp.IsZero() {
		times = append(times, s.partingInstants()...)
		return append(times, s.NotUntil, s.Calls.Until)
	}
	times = append(times, expiryInstants(st)...)
	times = append(times, s.gatewayInstants()...)
	if s.blocked() == v1alpha1.ReasonSuspended {
		if st.Nightly != nil {
			add(st.NextObserveTime) // which is when it is switched off, if that failed.
			times = append(times, s.NotUntil)
		}
		return times
	}
	if st.LastRefreshTime != nil {
		times = append(times, st.LastRefreshTime.Add(s.policy().maxDataAge))
	}
	if st.NextRefreshTime != nil {
		add(st.CredentialsExpiryTime) // which ends the plan.
	}
	if s.blocked() != "" {
		return append(times, s.now.Add(blockedLook), s.NotUntil)
	}
	if st.Refresh != nil {
		add(st.Refresh.NotBefore)
	}
	if st.Binding != nil {
		add(st.Binding.NotBefore)
	}
	if isCollecting(s.now, st) || isDispatched(s.now, st) {
		times = append(times, st.Refresh.LastResult.Time.Add(processingTime))
	}
	add(st.NextRefreshTime)
	add(st.NextObserveTime)
	return append(times, s.NotUntil, s.Calls.Until, s.Live.Until)
}
