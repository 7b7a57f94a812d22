package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// fault returns what Flinks says of a live session when it breaks down over it.
func fault(code flinks.Code, inSession bool) *flinks.Error {
	err := refusal(flinks.OpRefresh, code, inSession)
	err.HTTPStatus = 500
	return err
}

// TestDefiniteAnswerIsRecordedAtOnce: a known code with a RequestId is Flinks' word on
// the session, whatever the HTTP status. The next live call waits for as long as it does
// after a lost answer.
func TestDefiniteAnswerIsRecordedAtOnce(t *testing.T) {
	for name, row := range map[string]struct {
		err    *flinks.Error
		state  v1alpha1.RefreshState
		result v1alpha1.RequestResult
	}{
		"a fault of Flinks":                  {fault(flinks.CodeAggregationError, true), v1alpha1.RefreshFailed, v1alpha1.RequestFailed},
		"the bank is down, by a 500":         {fault(flinks.CodeRetryLater, true), v1alpha1.RefreshFailed, v1alpha1.RequestFailed},
		"the bank refused, by a 500":         {fault(flinks.CodeInvalidPassword, true), v1alpha1.RefreshFailed, v1alpha1.RequestUserActionRequired},
		"a fault that names no session":      {fault(flinks.CodeAggregationError, false), v1alpha1.RefreshUnknown, v1alpha1.RequestUnknown},
		"an unknown code":                    {fault(flinks.CodeUnrecognized, true), v1alpha1.RefreshUnknown, v1alpha1.RequestUnknown},
		"no answer":                          {noAnswer(flinks.OpRefresh), v1alpha1.RefreshUnknown, v1alpha1.RequestUnknown},
		"sent to the background":             {background(), v1alpha1.RefreshDispatched, v1alpha1.RequestInProgress},
		"sent to the background, but where?": {refusal(flinks.OpRefresh, flinks.CodeOperationDispatched, false), v1alpha1.RefreshUnknown, v1alpha1.RequestUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.request("1")
			claimed := s.now
			s.refreshFails(row.err)
			if got := s.status().Refresh.State; got != row.state {
				t.Errorf("the attempt is %s, not %s", got, row.state)
			}
			s.hasAnswer("1", row.result, "")
			s.request("2")
			for s.now.Before(claimed.Add(hold)) {
				if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) || lifecycle.RefusalOf(a).Reason != v1alpha1.ReasonSessionOpen {
					t.Fatalf("%+v after %v", a, s.now.Sub(claimed))
				}
				s.pass(10 * time.Second)
			}
		})
	}
}

// TestLostAnswerOfABackgroundSession: an answer that was lost may have been a 202. Flinks then goes on
// for half an hour, and meanwhile repeats what came before.
func TestLostAnswerOfABackgroundSession(t *testing.T) {
	for name, observe := range map[string]func(*fixture){
		"an older failure": func(s *fixture) { s.observeFails(replay(flinks.CodeQuestionNotFound)) },
		"an older success": func(s *fixture) { s.observed(s.status().LastRefreshTime.Time) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			claimed := s.now
			s.refreshFails(noAnswer(flinks.OpRefresh))
			s.passUntil(notBefore(s))
			observe(s)
			s.request("1")
			for s.now.Before(claimed.Add(35 * time.Minute)) {
				if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) {
					t.Fatalf("a live call %v after the lost one", s.now.Sub(claimed))
				}
				s.pass(10 * time.Second)
			}
		})
	}
}

// TestFaultIsRetriedNoSoonerThanItsSessionEnds: that the fault is known at once brings the
// next live call no nearer.
func TestFaultIsRetriedNoSoonerThanItsSessionEnds(t *testing.T) {
	known := newDue(t)
	known.refreshFails(fault(flinks.CodeAggregationError, true))
	if got, end := known.status().NextRefreshTime, known.now.Add(hold); got == nil || got.Time.Before(end) {
		t.Errorf("the next refresh is planned for %v, and the session may be open until %v", got, end)
	}
	known.quietFor(hold)
	if n := len(known.status().Internal.UnattendedTimes); n != 1 {
		t.Errorf("%d sessions count as having contacted the customer", n)
	}
}

// newDispatched returns a connection whose live call Flinks sent to the background.
func newDispatched(t *testing.T) *fixture {
	t.Helper()
	s := newDue(t)
	s.request("1")
	s.refreshFails(background())
	return s
}

// TestDispatchedCallIsFollowed at the pace that Flinks wants, to its end.
func TestDispatchedCallIsFollowed(t *testing.T) {
	s := newDispatched(t)
	s.quietFor(lifecycle.CollectPoll - time.Second)
	s.pass(time.Second)
	for range 100 {
		s.decides(collects)
		before := s.Connection
		s.collected(flinks.AccountsDetail{Pending: true})
		if before != s.Connection && s.status().Refresh.State != v1alpha1.RefreshDispatched {
			t.Fatalf("the attempt is %s", s.status().Refresh.State)
		}
		s.pass(lifecycle.CollectPoll)
	}
	s.hasAnswer("1", v1alpha1.RequestInProgress, "")
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	s.hasAnswer("1", v1alpha1.RequestSucceeded, "")
	if got := s.status().Refresh; got.State != v1alpha1.RefreshSucceeded || s.status().Internal.UnattendedTimes != nil || got.LastResult.FlinksCode != "OK" {
		t.Errorf("the attempt is %+v", got)
	}
	if !s.status().LastRefreshTime.Equal(ago(s, 0)) || len(s.status().Accounts) == 0 {
		t.Errorf("the data is of %v", s.status().LastRefreshTime)
	}
}

// TestDispatchedCallThatEndsOtherwise: what the end of it was is read back by an observe
// once the session must be over, unless Flinks says it for certain.
func TestDispatchedCallThatEndsOtherwise(t *testing.T) {
	for name, row := range map[string]struct {
		err    *flinks.Error
		state  v1alpha1.RefreshState
		result v1alpha1.RequestResult
	}{
		"the bank refused":                   {refusal(flinks.OpGetAccountsDetailAsync, flinks.CodeInvalidPassword, true), v1alpha1.RefreshFailed, v1alpha1.RequestUserActionRequired},
		"the bank has not let Flinks in yet": {refusal(flinks.OpGetAccountsDetailAsync, flinks.CodeUnauthorized, true), v1alpha1.RefreshUnknown, v1alpha1.RequestUnknown},
		"Flinks forgot":                      {refusal(flinks.OpGetAccountsDetailAsync, flinks.CodeSessionExpired, true), v1alpha1.RefreshUnknown, v1alpha1.RequestUnknown},
		"a fault of Flinks":                  {refusal(flinks.OpGetAccountsDetailAsync, flinks.CodeAggregationError, true), v1alpha1.RefreshUnknown, v1alpha1.RequestUnknown},
		"thin data":                          {refusal(flinks.OpGetAccountsDetailAsync, flinks.CodeNoTransaction, true), v1alpha1.RefreshSucceeded, v1alpha1.RequestSucceeded},
		"no answer":                          {noAnswer(flinks.OpGetAccountsDetailAsync), v1alpha1.RefreshDispatched, v1alpha1.RequestInProgress},
		"throttled":                          {refusal(flinks.OpGetAccountsDetailAsync, flinks.CodeTooManyRequests, false), v1alpha1.RefreshDispatched, v1alpha1.RequestInProgress},
		"the api key is refused":             {refusal(flinks.OpGetAccountsDetailAsync, flinks.CodeUnauthorized, false), v1alpha1.RefreshDispatched, v1alpha1.RequestInProgress},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDispatched(t)
			claimed := s.now
			s.pass(lifecycle.CollectPoll)
			s.collectFails(row.err)
			if got := s.status().Refresh.State; got != row.state {
				t.Errorf("the attempt is %s, not %s", got, row.state)
			}
			s.hasAnswer("1", row.result, "")
			s.request("2")
			for s.now.Before(claimed.Add(hold - 10*time.Second)) {
				if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) {
					t.Fatalf("another live call after %v", s.now.Sub(claimed))
				}
				s.pass(10 * time.Second)
			}
		})
	}
}

// TestDispatchedCallWhoseRequestIdIsLost by a restart is looked for by observes, for as
// long as Flinks may be at work on it. What they repeat may be older than the call.
func TestDispatchedCallWhoseRequestIdIsLost(t *testing.T) {
	s := newDispatched(t)
	dispatched := s.now
	s.restart()
	older := []func(*fixture){olderData, func(s *fixture) { s.observeFails(replay(flinks.CodeRetryLater)) }}
	for i := 0; s.now.Before(dispatched.Add(29 * time.Minute)); i++ {
		s.decides(observes)
		older[i%2](s)
		if s.status().Refresh.State != v1alpha1.RefreshDispatched {
			t.Fatalf("given up after %v", s.now.Sub(dispatched))
		}
		s.pass(2 * time.Minute)
	}
	s.request("2")
	if got := lifecycle.RefusalOf(lifecycle.Decide(s.now, s.Inputs)).Reason; got != v1alpha1.ReasonSessionOpen {
		t.Errorf("a request is refused for %q", got)
	}
	s.observed(s.now)
	if got := s.status().Refresh.State; got != v1alpha1.RefreshCollecting {
		t.Errorf("the data is there, and the attempt is %s", got)
	}
	s.quietFor(2*time.Minute, lifecycle.Collect{})
}

// TestDispatchedCallThatLeavesNoTrace is over after the half hour that Flinks may take.
func TestDispatchedCallThatLeavesNoTrace(t *testing.T) {
	s := newDispatched(t)
	s.pass(31 * time.Minute)
	s.decides(observes)
	olderData(s)
	if got := s.status().Refresh.State; got != v1alpha1.RefreshFailed {
		t.Errorf("the attempt is %s", got)
	}
	s.hasAnswer("1", v1alpha1.RequestFailed, "")
}

// TestSessionOfAnObserveIsNotThatOfADispatchedCall: only the RequestId of the live call
// tells what became of it.
func TestSessionOfAnObserveIsNotThatOfADispatchedCall(t *testing.T) {
	s := newDispatched(t)
	for a, want := range map[lifecycle.Action]bool{starts: true, collects: true, waits: true, observes: false} {
		if got := lifecycle.WantsSession(s.status(), lifecycle.Outcome{Action: a}); got != want {
			t.Errorf("after %T: %v", a, got)
		}
	}
}
