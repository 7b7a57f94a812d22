package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const toronto = "America/Toronto"

func cron(expression string) *v1alpha1.RefreshPolicySpec {
	return &v1alpha1.RefreshPolicySpec{
		Type: v1alpha1.RefreshScheduled, Schedule: expression, TimeZone: toronto,
		ObserveInterval: &metav1.Duration{Duration: 720 * time.Hour},
	}
}

// atNoon returns a connection with the given policy, bound a moment ago at noon in
// Toronto, on a Wednesday in winter, with data of that morning.
func atNoon(t *testing.T, p *v1alpha1.RefreshPolicySpec) *fixture {
	t.Helper()
	s := newFixture(t)
	s.now = torontoTime(t, "2031-01-15 12:00")
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = p })
	s.observed(s.now.Add(-3 * time.Hour))
	return s
}

func torontoTime(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation(toronto)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// plannedWithin fails unless the next refresh is at a time or up to the jitter of a
// schedule later, and never earlier.
func (s *fixture) plannedWithin(at time.Time) {
	s.t.Helper()
	got := s.status().NextRefreshTime
	if got == nil || got.Time.Before(at) || got.After(at.Add(6*time.Minute+time.Second)) {
		s.t.Fatalf("the next refresh is planned for %v, not for %v", got, at)
	}
}

func (s *fixture) refreshAndCollect() {
	s.t.Helper()
	s.refreshSucceeds()
	s.collected(flinks.AccountsDetail{LastRefresh: s.now})
}

func TestCronSchedule(t *testing.T) {
	s := atNoon(t, cron("0 9 * * 1-5"))
	for _, day := range []string{"2031-01-16", "2031-01-17", "2031-01-20"} {
		nine := torontoTime(t, day+" 09:00")
		s.plannedWithin(nine)
		s.now = s.status().NextRefreshTime.Add(-time.Nanosecond)
		s.decides(lifecycle.Wait{})
		s.passUntil(s.status().NextRefreshTime)
		s.startsRefresh()
		s.refreshAndCollect()
	}
}

// TestCronOnClockChanges: once on each of the two days, neither twice nor never.
func TestCronOnClockChanges(t *testing.T) {
	for _, first := range []string{"2031-03-08 12:00", "2031-11-01 12:00"} {
		for _, expression := range []string{"30 1 * * *", "30 2 * * *"} {
			s := atNoon(t, cron(expression))
			s.now = torontoTime(t, first)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { *st = v1alpha1.BankConnectionStatus{} })
			s.observed(s.now.Add(-time.Hour))
			fires := 0
			for end := s.now.Add(48 * time.Hour); s.status().NextRefreshTime.Time.Before(end); fires++ {
				s.passUntil(s.status().NextRefreshTime)
				s.startsRefresh()
				s.refreshAndCollect()
			}
			if fires != 2 {
				t.Errorf("%s: %d refreshes in the two nights from %s", expression, fires, first)
			}
		}
	}
}

func TestMissedTimesAreMadeUpForOnce(t *testing.T) {
	s := atNoon(t, cron("0 9 * * *"))
	s.now = torontoTime(t, "2031-01-20 15:00") // Nothing ran for days.
	s.restart()
	s.startsRefresh()
	s.refreshAndCollect()
	s.plannedWithin(torontoTime(t, "2031-01-21 09:00"))
}

// TestScheduleEditsStartNothing: a new schedule has missed nothing.
func TestScheduleEditsStartNothing(t *testing.T) {
	tests := map[string]struct {
		before, after *v1alpha1.RefreshPolicySpec
		want          string
	}{
		"to an earlier time of day": {cron("0 13 * * *"), cron("0 11 * * *"), "2031-01-16 11:00"},
		"from manual":               {&v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}, cron("0 11 * * *"), "2031-01-16 11:00"},
		"from weekly to daily":      {cron("0 9 * * 1"), cron("0 10 * * *"), "2031-01-16 10:00"},
		"of the time zone": {cron("0 9 * * *"), func() *v1alpha1.RefreshPolicySpec {
			p := cron("0 17 * * *")
			p.TimeZone = "UTC"
			return p
		}(), "2031-01-16 12:00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := atNoon(t, tt.before)
			s.pass(time.Minute)
			s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = tt.after })
			s.decides(lifecycle.Wait{})
			s.wait()
			s.plannedWithin(torontoTime(t, tt.want))
		})
	}
}

func office() []v1alpha1.RefreshWindow {
	return []v1alpha1.RefreshWindow{{
		Days: []v1alpha1.Weekday{"Mon", "Tue", "Wed", "Thu", "Fri"}, Start: "09:00", End: "21:00", TimeZone: toronto,
	}}
}

func TestWindowsHoldRefreshesBack(t *testing.T) {
	p := daily()
	p.AllowedWindows = office()
	s := atNoon(t, p)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.LastRefreshTime.Time = torontoTime(t, "2031-01-15 03:00") })
	s.wait()
	s.plannedWithin(torontoTime(t, "2031-01-16 09:00"))
	s.now = torontoTime(t, "2031-01-16 06:00")
	s.decides(lifecycle.Wait{})
	s.passUntil(s.status().NextRefreshTime)
	s.startsRefresh()

	// What could not run in its window waits for the next one, over the weekend.
	s.now = torontoTime(t, "2031-01-17 22:00")
	s.decides(lifecycle.Wait{})
	s.wait()
	s.plannedWithin(torontoTime(t, "2031-01-20 09:00"))

	// A customer who requests a refresh is available.
	s.request("now")
	s.decides(lifecycle.Refresh{Request: "now"})
}

// TestZoneOfAWindow: a window without a zone of its own is in the zone of the policy.
func TestZoneOfAWindow(t *testing.T) {
	for name, tt := range map[string]struct{ policy, window, open string }{
		"of the policy": {toronto, "", "2031-01-16 09:00"},
		"its own":       {"Asia/Tokyo", toronto, "2031-01-16 09:00"},
		"UTC":           {"", "", "2031-01-16 04:00"},
	} {
		t.Run(name, func(t *testing.T) {
			p := daily()
			p.TimeZone, p.AllowedWindows = tt.policy, office()
			p.AllowedWindows[0].TimeZone = tt.window
			s := atNoon(t, p)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.LastRefreshTime.Time = torontoTime(t, "2031-01-15 03:00") })
			s.wait()
			s.plannedWithin(torontoTime(t, tt.open))
		})
	}
}

// TestPlanStaysWhenAWindowOpensSoon: looking twice does not bring a plan forward, which
// would be a write each time.
func TestPlanStaysWhenAWindowOpensSoon(t *testing.T) {
	p := daily()
	p.AllowedWindows = office()
	for before := time.Duration(0); before < 20*time.Minute; before += 10 * time.Second {
		s := atNoon(t, p)
		s.now = torontoTime(t, "2031-01-20 09:00").Add(-before)
		s.wait() // which looks twice
	}
}

func TestPoliciesThatCanNeverWork(t *testing.T) {
	never := cron("0 0 31 2 *")
	tooOften := cron("*/5 * * * *")
	zone := cron("0 9 * * *")
	zone.TimeZone = "Mars/Olympus"
	window := daily()
	window.AllowedWindows = office()
	window.AllowedWindows[0].TimeZone = "Mars/Olympus"
	for name, p := range map[string]*v1alpha1.RefreshPolicySpec{
		"never fires": never, "too often": tooOften, "zone": zone, "window": window, "garbage": cron("a b c d e"), "every": cron("@every 1h"),
	} {
		t.Run(name, func(t *testing.T) {
			s := atNoon(t, p)
			if got := s.condition(v1alpha1.ConditionReady); got.Status != metav1.ConditionFalse || got.Reason != v1alpha1.ReasonInvalidSpec {
				t.Errorf("Ready: %+v", got)
			}
			if s.condition(v1alpha1.ConditionStalled).Status != metav1.ConditionTrue || s.status().NextRefreshTime != nil {
				t.Errorf("status: %+v", s.status())
			}
			s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = cron("0 9 * * *") })
			s.wait()
			if got := s.condition(v1alpha1.ConditionReady); got.Status != metav1.ConditionTrue {
				t.Errorf("Ready after the mending: %+v", got)
			}
		})
	}
}

func TestEffectivePolicyIsVisible(t *testing.T) {
	s := atNoon(t, nil)
	since := metav1.Time{Time: s.now.UTC()}
	expect := func(want v1alpha1.EffectivePolicy) {
		t.Helper()
		if diff := cmp.Diff(&want, s.status().RefreshPolicy); diff != "" {
			t.Errorf("status.refreshPolicy (-want +got):\n%s", diff)
		}
	}
	expect(v1alpha1.EffectivePolicy{
		Source: v1alpha1.PolicyDefault, Type: v1alpha1.RefreshManual,
		ObserveInterval: hours(24), MaxDataAge: hours(2160), EffectiveTime: since,
	})

	s.pass(time.Hour)
	s.Instance.Policy = cron("0 9 * * *")
	s.wait()
	changed := metav1.Time{Time: s.now.UTC()}
	expect(v1alpha1.EffectivePolicy{
		Source: v1alpha1.PolicyFromInstance, Type: v1alpha1.RefreshScheduled,
		Schedule: "0 9 * * *", TimeZone: toronto, ObserveInterval: hours(720), MaxDataAge: hours(2160), EffectiveTime: changed,
	})

	s.pass(time.Hour)
	s.Instance = lifecycle.Instance{Problem: v1alpha1.ReasonInstanceNotFound}
	s.wait()
	if got := s.status().RefreshPolicy; got.Source != v1alpha1.PolicyFromInstance || !got.EffectiveTime.Equal(&changed) {
		t.Errorf("an instance that is gone took its policy along: %+v", got)
	}
}

// TestShortWindows: one that is over before an object's jitter is still one.
func TestShortWindows(t *testing.T) {
	for i := range 100 {
		p := daily()
		p.AllowedWindows = []v1alpha1.RefreshWindow{{Start: "09:00", End: "09:01", TimeZone: toronto}}
		s := newFixture(t)
		s.Connection.UID = types.UID(fmt.Sprintf("%08d-5d42-4b86-9b8e-1a2b3c4d5e6f", i))
		s.now = torontoTime(t, "2031-01-15 12:00")
		s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = p })
		s.observed(s.now.Add(-48 * time.Hour))
		s.passUntil(s.status().NextRefreshTime)
		s.startsRefresh()
	}
}
