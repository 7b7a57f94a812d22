package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// RequeueAfter returns how long a connection has nothing to do; 0 if only a change of an
// object gives it work again.
func RequeueAfter(now time.Time, in Inputs) time.Duration { return in.at(now).requeueAfter() }

func (s *state) requeueAfter() time.Duration {
	if !Is[Wait](s.decide()) {
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

// questionInstants returns the times at which the bank's question, the Secret with the
// link to it and the customer's time to act end.
func (s *state) questionInstants() []time.Time {
	st := s.st
	times := []time.Time{s.SecretNotUntil}
	if r := st.Reconnect; r != nil && r.Question.ExpirationTime != nil {
		times = append(times, r.Question.ExpirationTime.Time)
	}
	if deadline, ok := s.deadline(); ok {
		times = append(times, deadline)
	}
	if r := st.Refresh; r != nil && r.NotBefore != nil && st.Internal.LinkSecretName != "" {
		times = append(times, r.NotBefore.Time)
	}
	return times
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
	times = append(times, s.questionInstants()...)
	if !s.Connection.DeletionTimestamp.IsZero() {
		times = append(times, s.partingInstants()...)
		return append(times, s.NotUntil, s.Calls.Until)
	}
	times = append(times, expiryInstants(st)...)
	times = append(times, s.gatewayInstants()...)
	times = append(times, s.journeyInstants()...)
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
		times = append(times, st.Refresh.LastResult.AnswerTime.Add(processingTime))
	}
	add(st.NextRefreshTime)
	add(st.NextObserveTime)
	return append(times, s.NotUntil, s.Calls.Until, s.Live.Until)
}
