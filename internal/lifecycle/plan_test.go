package lifecycle_test

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func every(interval, observe time.Duration) func(*v1alpha1.BankConnectionSpec) {
	return func(spec *v1alpha1.BankConnectionSpec) {
		spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{
			Type:            v1alpha1.RefreshScheduled,
			Interval:        &metav1.Duration{Duration: interval},
			ObserveInterval: &metav1.Duration{Duration: observe},
		}
	}
}

// uidWithoutJitter belongs to an object whose times are as early as any can be.
func uidWithoutJitter() string {
	for i := 0; ; i++ {
		h := fnv.New64a()
		_, _ = fmt.Fprintf(h, "uid-%d", i)
		if h.Sum64()%10_000 == 0 {
			return fmt.Sprintf("uid-%d", i)
		}
	}
}

// TestSchedule: a refresh comes when the data is as old as the interval, up to a
// tenth later, never earlier, and always at the same time for the same object.
func TestSchedule(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		interval := time.Duration(rapid.Int64Range(int64(time.Hour), int64(8760*time.Hour)).Draw(rt, "interval"))
		observe := time.Duration(rapid.Int64Range(int64(5*time.Minute), int64(720*time.Hour)).Draw(rt, "observe"))
		s := newFixture(t)
		s.Connection.UID = types.UID(rapid.OneOf(rapid.Just(uidWithoutJitter()), rapid.String()).Draw(rt, "uid"))
		s.now = time.Unix(0, rapid.Int64Range(0, century).Draw(rt, "now")).UTC()
		s.Instance.Retention = &v1alpha1.Retention{Credentials: &metav1.Duration{Duration: 87600 * time.Hour}}
		s.edit(every(interval, observe))
		data := s.now.Add(-time.Duration(rapid.Int64Range(0, int64(30*time.Minute)).Draw(rt, "age")))
		s.observed(data)
		// Status times have whole seconds: one of them is lost twice.
		refresh := s.status().NextRefreshTime.Sub(data) - interval
		if refresh < 0 || refresh > interval/10+2*time.Second {
			rt.Errorf("the refresh comes %v after the interval of %v", refresh, interval)
		}
		look := s.status().NextObserveTime.Sub(s.now) - observe
		if look < 0 || look > observe/10+2*time.Second {
			rt.Errorf("the observe comes %v after the interval of %v", look, observe)
		}
		planned := s.status().NextRefreshTime
		s.pass(time.Duration(rapid.Int64Range(0, int64(interval)).Draw(rt, "pass")))
		s.wait()
		if !s.status().NextRefreshTime.Equal(planned) {
			rt.Errorf("the plan moved from %v to %v", planned, s.status().NextRefreshTime)
		}
	})
}

// TestJitterSpreads: objects of one policy do not all come at once.
func TestJitterSpreads(t *testing.T) {
	seen := map[time.Duration]bool{}
	for i := range 1000 {
		s := newFixture(t)
		s.Connection.UID = types.UID(fmt.Sprintf("%08d-5d42-4b86-9b8e-1a2b3c4d5e6f", i))
		s.edit(every(24*time.Hour, 24*time.Hour))
		s.observed(s.now)
		seen[s.status().NextRefreshTime.Sub(s.now).Round(time.Minute)] = true
	}
	if len(seen) < 100 {
		t.Errorf("1000 objects share %d minutes out of 144", len(seen))
	}
}

func TestPolicyDefaults(t *testing.T) {
	oneHour := &metav1.Duration{Duration: time.Hour}
	for name, row := range map[string]struct {
		own, instance    *v1alpha1.RefreshPolicySpec
		refresh, observe time.Duration
		stale            time.Duration
	}{
		"none": {nil, nil, 0, 24 * time.Hour, 90 * 24 * time.Hour},
		"the instance's": {
			nil, &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Interval: oneHour, ObserveInterval: oneHour, MaxDataAge: oneHour},
			time.Hour, time.Hour, time.Hour,
		},
		"its own before the instance's": {
			&v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual},
			&v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Interval: oneHour, ObserveInterval: oneHour, MaxDataAge: oneHour},
			0, 24 * time.Hour, 90 * 24 * time.Hour,
		},
		"no interval":       {&v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled}, nil, 0, 24 * time.Hour, 90 * 24 * time.Hour},
		"interval, Manual":  {&v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual, Interval: oneHour}, nil, 0, 24 * time.Hour, 90 * 24 * time.Hour},
		"zeros got through": {&v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Interval: &metav1.Duration{}, ObserveInterval: &metav1.Duration{}}, nil, time.Hour, 5 * time.Minute, 90 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			s.now = s.now.Truncate(time.Second)
			s.Connection.UID = types.UID(uidWithoutJitter())
			s.Connection.Spec.RefreshPolicy, s.Instance.Policy = row.own, row.instance
			s.observed(s.now)
			near := func(what string, got *metav1.Time, want time.Duration) {
				t.Helper()
				if (got == nil) != (want == 0) {
					t.Fatalf("%s at %v, not after %v", what, got, want)
				}
				if got == nil {
					return
				}
				if d := got.Sub(s.now) - want; d < 0 || d > 2*time.Second {
					t.Errorf("%s after %v, not %v", what, got.Sub(s.now), want)
				}
			}
			near("refresh", s.status().NextRefreshTime, row.refresh)
			near("observe", s.status().NextObserveTime, row.observe)
			s.pass(row.stale - 1)
			s.wait()
			if got := s.condition(v1alpha1.ConditionDataFresh).Status; got != metav1.ConditionTrue {
				t.Errorf("DataFresh is %s too soon", got)
			}
			s.pass(1)
			s.wait()
			if got := s.condition(v1alpha1.ConditionDataFresh).Reason; got != v1alpha1.ReasonDataStale {
				t.Errorf("DataFresh is %s too late", got)
			}
		})
	}
}

// TestPolicyEdits re-plan at once, and start nothing at once.
func TestPolicyEdits(t *testing.T) {
	s := newScheduled(t) // every 24h, observed every 720h; the data is 7 hours old
	plan := func(change func(*v1alpha1.BankConnectionSpec)) (refresh, observe time.Duration) {
		s.edit(change)
		s.wait()
		if s.status().NextRefreshTime != nil {
			refresh = s.status().NextRefreshTime.Sub(s.now)
		}
		return refresh, s.status().NextObserveTime.Sub(s.now)
	}
	within := func(what string, got, least, most time.Duration) {
		t.Helper()
		if got < least || got > most {
			t.Errorf("%s after %v, not within %v to %v", what, got, least, most)
		}
	}
	refresh, observe := plan(every(12*time.Hour, 48*time.Hour))
	within("shortened refresh", refresh, 5*time.Hour, 5*time.Hour+72*time.Minute+2*time.Second)
	within("shortened observe", observe, 47*time.Hour, 52*time.Hour)
	refresh, observe = plan(every(48*time.Hour, 240*time.Hour))
	within("lengthened refresh", refresh, 41*time.Hour, 46*time.Hour)
	within("lengthened observe", observe, 239*time.Hour, 263*time.Hour)
	refresh, _ = plan(every(time.Hour, 240*time.Hour))
	within("overdue refresh", refresh, 13*time.Minute, 13*time.Minute+2*time.Second)
	s.pass(5 * time.Minute)
	again, _ := plan(every(2*time.Hour, 240*time.Hour))
	within("overdue refresh, edited again", again, refresh-5*time.Minute, refresh-5*time.Minute)
	refresh, observe = plan(manual)
	within("removed refresh", refresh, 0, 0)
	within("removed observe", observe, 22*time.Hour, 26*time.Hour)
	s.Instance.Policy = daily()
	s.wait()
	within("the instance's refresh", s.status().NextRefreshTime.Sub(s.now), 16*time.Hour, 20*time.Hour)
	s.Instance.Policy = nil
	s.wait()
	if s.status().NextRefreshTime != nil {
		t.Error("a policy that is gone has a plan")
	}
}

// TestPolicyEditsWhileFlinksIsDown neither hurry a retry nor lose it.
func TestPolicyEditsWhileFlinksIsDown(t *testing.T) {
	s := newBound(t)
	s.edit(every(24*time.Hour, 5*time.Minute))
	s.wait()
	err := noAnswer(flinks.OpObserve)
	err.RetryAfter = 24 * time.Hour
	s.observeFails(err)
	s.quietFor(16 * time.Hour)
	retry := s.status().NextObserveTime
	s.edit(every(24*time.Hour, 10*time.Minute))
	s.wait()
	if !s.status().NextObserveTime.Equal(retry) {
		t.Errorf("the retry moved from %v to %v", retry, s.status().NextObserveTime)
	}
}

// TestFailedObservesArePaced, whatever the policy and whatever Flinks fails with.
func TestFailedObservesArePaced(t *testing.T) {
	s := newFixture(t)
	s.edit(every(24*time.Hour, 5*time.Minute))
	s.observed(s.now)
	s.passUntil(s.status().NextObserveTime)
	began, calls := s.now, 0
	for s.now.Sub(began) < 24*time.Hour {
		if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Observe](a) {
			err := noAnswer(flinks.OpObserve)
			if calls%2 == 0 {
				err = refusal(flinks.OpObserve, flinks.CodeAggregationError, false)
			}
			s.observeFails(err)
			calls++
			s.restart() // The pace is on record.
			s.decides(waits)
		}
		next, ok := s.next()
		if !ok {
			t.Fatal("nothing will ever be done again")
		}
		s.now = next
	}
	if calls > 40 {
		t.Errorf("%d calls in a day to a Flinks that is down", calls)
	}
	if got := s.status().LastError.StartTime.Sub(began); got > 2*time.Second {
		t.Errorf("the trouble is said to have begun after %v", got)
	}
}

// TestSucceededAttemptIsNotRepeated within the interval, even if Flinks never says
// that the data is newer.
func TestSucceededAttemptIsNotRepeated(t *testing.T) {
	for name, finish := range map[string]func(s *fixture){
		"no data":    func(s *fixture) { s.pass(30 * time.Minute); s.wait() },
		"older data": func(s *fixture) { s.collected(flinks.AccountsDetail{LastRefresh: s.status().LastRefreshTime.Time}) },
		"not enabled": func(s *fixture) {
			s.collectFails(refusal(flinks.OpGetAccountsDetail, flinks.CodeMethodNotAvailable, false))
		},
		"bank says no": func(s *fixture) {
			s.collectFails(refusal(flinks.OpGetAccountsDetail, flinks.CodeUnauthorized, true))
			s.pass(time.Second)
			s.observed(s.status().LastRefreshTime.Time)
		},
		"no transaction": func(s *fixture) { s.collectFails(refusal(flinks.OpGetAccountsDetail, flinks.CodeNoTransaction, true)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			started := s.now
			s.refreshSucceeds()
			finish(s)
			if got := s.status().NextRefreshTime.Sub(started); got < 24*time.Hour {
				t.Errorf("the next refresh comes after %v", got)
			}
		})
	}
}

// TestDataTimeIsAskedFor once if the data never came, and its time is unknown.
func TestDataTimeIsAskedFor(t *testing.T) {
	s := newDue(t)
	s.refreshSucceeds()
	s.pass(30 * time.Minute)
	s.wait()
	s.decides(observes)
	s.observed(s.status().LastRefreshTime.Time)
	s.quietFor(23 * time.Hour)
}

// TestNext: there is always a next time while there is something to do, it never
// comes late, and it never comes at once twice.
func TestNext(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    func(s *fixture) *metav1.Time
	}{
		"scheduled": {func(*fixture) {}, func(s *fixture) *metav1.Time { return s.status().NextRefreshTime }},
		"manual":    {func(s *fixture) { s.edit(manual); s.wait() }, func(s *fixture) *metav1.Time { return s.status().NextObserveTime }},
		"claimed":   {func(s *fixture) { s.now = s.status().NextRefreshTime.Time; s.claim() }, notBefore},
		"asked": {func(s *fixture) { s.request("1"); s.refreshAsks() }, func(s *fixture) *metav1.Time {
			return &metav1.Time{Time: s.NotUntil}
		}},
		"link about to expire": {func(s *fixture) { s.request("1"); s.refreshAsks(); s.NotUntil = s.now.Add(24 * time.Hour) }, func(s *fixture) *metav1.Time {
			return s.status().Reconnect.Question.ExpirationTime
		}},
		"suspended":                {func(s *fixture) { suspend(s) }, dataNotice},
		"suspended from the start": {func(s *fixture) { *s = *newFixture(s.t); suspend(s) }, func(*fixture) *metav1.Time { return nil }},
		"suspended with a link": {func(s *fixture) { s.request("1"); s.refreshAsks(); suspend(s) }, func(s *fixture) *metav1.Time {
			return s.status().Reconnect.Question.ExpirationTime
		}},
		"deleting with a link": {func(s *fixture) { s.request("1"); s.refreshAsks(); s.delete(); s.NotUntil = s.now.Add(24 * time.Hour) }, func(s *fixture) *metav1.Time {
			return s.status().Reconnect.Question.ExpirationTime
		}},
		"instance missing": {func(s *fixture) {
			s.edit(manual)
			s.Instance.Problem = v1alpha1.ReasonInstanceNotFound
			s.wait()
		}, func(s *fixture) *metav1.Time { return &metav1.Time{Time: s.now.Add(10 * time.Minute)} }},
		"instance missing, data about to expire": {func(s *fixture) {
			s.edit(manual)
			s.Instance.Problem = v1alpha1.ReasonInstanceNotFound
			s.wait()
			s.now = dataNotice(s).Add(-5 * time.Minute)
		}, dataNotice},
		"instance missing, with a plan": {func(s *fixture) {
			s.Instance.Problem = v1alpha1.ReasonInstanceNotFound
			s.wait()
			s.now = s.status().CredentialsExpiryTime.Add(-5 * time.Minute)
		}, func(s *fixture) *metav1.Time { return s.status().CredentialsExpiryTime }},
		"collecting, paced": {func(s *fixture) { s.request("1"); s.refreshSucceeds(); s.NotUntil = s.now.Add(24 * time.Hour) }, func(s *fixture) *metav1.Time {
			return &metav1.Time{Time: s.status().Refresh.LastResult.AnswerTime.Add(30 * time.Minute)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScheduled(t)
			row.arrange(s)
			got, ok := s.next()
			want := row.want(s)
			if ok != (want != nil) {
				t.Fatalf("Next is %v, %v, not %v", got, ok, want)
			}
			if ok && got.Sub(want.Time).Abs() > time.Second {
				t.Errorf("Next is %v, not %v", got, want)
			}
		})
	}
}
