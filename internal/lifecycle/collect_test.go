package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func TestCollect(t *testing.T) {
	s := newDue(t)
	s.refreshSucceeds()
	s.decides(collects)
	before := s.Connection
	s.collected(flinks.AccountsDetail{Pending: true})
	if diff := cmp.Diff(before.Status, *s.status()); diff != "" {
		t.Errorf("a pending answer was written:\n%s", diff)
	}
	s.quietFor(lifecycle.CollectPoll)
	s.pass(time.Second)
	s.decides(collects)
	data := s.now.Add(-3 * time.Second)
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: data})
	want := []v1alpha1.Account{
		{ID: someAccounts[0].ID, Type: "Chequing", Currency: "CAD"},
		{ID: someAccounts[1].ID, Type: "Savings", Currency: "CAD"},
	}
	if diff := cmp.Diff(want, s.status().Accounts); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if got := s.status().LastRefreshTime; !got.Equal(ago(s, 3*time.Second)) {
		t.Errorf("the data is of %v, not %v", got, data)
	}
	if got := s.status().Refresh; got.State != v1alpha1.RefreshSucceeded || s.status().Internal.UnattendedTimes != nil {
		t.Errorf("the attempt is %+v", got)
	}
	s.quietFor(24 * time.Hour)
}

// TestDataTime: the data is as old as Flinks says, and it is not guessed unless
// Flinks says nothing at all.
func TestDataTime(t *testing.T) {
	for name, row := range map[string]struct {
		live, collected func(s *fixture) time.Time
		want            func(s *fixture) time.Time
	}{
		"said by both":           {justNow, justNow, justNow},
		"said by the live call":  {justNow, never, justNow},
		"said with the data":     {never, justNow, justNow},
		"said by neither":        {never, never, letIn},
		"older data":             {longAgo, longAgo, known},
		"older, then not said":   {longAgo, never, letIn},
		"a clock that runs fast": {func(s *fixture) time.Time { return s.now.Add(4 * time.Minute) }, never, letIn},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.edit(every(24*time.Hour, 720*time.Hour))
			before := s.status().LastRefreshTime.Time
			s.refreshes(lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: row.live(s)}})
			s.collected(flinks.AccountsDetail{LastRefresh: row.collected(s)})
			want := row.want(s)
			if want.IsZero() {
				want = before
			}
			if got := s.status().LastRefreshTime; got.Sub(want).Abs() > 10*time.Second {
				t.Errorf("the data is of %v, not %v", got, want)
			}
		})
	}
}

func justNow(s *fixture) time.Time { return s.now }
func never(*fixture) time.Time     { return time.Time{} }
func known(*fixture) time.Time     { return time.Time{} }
func longAgo(s *fixture) time.Time { return s.now.Add(-1000 * time.Hour) }
func letIn(s *fixture) time.Time   { return s.status().Refresh.StartTime.Time }

// TestDataTimeNeverGoesBack, whatever Flinks says.
func TestDataTimeNeverGoesBack(t *testing.T) {
	s := newBound(t)
	before := *s.status().LastRefreshTime
	s.observed(s.now.Add(-1000 * time.Hour))
	s.observed(time.Time{})
	if !s.status().LastRefreshTime.Equal(&before) {
		t.Errorf("the data went from %v back to %v", before, s.status().LastRefreshTime)
	}
	s.observed(s.now.Add(1000 * time.Hour))
	if !s.status().LastRefreshTime.Equal(ago(s, 0)) {
		t.Errorf("the data is of %v, which is not yet", s.status().LastRefreshTime)
	}
}

// TestCollectNeedsAnObserve once the session is lost, and is not written for that.
func TestCollectNeedsAnObserve(t *testing.T) {
	s := newDue(t)
	s.refreshSucceeds()
	s.restart()
	s.decides(observes)
	before := s.Connection
	s.observed(s.status().LastRefreshTime.Time)
	if diff := cmp.Diff(before.Status, *s.status()); diff != "" {
		t.Errorf("a RequestId was written for:\n%s", diff)
	}
	s.decides(collects)
}

// TestFailingCollect slows down, is hardly written, and ends.
func TestFailingCollect(t *testing.T) {
	s := newDue(t)
	s.refreshSucceeds()
	began, calls, writes := s.now, 0, 0
	for state := v1alpha1.RefreshCollecting; state == v1alpha1.RefreshCollecting; state = s.status().Refresh.State {
		before := s.Connection
		switch lifecycle.Decide(s.now, s.Inputs).(type) {
		case lifecycle.Collect:
			s.collectFails(refusal(flinks.OpGetAccountsDetail, flinks.CodeAggregationError, true))
		case lifecycle.Observe:
			s.observed(s.status().LastRefreshTime.Time)
		default:
			s.wait()
			calls--
		}
		calls++
		if !cmp.Equal(before.Status, s.Connection.Status) {
			writes++
		}
		s.now, _ = s.next()
		if s.now.Sub(began) > 31*time.Minute {
			t.Fatal("there is no end to it")
		}
	}
	if calls > 40 || writes > 3 {
		t.Errorf("%d calls and %d writes", calls, writes)
	}
}

// TestUnawaitedCollect changes nothing.
func TestUnawaitedCollect(t *testing.T) {
	s := newBound(t)
	before := s.Connection
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	s.collectFails(refusal(flinks.OpGetAccountsDetail, flinks.CodeInvalidRequest, true))
	if diff := cmp.Diff(before.Status, *s.status()); diff != "" {
		t.Error(diff)
	}
}
