package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Remember returns the memory of a connection after an outcome was recorded. What the
// process holds of a session, and what it was told meanwhile, is as in the inputs.
func Remember(now time.Time, in Inputs, o Outcome) Memory {
	s, m := in.at(now), in.Memory
	m.Look = s.lookAfter(o)
	switch o.Action.(type) {
	case Wait:
	case DeliverLink, RevokeSecret:
		m.SecretNotUntil = s.notUntil(o)
	default:
		m.NotUntil = s.notUntil(o)
	}
	return m
}

// notUntil returns the earliest time of an action like the one of an outcome; zero if
// nothing but the status holds it back.
func (s *state) notUntil(o Outcome) time.Time {
	if delay := s.retryDelay(o); delay > 0 {
		return s.now.Add(delay)
	}
	return time.Time{}
}

// retryDelay returns how long to wait after an action with this outcome, if the status
// does not say so; 0 if it does.
func (s *state) retryDelay(o Outcome) time.Duration {
	st := s.st
	switch o.Action.(type) {
	case DeliverLink, RevokeSecret:
		return secretDelay(s.now, st, o.Delivery)
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
		if o.Delivery.Problem != "" && s.handOffDue() {
			return secretDelay(s.now, st, o.Delivery)
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
		return problemBackoff.after(s.now.Sub(st.LastError.StartTime.Time))
	case Is[Observe](o.Action) && o.Err != nil && !isReplay(o.Err) && st.NextObserveTime != nil:
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
		return answerBackoff.after(s.now.Sub(askedTime(st.Refresh)) / 4)
	}
	return 0
}

// collectDelay returns the poll interval that Flinks wants while it fetches the data; it
// grows with the time for which the polls have failed.
func (s *state) collectDelay(o Outcome) time.Duration {
	switch {
	case Is[Collect](o.Action) && o.Err == nil:
		return CollectPoll
	case Is[Collect](o.Action), !s.HasSession:
		delay := backoffOf(flinks.OpGetAccountsDetail, "", "").after(s.now.Sub(s.st.Refresh.LastResult.AnswerTime.Time) / 2)
		return max(delay, retryAfter(o.Err))
	}
	return 0
}

// dispatchedDelay returns the poll interval that Flinks wants while it works in the
// background, and a growing one if the RequestId is lost.
func (s *state) dispatchedDelay(o Outcome) time.Duration {
	lasted := s.now.Sub(s.st.Refresh.LastResult.AnswerTime.Time)
	if Is[Observe](o.Action) {
		return answerBackoff.after(lasted / 4)
	}
	if o.Err != nil && o.Err.Class != flinks.ClassPending && (Is[Collect](o.Action) || Is[Poll](o.Action)) {
		return max(backoffOf(flinks.OpGetAccountsDetail, "", "").after(lasted/2), o.Err.RetryAfter)
	}
	return CollectPoll
}
