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

func keeps(data, credentials time.Duration) *v1alpha1.Retention {
	return &v1alpha1.Retention{Data: &metav1.Duration{Duration: data}, Credentials: &metav1.Duration{Duration: credentials}}
}

// dataNotice returns when the end of data that is kept for 90 days is announced.
func dataNotice(s *fixture) *metav1.Time {
	return &metav1.Time{Time: s.status().LastRefreshTime.Add(80 * day)}
}

// TestDataExpiring: the end of the data is announced, and said, at the right second,
// at which the connection is reconciled without an event.
func TestDataExpiring(t *testing.T) {
	for name, row := range map[string]struct {
		retention    *v1alpha1.Retention
		notice, gone time.Duration
	}{
		"published":       {nil, 80 * day, 90 * day},
		"half said":       {&v1alpha1.Retention{Credentials: &metav1.Duration{Duration: day}}, 80 * day, 90 * day},
		"ten years":       {keeps(3650*day, day), 3640 * day, 3650 * day},
		"nine days":       {keeps(9*day, day), 8 * day, 9 * day},
		"shortest":        {keeps(day, day), 21*time.Hour + 20*time.Minute, day},
		"no whole second": {keeps(9*day+time.Millisecond, day), 8 * day, 9*day + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			s.Instance.Retention = row.retention
			s.edit(manual)
			s.wait()
			data := s.status().LastRefreshTime.Time
			for _, want := range []struct {
				at     time.Duration
				reason string
			}{{row.notice, v1alpha1.ReasonDataExpiresSoon}, {row.gone, v1alpha1.ReasonDataExpired}} {
				before := s.condition(v1alpha1.ConditionDataExpiring).Reason
				s.sleepUntil(func() bool { return s.condition(v1alpha1.ConditionDataExpiring).Reason != before })
				if late := s.now.Sub(data.Add(want.at)); late < 0 || late > 2*time.Second {
					t.Errorf("told %v late", late)
				}
				if got := s.condition(v1alpha1.ConditionDataExpiring); got.Reason != want.reason {
					t.Errorf("told %q, not %q", got.Reason, want.reason)
				}
			}
			s.observed(s.now)
			if got := s.condition(v1alpha1.ConditionDataExpiring); got.Reason != "" {
				t.Errorf("data of this second: %s", got.Reason)
			}
		})
	}
}

// sleepUntil wakes up when there is something to do, and finds that Flinks has nothing
// new to say.
func (s *fixture) sleepUntil(done func() bool) {
	s.t.Helper()
	for range 10_000 {
		if done() {
			return
		}
		next, ok := s.next()
		if !ok {
			break
		}
		s.now = next
		if lifecycle.Is[lifecycle.Observe](lifecycle.Decide(s.now, s.Inputs)) {
			s.observed(s.status().LastRefreshTime.Time)
		} else {
			s.wait()
		}
	}
	s.t.Fatal("it sleeps for ever")
}

// TestSuspendedDataExpire all the same, and nothing is called for that.
func TestSuspendedDataExpire(t *testing.T) {
	s := newScheduled(t)
	suspend(s)
	for _, reason := range []string{v1alpha1.ReasonDataExpiresSoon, v1alpha1.ReasonDataExpired} {
		s.now, _ = s.next()
		s.decides(waits)
		s.wait()
		if got := s.condition(v1alpha1.ConditionDataExpiring).Reason; got != reason {
			t.Errorf("%q, not %q", got, reason)
		}
	}
	if next, ok := s.next(); ok {
		t.Errorf("there is something to do at %v", next)
	}
}

// TestEditedRetention counts at once, starts nothing at once, and is kept in mind
// while the instance is away.
func TestEditedRetention(t *testing.T) {
	s := newScheduled(t)
	s.pass(31 * day)
	s.wait()
	if s.status().NextRefreshTime != nil {
		t.Fatal("a refresh is planned without credentials")
	}
	s.Instance.Retention = keeps(32*day, 60*day)
	s.wait()
	if got := s.condition(v1alpha1.ConditionDataExpiring).Reason; got != v1alpha1.ReasonDataExpiresSoon {
		t.Errorf("DataExpiring is %q", got)
	}
	s.quietFor(13*time.Minute, lifecycle.Observe{})
	s.pass(time.Second)
	s.startsRefresh()

	was := s.status().DeepCopy()
	s.Instance = lifecycle.Instance{Problem: v1alpha1.ReasonInstanceNotFound}
	s.wait()
	if !s.status().DataExpiryTime.Equal(was.DataExpiryTime) || !s.status().CredentialsExpiryTime.Equal(was.CredentialsExpiryTime) {
		t.Error("the retention was forgotten with the instance")
	}
}

// TestNoUnattendedRefreshWithoutCredentials: from the day on at which Flinks may have
// dropped them, only a request starts a live session.
func TestNoUnattendedRefreshWithoutCredentials(t *testing.T) {
	for name, arrange := range map[string]func(s *fixture){
		"nothing ran since":     func(s *fixture) { s.pass(30 * day) },
		"suspended for a month": func(s *fixture) { suspend(s); s.pass(30 * day); resume(s) },
		"an edited plan": func(s *fixture) {
			s.pass(30 * day)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
				st.NextRefreshTime, st.CredentialsExpiryTime = ago(s, time.Hour), ago(s, -day)
			})
		},
		"rare refreshes": func(s *fixture) { s.edit(every(30*day, 30*day)); s.wait() },
		"a window that opens too late": func(s *fixture) {
			s.Instance.Retention = keeps(90*day, 25*time.Hour)
			open := s.now.Add(25 * time.Hour).UTC()
			s.edit(func(spec *v1alpha1.BankConnectionSpec) {
				spec.RefreshPolicy.AllowedWindows = []v1alpha1.RefreshWindow{{
					Days:  []v1alpha1.Weekday{v1alpha1.Weekday(open.Weekday().String()[:3])},
					Start: open.Format("15:04"), End: open.Add(time.Hour).Format("15:04"), TimeZone: "UTC",
				}}
			})
			s.wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScheduled(t)
			arrange(s)
			if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) {
				t.Fatal("a refresh starts by itself")
			}
			s.wait()
			s.neverRefreshes()
			s.request("1")
			s.refreshSucceeds()
			s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
			if name != "rare refreshes" && name != "a window that opens too late" && s.status().NextRefreshTime == nil {
				t.Error("no refresh is planned with new credentials")
			}
		})
	}
}

// TestLastDayOfCredentials: until then refreshes start by themselves.
func TestLastDayOfCredentials(t *testing.T) {
	s := newScheduled(t)
	s.now = s.status().CredentialsExpiryTime.Add(-time.Second)
	s.startsRefresh()
	s.pass(time.Second)
	s.decides(waits)
}

// TestExpiryEvents: each transition is told once.
func TestExpiryEvents(t *testing.T) {
	s := newBound(t)
	var told []string
	for s.now.Before(s.status().LastRefreshTime.Add(100 * day)) {
		before := s.Connection
		s.now, _ = s.next()
		if lifecycle.Is[lifecycle.Observe](lifecycle.Decide(s.now, s.Inputs)) {
			s.observed(s.status().LastRefreshTime.Time)
		} else {
			s.wait()
		}
		told = append(told, summaries(t, lifecycle.Events(&before.Status, s.status()))...)
	}
	want := []string{
		"Warning DataExpiring DataExpiresSoon", "Warning Ready DataStale", "Warning DataExpiring DataExpired",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
