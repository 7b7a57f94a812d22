package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func TestClaim(t *testing.T) {
	s := newDue(t)
	s.refreshFails(notSent(flinks.OpRefresh))
	s.passUntil(s.status().NextRefreshTime)
	before := s.Connection.DeepCopy()
	got := lifecycle.Claim(s.now, s.Inputs, starts, "f00")
	if diff := cmp.Diff(before, s.Connection); diff != "" {
		t.Errorf("Claim changed the object:\n%s", diff)
	}
	want := &v1alpha1.RefreshStatus{
		Attempt: 2, State: v1alpha1.RefreshClaimed, StartTime: ago(s, 0), NotBefore: got.Refresh.NotBefore,
	}
	if diff := cmp.Diff(want, got.Refresh); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	internal := v1alpha1.InternalStatus{Nonce: "f00", UnattendedTimes: []metav1.Time{*ago(s, 0)}}
	if diff := cmp.Diff(internal, got.Internal); diff != "" {
		t.Errorf("internal (-want +got):\n%s", diff)
	}
	if hold := got.Refresh.NotBefore.Sub(s.now); hold < lifecycle.LiveCallTimeout+lifecycle.SessionIdle {
		t.Errorf("the session may outlive its hold of %v", hold)
	}
	if got.NextRefreshTime != nil {
		t.Error("another refresh is planned while one is under way")
	}
}

// TestClaimNeverHandsOutADeadLink: a claim is a write like any other.
func TestClaimNeverHandsOutADeadLink(t *testing.T) {
	s := newDue(t)
	s.refreshAsks()
	s.pass(time.Hour)
	s.request("1")
	s.claim()
	if s.status().Reconnect.Link.URL != "" {
		t.Error("a link of an hour ago is still handed out")
	}
}

// found is what an observe makes of a live call whose answer was lost.
type found struct {
	Phase      v1alpha1.RefreshState
	Request    v1alpha1.RequestResult
	UserAction string
	Retry      bool
}

// lostRow is an observe after the hold on a live call whose answer was lost.
type lostRow struct {
	find func(s *fixture)
	want found
}

func (row lostRow) check(t *testing.T) {
	s := newDue(t)
	s.request("1")
	s.refreshFails(noAnswer(flinks.OpRefresh))
	s.quietFor(notBefore(s).Sub(s.now))
	s.passUntil(notBefore(s))
	s.decides(observes)
	row.find(s)
	got := found{
		Phase: s.status().Refresh.State, Request: s.status().LastHandledRequest.Result,
		UserAction: s.userAction(), Retry: s.status().NextRefreshTime != nil,
	}
	if diff := cmp.Diff(row.want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.quietFor(10*time.Minute, lifecycle.Observe{}, lifecycle.Collect{})
}

// TestLostAnswer goes through what an observe can find after a claim whose answer
// was lost: by a crash, or on the way.
func TestLostAnswer(t *testing.T) {
	for name, row := range map[string]lostRow{
		"it had succeeded": {
			func(s *fixture) { s.observed(s.status().Refresh.StartTime.Add(20 * time.Second)) },
			found{Phase: v1alpha1.RefreshCollecting, Request: v1alpha1.RequestInProgress},
		},
		"it had succeeded, by a clock that is slow": {
			func(s *fixture) { s.observed(s.status().Refresh.StartTime.Add(-4 * time.Minute)) },
			found{Phase: v1alpha1.RefreshCollecting, Request: v1alpha1.RequestInProgress},
		},
		"it left no trace": {
			func(s *fixture) { s.observed(s.status().LastRefreshTime.Time) },
			found{Phase: v1alpha1.RefreshFailed, Request: v1alpha1.RequestFailed, Retry: true},
		},
		"it left no trace, but another program refreshed before": {
			func(s *fixture) { s.observed(s.status().Refresh.StartTime.Add(-6 * time.Minute)) },
			found{Phase: v1alpha1.RefreshFailed, Request: v1alpha1.RequestFailed, Retry: true},
		},
		"Flinks never read any data": {
			func(s *fixture) { s.observed(time.Time{}) },
			found{Phase: v1alpha1.RefreshFailed, Request: v1alpha1.RequestFailed, Retry: true},
		},
	} {
		t.Run(name, row.check)
	}
}

// TestLostAnswerOfABankThatDidNotLetFlinksIn: the observe repeats how the session ended.
func TestLostAnswerOfABankThatDidNotLetFlinksIn(t *testing.T) {
	for name, row := range map[string]lostRow{
		"the bank had asked something": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeQuestionNotFound)) },
			found{Phase: v1alpha1.RefreshFailed, Request: v1alpha1.RequestUserActionRequired, UserAction: v1alpha1.ReasonQuestionUnanswered},
		},
		"the bank still asks something": {
			func(s *fixture) {
				s.record(lifecycle.Outcome{
					Action: observes, Identity: identity,
					Authorization: &flinks.Authorization{State: flinks.ChallengePending},
				})
			},
			found{Phase: v1alpha1.RefreshFailed, Request: v1alpha1.RequestUserActionRequired, UserAction: v1alpha1.ReasonQuestionUnanswered},
		},
		"the bank had refused": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidPassword)) },
			found{Phase: v1alpha1.RefreshFailed, Request: v1alpha1.RequestUserActionRequired, UserAction: v1alpha1.ReasonCredentialsRejected},
		},
		"the bank was down": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeRetryLater)) },
			found{Phase: v1alpha1.RefreshFailed, Request: v1alpha1.RequestFailed, Retry: true},
		},
		"the bank was down, and an older API does not name the session": {
			func(s *fixture) { s.observeFails(refusal(flinks.OpObserve, flinks.CodeDisabledInstitution, false)) },
			found{Phase: v1alpha1.RefreshFailed, Request: v1alpha1.RequestFailed, Retry: true},
		},
	} {
		t.Run(name, row.check)
	}
}

// TestLostAnswerThatStaysUnknown: the observe brings no answer about the login.
func TestLostAnswerThatStaysUnknown(t *testing.T) {
	for name, row := range map[string]lostRow{
		"Flinks has no token to give": {
			func(s *fixture) {
				s.observeFails(refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeAggregationError, false))
			},
			found{Phase: v1alpha1.RefreshUnknown, Request: v1alpha1.RequestUnknown},
		},
		"Flinks is still at work": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeOperationPending)) },
			found{Phase: v1alpha1.RefreshUnknown, Request: v1alpha1.RequestUnknown},
		},
		"Flinks is down": {
			func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)) },
			found{Phase: v1alpha1.RefreshUnknown, Request: v1alpha1.RequestUnknown},
		},
		"the Secret is gone": {
			func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) },
			found{Phase: v1alpha1.RefreshUnknown, Request: v1alpha1.RequestUnknown},
		},
	} {
		t.Run(name, row.check)
	}
}

// TestLostClaimIsFoundOutAbout: nothing is known of a claim whose process died, so
// it is what a lost answer is.
func TestLostClaimIsFoundOutAbout(t *testing.T) {
	s := newDue(t)
	s.request("1")
	s.claim()
	s.restart()
	s.quietFor(13 * time.Minute)
	s.passUntil(notBefore(s))
	s.decides(observes)
	s.observed(s.status().LastRefreshTime.Time)
	if got := s.status().LastHandledRequest.Result; got != v1alpha1.RequestFailed {
		t.Errorf("the request is %s", got)
	}
	s.quietFor(13 * time.Minute)
}

// TestLostAnswerAndLostMemory: while Flinks stays away, an observe is repeated, and
// nothing else is done.
func TestLostAnswerAndLostMemory(t *testing.T) {
	s := newDue(t)
	s.refreshFails(noAnswer(flinks.OpRefresh))
	s.passUntil(notBefore(s))
	for range 20 {
		s.decides(observes)
		s.observeFails(noAnswer(flinks.OpObserve))
		s.quietFor(5 * time.Second)
		s.restart()
	}
}

// TestAnotherSession: the bank is not troubled by a call that met another session,
// so it does not count, but it is waited out.
func TestAnotherSession(t *testing.T) {
	s := newDue(t)
	for range 10 {
		s.refreshFails(concurrent())
		if n := len(s.status().Internal.UnattendedTimes); n != 0 {
			t.Fatalf("%d attempts count", n)
		}
		s.quietFor(lifecycle.SessionIdle)
		s.passUntil(notBefore(s))
		s.observed(s.status().LastRefreshTime.Time)
		s.quietFor(lifecycle.SessionIdle)
		s.passUntil(s.status().NextRefreshTime)
	}
}

// TestLimit: no more than three unattended live sessions within 24 hours, at
// growing distances, until a user acts or the bank lets Flinks in. Some instances
// leave the RequestId out, which does not make it less of an attempt.
func TestLimit(t *testing.T) {
	for name, inSession := range map[string]bool{"with a RequestId": true, "without": false} {
		t.Run(name, func(t *testing.T) { triedThriceADay(t, refusal(flinks.OpRefresh, flinks.CodeRetryLater, inSession)) })
	}
}

func triedThriceADay(t *testing.T, bankDown *flinks.Error) {
	s := newDue(t)
	var starts []time.Time
	for range 9 {
		starts = append(starts, s.now)
		s.refreshFails(bankDown)
		s.passUntil(s.status().NextRefreshTime)
	}
	for i := 3; i < len(starts); i++ {
		if d := starts[i].Sub(starts[i-3]); d < 24*time.Hour {
			t.Errorf("attempts %d to %d within %v", i-3, i, d)
		}
	}
	for i, want := range []time.Duration{15 * time.Minute, time.Hour} {
		if d := starts[i+1].Sub(starts[i]); d < want || d > want+12*time.Second {
			t.Errorf("attempt %d comes %v after the one before, not %v", i+1, d, want)
		}
	}
	s.request("1")
	s.refreshFails(bankDown)
	s.retries(6 * time.Hour) // and not tomorrow
}

// TestLimitIsNotLiftedByTime: attempts of last week do not count, and do not let
// the next three follow one another at once.
func TestLimitIsNotLiftedByTime(t *testing.T) {
	bankDown := refusal(flinks.OpRefresh, flinks.CodeRetryLater, true)
	s := newDue(t)
	for range 3 {
		s.refreshFails(bankDown)
		s.passUntil(s.status().NextRefreshTime)
	}
	s.pass(7 * 24 * time.Hour)
	for _, after := range []time.Duration{15 * time.Minute, time.Hour} {
		s.refreshFails(bankDown)
		s.retries(after)
		s.passUntil(s.status().NextRefreshTime)
	}
}

// TestUnsentRetries: attempts that reached no bank do not count, and come less and
// less often.
func TestUnsentRetries(t *testing.T) {
	s := newDue(t)
	var last time.Duration
	for i := range 20 {
		claimed := s.now
		s.refreshFails(notSent(flinks.OpRefresh))
		next := s.status().NextRefreshTime.Sub(claimed)
		if next < last || next < time.Minute || next > time.Hour+12*time.Second {
			t.Errorf("attempt %d comes after %v, the one before after %v", i, next, last)
		}
		last = next
		s.passUntil(s.status().NextRefreshTime)
	}
	if last < time.Hour {
		t.Errorf("the last distance is %v", last)
	}
}

// TestRestore: a status that is lost starts with an observe, and nothing live
// happens while a session that it told of may be open.
func TestRestore(t *testing.T) {
	for name, arrange := range map[string]func(s *fixture){
		"converged":      func(*fixture) {},
		"claimed":        func(s *fixture) { s.claim() },
		"answer lost":    func(s *fixture) { s.refreshFails(noAnswer(flinks.OpRefresh)) },
		"customer asked": func(s *fixture) { s.refreshAsks() },
		"collecting":     func(s *fixture) { s.refreshSucceeds() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			data := s.status().LastRefreshTime.Time
			arrange(s)
			s.request("of last year")
			wipe(s)
			s.decides(lifecycle.Observe{Refusal: lifecycle.Refusal{Request: "of last year", Reason: v1alpha1.ReasonNotBound}})
			a := lifecycle.Decide(s.now, s.Inputs)
			s.record(lifecycle.Outcome{
				Action: a, Identity: identity,
				Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: data},
			})
			want := &v1alpha1.HandledRequest{Value: "of last year", Result: v1alpha1.RequestRefused, Reason: v1alpha1.ReasonNotBound}
			if diff := cmp.Diff(want, s.status().LastHandledRequest); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			s.quietFor(13 * time.Minute)
			s.passUntil(s.status().NextRefreshTime)
			s.startsRefresh()
		})
	}
}

// TestBinding is taken once, when Flinks first confirms the login.
func TestBinding(t *testing.T) {
	for name, row := range map[string]struct {
		observe func(s *fixture)
		bound   bool
	}{
		"success":                 {func(s *fixture) { s.observed(s.now) }, true},
		"replayed failure":        {func(s *fixture) { s.observeFails(replay(flinks.CodeRetryLater)) }, true},
		"bank refused, older API": {func(s *fixture) { s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidPassword, false)) }, true},
		"no such login":           {func(s *fixture) { s.observeFails(gone()) }, false},
		"keys refused":            {func(s *fixture) { s.observeFails(refusal(flinks.OpObserve, flinks.CodeUnauthorized, false)) }, false},
		"no answer":               {func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)) }, false},
		"Secret missing":          {func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			row.observe(s)
			var want *v1alpha1.Binding
			if row.bound {
				want = &v1alpha1.Binding{
					Instance: identity.Instance, CustomerID: identity.CustomerID,
					LoginFingerprint: identity.Fingerprint, HostFingerprints: []string{identity.Host}, BoundTime: *ago(s, 0),
				}
			}
			if diff := cmp.Diff(want, s.status().Binding); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			s.pass(time.Hour)
			s.observed(s.now)
			if row.bound && !s.status().Binding.BoundTime.Equal(&want.BoundTime) {
				t.Error("the binding moved")
			}
		})
	}
}
