package lifecycle_test

import (
	"slices"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// newPolled returns a connection whose live session AuthorizeAsync began, when the first poll is due.
func newPolled(t *testing.T) *fixture {
	s := newDue(t)
	s.refreshFails(background())
	s.IsAsync = true
	s.pass(lifecycle.CollectPoll)
	s.decides(lifecycle.Poll{})
	return s
}

func (s *fixture) polled(o lifecycle.Outcome) {
	s.t.Helper()
	o.Action, o.Identity = lifecycle.Poll{}, identity
	s.record(o)
}

// TestPollErrors: an answer ends the attempt only if it tells how the attempt ended, and the next live call waits
// for as long as Flinks may take, unless the answer was given in the session.
func TestPollErrors(t *testing.T) {
	forEachError(t, flinks.OpPollRefresh, func(t *testing.T, err *flinks.Error) {
		s := newPolled(t)
		began := s.status().Refresh.StartTime.Time
		s.polled(lifecycle.Outcome{Err: err})
		want := stateAfterPoll(err)
		if got := s.status().Refresh.State; got != want {
			t.Fatalf("the attempt is %s, not %s", got, want)
		}
		if want == v1alpha1.RefreshCollecting {
			return
		}
		least := 13 * time.Minute
		if want == v1alpha1.RefreshFailed && (!err.InSession || err.Code == flinks.CodeUnauthorized || err.Code == flinks.CodeAccessDenied) {
			least = 30 * time.Minute
		}
		if hold := notBefore(s).Sub(began); hold < least {
			t.Errorf("the session is waited for %v", hold)
		}
		if err.Class == flinks.ClassUser && want == v1alpha1.RefreshFailed {
			s.wantsCustomer(err.Code)
		}
		if err.Class == flinks.ClassPending && s.status().LastError != nil {
			t.Errorf("that it goes on is an error: %+v", s.status().LastError)
		}
	})
}

// stateAfterPoll returns what an answer to a poll makes of the attempt.
func stateAfterPoll(err *flinks.Error) v1alpha1.RefreshState {
	quiet := []flinks.Class{flinks.ClassPending, flinks.ClassThrottled, flinks.ClassInstance}
	refusals := []flinks.Class{flinks.ClassUser, flinks.ClassTransient, flinks.ClassGone}
	unclear := []flinks.Code{flinks.CodeConcurrentSession, flinks.CodeSessionExpired, flinks.CodeSessionNonexistent}
	switch {
	case slices.Contains(quiet, err.Class), err.Delivery != flinks.Answered, err.Code == flinks.CodeCardInUse:
		return v1alpha1.RefreshDispatched
	case err.Class == flinks.ClassData:
		return v1alpha1.RefreshCollecting
	case slices.Contains(refusals, err.Class) && !slices.Contains(unclear, err.Code) && (err.HTTPStatus < 500 || err.InSession):
		return v1alpha1.RefreshFailed
	}
	return v1alpha1.RefreshUnknown
}

// TestPollTellsTheOutcome as a call of Authorize would have.
func TestPollTellsTheOutcome(t *testing.T) {
	s := newPolled(t)
	s.polled(lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.now}})
	if got := s.status(); got.Refresh.State != v1alpha1.RefreshCollecting || !got.LastRefreshTime.Equal(ago(s, 0)) {
		t.Errorf("the attempt is %s, the data of %v", got.Refresh.State, got.LastRefreshTime)
	}
	s = newPolled(t)
	s.polled(lifecycle.Outcome{
		Authorization: &flinks.Authorization{State: flinks.ChallengePending, Challenges: []flinks.ChallengeType{flinks.ChallengeTextOrCall}},
		Link:          lifecycle.SessionLink{URL: link},
	})
	r := s.status().Reconnect
	if s.status().Refresh.State != v1alpha1.RefreshAwaitingUser || r == nil || r.Link.URL != link || !r.Question.IssueTime.Equal(ago(s, 0)) {
		t.Errorf("the attempt is %s, the customer is asked %+v", s.status().Refresh.State, r)
	}
}

// TestOutcomeOfAnotherAttempt: an outcome counts for the attempt that waits for it alone.
func TestOutcomeOfAnotherAttempt(t *testing.T) {
	s := newPolled(t)
	s.pass(31 * time.Minute)
	s.observeFails(replay(flinks.CodeRetryLater))
	before := *s.status()
	s.polled(lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.now}})
	if after := s.status(); after.Refresh.State != before.Refresh.State || after.LastRefreshTime.After(before.LastRefreshTime.Time) {
		t.Errorf("the attempt is %s, the data of %v", after.Refresh.State, after.LastRefreshTime)
	}
}

// TestLateQuestion: the customer has as much time for a question that comes late as for any other, and no live
// session starts meanwhile.
func TestLateQuestion(t *testing.T) {
	s := newPolled(t)
	s.pass(25 * time.Minute)
	s.polled(lifecycle.Outcome{
		Authorization: &flinks.Authorization{State: flinks.ChallengePending}, Link: lifecycle.SessionLink{URL: link},
	})
	asked := s.now
	s.request("late")
	for s.now.Sub(asked) < 25*time.Minute {
		if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) || lifecycle.RefusalOf(a).Reason != v1alpha1.ReasonSessionOpen {
			t.Fatalf("%+v after %v", a, s.now.Sub(asked))
		}
		s.recordAlone(lifecycle.Outcome{
			Action: lifecycle.Observe{}, Identity: identity,
			Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.status().LastRefreshTime.Time},
		})
		if got := s.status().Refresh.State; got != v1alpha1.RefreshAwaitingUser {
			t.Fatalf("the attempt is %s after %v", got, s.now.Sub(asked))
		}
		s.pass(time.Minute)
	}
}
