package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// shows records an observe that shows data of that time, and nothing besides.
func (s *fixture) shows(data time.Time) {
	s.t.Helper()
	s.recordAlone(lifecycle.Outcome{
		Action: observes, Identity: identity,
		Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: data},
	})
}

// TestOthersDataIsCollectedOnce, however the data became new, and the status then knows the accounts.
func TestOthersDataIsCollectedOnce(t *testing.T) {
	for name, arrange := range map[string]func(t *testing.T) *fixture{
		"of a login that is linked":    func(t *testing.T) *fixture { t.Helper(); return newFixture(t) },
		"of another program":           func(t *testing.T) *fixture { t.Helper(); return newBound(t) },
		"of a night":                   func(t *testing.T) *fixture { t.Helper(); s := newEnabled(t); s.passObserve(); return s },
		"after credentials were wrong": newRejected,
		"after the newest data was collected": func(t *testing.T) *fixture {
			t.Helper()
			s := newCollected(t)
			s.pass(24 * time.Hour)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := arrange(t)
			data := s.now.Add(-time.Minute)
			s.shows(data)
			s.decides(collects)
			s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: data})
			if len(s.status().Accounts) != 2 || s.status().Refresh.State != v1alpha1.RefreshSucceeded {
				t.Errorf("%+v, %+v", s.status().Accounts, s.status().Refresh)
			}
			for range 3 {
				s.restart()
				s.pass(time.Minute)
				s.shows(data)
				if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Collect](a) {
					t.Fatal("it is collected again")
				}
			}
		})
	}
}

// newRejected returns a connection whose bank refused the credentials at a requested refresh.
func newRejected(t *testing.T) *fixture {
	t.Helper()
	s := newBound(t)
	s.request("1")
	s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeInvalidPassword, true))
	s.hasAnswer("1", v1alpha1.RequestUserActionRequired, "")
	s.pass(time.Hour)
	return s
}

// TestRequestSucceedsWithOthersData: what the customer brings by going through Flinks Connect again
// is what the request asked for.
func TestRequestSucceedsWithOthersData(t *testing.T) {
	s := newRejected(t)
	s.edit(handOff)
	s.shows(s.now.Add(-time.Minute))
	s.hasAnswer("1", v1alpha1.RequestInProgress, "")
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	s.hasAnswer("1", v1alpha1.RequestInProgress, "")
	s.handedOff(lifecycle.Outcome{Delivery: lifecycle.Delivery{SecretName: "acme-chequing-session"}})
	s.hasAnswer("1", v1alpha1.RequestSucceeded, "")
	s.quietFor(23 * time.Hour)
}

// TestFailureWhileTheCustomerIsAsked is not the last word on a request either.
func TestFailureWhileTheCustomerIsAsked(t *testing.T) {
	s := newRejected(t)
	s.observeFails(replay(flinks.CodeRetryLater))
	s.hasAnswer("1", v1alpha1.RequestUserActionRequired, "")
	s.observed(s.now)
	s.hasAnswer("1", v1alpha1.RequestSucceeded, "")
}

// TestCrashBeforeOthersDataIsCollected: the write that says that there is new data also says that
// it is to be collected. A process that starts then needs an observe for a RequestId.
func TestCrashBeforeOthersDataIsCollected(t *testing.T) {
	s := newBound(t)
	data := s.now.Add(-time.Minute)
	s.shows(data)
	s.restart()
	s.decides(observes)
	before := s.Connection
	s.shows(data)
	if diff := cmp.Diff(before.Status, *s.status()); diff != "" {
		t.Errorf("a RequestId was written for:\n%s", diff)
	}
	s.decides(collects)
}

// TestOthersDataHoldsUpNothing: its session was over when an observe showed it, so that a request
// need not wait, an unattended refresh stays planned, and the customer is done.
func TestOthersDataHoldsUpNothing(t *testing.T) {
	s := newScheduled(t)
	attempt := s.status().Refresh.Attempt
	s.shows(s.now.Add(-time.Minute))
	if lifecycle.SessionMayBeOpen(s.now, s.status()) || s.status().NextRefreshTime == nil {
		t.Errorf("%+v, next %v", s.status().Refresh, s.status().NextRefreshTime)
	}
	if v := lifecycle.ViewLink(s.now, s.Inputs); v.State != lifecycle.LinkDone {
		t.Errorf("the customer finds %+v", v)
	}
	s.request("1")
	s.decides(lifecycle.Refresh{Request: "1"})
	s.refreshSucceeds()
	s.collected(flinks.AccountsDetail{LastRefresh: s.now})
	s.hasAnswer("1", v1alpha1.RequestSucceeded, "")
	if got := s.status().Refresh.Attempt; got != attempt+1 {
		t.Errorf("%d attempts", got-attempt)
	}
}

// TestOthersDataThatNeverComes is given up after half an hour, as that of the operator's own sessions.
func TestOthersDataThatNeverComes(t *testing.T) {
	s := newBound(t)
	s.shows(s.now.Add(-time.Minute))
	s.collected(flinks.AccountsDetail{Pending: true})
	s.quietFor(lifecycle.CollectPoll)
	s.pass(30 * time.Minute)
	s.wait()
	if got := s.status().Refresh.State; got != v1alpha1.RefreshSucceeded {
		t.Errorf("it is %s", got)
	}
	s.quietFor(22 * time.Hour)
}

// TestOthersDataByAFastClock is collected once for each observe that is more than ClockSkew after the last
// one, until the time has come that Flinks says.
func TestOthersDataByAFastClock(t *testing.T) {
	for name, row := range map[string]struct {
		ahead time.Duration
		most  int
	}{"by minutes": {4 * time.Minute, 2}, "by hours": {4 * time.Hour, 14}, "by years": {87600 * time.Hour, 15}} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			data, collected := s.now.Add(row.ahead), 0
			for end := s.now.Add(5 * time.Hour); s.now.Before(end); s.pass(20 * time.Minute) {
				for range 10 {
					s.shows(data)
					if lifecycle.Is[lifecycle.Collect](lifecycle.Decide(s.now, s.Inputs)) {
						s.collectsAgain()
						collected++
					}
					s.pass(time.Second)
				}
			}
			if collected < 1 || collected > row.most {
				t.Errorf("collected %d times", collected)
			}
		})
	}
}

// TestOthersDataOfAConnectionThatIsHeld is collected once calls are allowed again.
func TestOthersDataOfAConnectionThatIsHeld(t *testing.T) {
	for name, hold := range map[string]func(s *fixture, on bool){
		"another one owns the login": func(s *fixture, on bool) { s.Duplicate = on },
		"the instance is suspended": func(s *fixture, on bool) {
			s.Instance.Problem = map[bool]string{true: v1alpha1.ReasonInstanceSuspended}[on]
		},
		"the instance is not ready": func(s *fixture, on bool) {
			s.Instance.Problem = map[bool]string{true: v1alpha1.ReasonInstanceNotReady}[on]
		},
		"suspended": func(s *fixture, on bool) {
			if on {
				suspend(s)
				return
			}
			resume(s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			data := s.now.Add(-time.Minute)
			s.shows(data)
			hold(s, true)
			s.wait()
			s.pass(10 * time.Hour)
			s.wait()
			s.decides(waits)
			hold(s, false)
			s.wait()
			s.shows(data)
			s.decides(collects)
		})
	}
}
