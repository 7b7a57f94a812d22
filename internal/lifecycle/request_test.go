package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func (s *fixture) hasAnswer(value string, result v1alpha1.RequestResult, reason string) {
	s.t.Helper()
	want := &v1alpha1.HandledRequest{Value: value, Result: result, Reason: reason}
	if diff := cmp.Diff(want, s.status().LastHandledRequest); diff != "" {
		s.t.Fatalf("the answer to a request (-want +got):\n%s", diff)
	}
}

// TestRequestIsAnsweredOnce follows one request through each way that it can go,
// and makes sure that it starts no second live session.
func TestRequestIsAnsweredOnce(t *testing.T) {
	for name, row := range map[string]struct {
		carryOut func(s *fixture)
		result   v1alpha1.RequestResult
		reason   string
	}{
		"data came": {carryOut: func(s *fixture) {
			s.refreshSucceeds()
			s.hasAnswer("1", v1alpha1.RequestInProgress, "")
			s.collected(flinks.AccountsDetail{LastRefresh: s.now})
		}, result: v1alpha1.RequestSucceeded},
		"data never came": {carryOut: func(s *fixture) {
			s.refreshSucceeds()
			s.pass(30 * time.Minute)
			s.wait()
		}, result: v1alpha1.RequestSucceeded},
		"login turned out to be gone": {carryOut: func(s *fixture) {
			s.refreshSucceeds()
			s.collectFails(refusal(flinks.OpGetAccountsDetail, flinks.CodeInvalidLogin, false))
		}, result: v1alpha1.RequestFailed},
		"customer answered": {carryOut: func(s *fixture) {
			s.refreshAsks()
			s.hasAnswer("1", v1alpha1.RequestUserActionRequired, "")
			s.pass(time.Minute)
			s.observed(s.now)
			s.hasAnswer("1", v1alpha1.RequestInProgress, "")
			s.collected(flinks.AccountsDetail{LastRefresh: s.now})
		}, result: v1alpha1.RequestSucceeded},
		"customer never answered": {carryOut: func(s *fixture) {
			s.refreshAsks()
			s.pass(31 * 24 * time.Hour)
			s.observeFails(replay(flinks.CodeSessionExpired))
		}, result: v1alpha1.RequestUserActionRequired},
		"customer answered wrongly": {carryOut: func(s *fixture) {
			s.refreshAsks()
			s.pass(time.Minute)
			s.observeFails(replay(flinks.CodeInvalidSecurityResponseNoRetry))
		}, result: v1alpha1.RequestUserActionRequired},
		"not sent":        {carryOut: func(s *fixture) { s.refreshFails(notSent(flinks.OpRefresh)) }, result: v1alpha1.RequestFailed},
		"Secret missing":  {carryOut: func(s *fixture) { s.problem(s.claim(), v1alpha1.ReasonSecretNotFound) }, result: v1alpha1.RequestRefused, reason: v1alpha1.ReasonSecretNotFound},
		"crash":           {carryOut: func(s *fixture) { s.claim(); s.restart() }, result: v1alpha1.RequestInProgress},
		"another session": {carryOut: func(s *fixture) { s.refreshFails(concurrent()) }, result: v1alpha1.RequestUnknown},
		"claim edited away": {carryOut: func(s *fixture) {
			s.claim()
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Refresh = nil })
			s.pass(time.Hour)
			s.observed(s.status().LastRefreshTime.Time)
		}, result: v1alpha1.RequestFailed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.edit(manual)
			s.request("1")
			row.carryOut(s)
			s.hasAnswer("1", row.result, row.reason)
			for range 100 {
				if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) {
					t.Fatal("a second live session for one request")
				}
				s.pass(time.Hour)
				s.wait()
			}
		})
	}
}

// TestRequestValues: any new value is a request, and is kept as far as it fits.
func TestRequestValues(t *testing.T) {
	long := strings.Repeat("é", 65)
	s := newBound(t)
	for _, value := range []string{"1", long, "  ", "1", "\xff"} {
		s.request(value)
		s.refreshFails(notSent(flinks.OpRefresh))
		if len([]rune(s.status().LastHandledRequest.Value)) > 64 {
			t.Error("the value does not fit the API")
		}
		s.decides(waits)
	}
	s.request(long)
	s.refreshFails(notSent(flinks.OpRefresh))
	s.hasAnswer(long[:128], v1alpha1.RequestFailed, "")
	s.request(long + "of which nothing is kept")
	s.decides(waits)
}

// TestRefusedRequestIsNotCarriedOutLater, whatever it was refused for.
func TestRefusedRequestIsNotCarriedOutLater(t *testing.T) {
	s := newBound(t)
	suspend(s)
	s.request("1")
	s.wait()
	s.hasAnswer("1", v1alpha1.RequestRefused, v1alpha1.ReasonSuspended)
	resume(s)
	s.decides(waits)
	s.request("2")
	s.refreshAsks()
	s.request("3")
	s.wait()
	s.hasAnswer("3", v1alpha1.RequestRefused, v1alpha1.ReasonSessionOpen)
	s.pass(10 * time.Minute)
	s.observed(s.now)
	s.hasAnswer("3", v1alpha1.RequestRefused, v1alpha1.ReasonSessionOpen)
	s.collected(flinks.AccountsDetail{LastRefresh: s.now})
	s.decides(waits)
}

// TestRefusalComesWithTheRoutine: answering a request keeps nothing else waiting.
func TestRefusalComesWithTheRoutine(t *testing.T) {
	s := newFixture(t)
	s.request("1")
	a := lifecycle.Decide(s.now, s.Inputs)
	s.record(lifecycle.Outcome{Action: a, Err: noAnswer(flinks.OpObserve)})
	s.hasAnswer("1", v1alpha1.RequestRefused, v1alpha1.ReasonNotBound)
}

// TestOutdatedRequests: one that says when it was made is not carried out when
// the client is gone; one that does not say may be of this moment.
func TestOutdatedRequests(t *testing.T) {
	for name, row := range map[string]struct {
		age     time.Duration
		refused bool
	}{
		"of this moment":     {0, false},
		"of a skewed clock":  {-10 * time.Minute, false},
		"almost an hour ago": {59 * time.Minute, false},
		"too long ago":       {61 * time.Minute, true},
		"of a backup":        {90 * 24 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			value := s.now.Add(-row.age).UTC().Format(time.RFC3339)
			s.request(value)
			if !row.refused {
				s.decides(lifecycle.Refresh{Request: value})
				return
			}
			s.decides(lifecycle.Wait{Refusal: lifecycle.Refusal{Request: value, Reason: v1alpha1.ReasonRequestOutdated}})
			s.wait()
			s.hasAnswer(value, v1alpha1.RequestRefused, v1alpha1.ReasonRequestOutdated)
		})
	}
}

// TestRequestThatMeetsAnotherLogin is refused with the reason, and counts no attempt.
func TestRequestThatMeetsAnotherLogin(t *testing.T) {
	s := newBound(t)
	s.request("1")
	s.problem(s.claim(), v1alpha1.ReasonLoginChanged)
	s.hasAnswer("1", v1alpha1.RequestRefused, v1alpha1.ReasonLoginChanged)
	if got := s.status().Refresh; got.Attempt != 0 || got.State != v1alpha1.RefreshFailed {
		t.Errorf("the attempt is %+v", got)
	}
}

// TestRequestSucceedsWithItsSession: a program that waits for the request reads the Secret
// next.
func TestRequestSucceedsWithItsSession(t *testing.T) {
	s := newBound(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) {
		spec.SessionHandOff = &v1alpha1.SessionHandOff{Destination: v1alpha1.SessionInSecret}
		spec.Accounts = v1alpha1.AccountsAll
	})
	s.wait()
	s.request("1")
	s.refreshSucceeds()
	s.collected(flinks.AccountsDetail{LastRefresh: s.now})
	s.hasAnswer("1", v1alpha1.RequestInProgress, "")
	a := lifecycle.Decide(s.now, s.Inputs)
	if !bringsSession(a) {
		t.Fatalf("%+v", a)
	}
	s.record(lifecycle.Outcome{
		Action: a, Identity: identity, Delivery: lifecycle.Delivery{SecretName: "acme-chequing-session"},
		Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.now},
	})
	s.hasAnswer("1", v1alpha1.RequestSucceeded, "")
}
