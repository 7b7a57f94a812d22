package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

func hours(n int) *metav1.Duration {
	return &metav1.Duration{Duration: time.Duration(n) * time.Hour}
}

// named makes a connection name a policy, which may be missing.
func (s *fixture) named(p *v1alpha1.RefreshPolicySpec) {
	s.edit(func(spec *v1alpha1.BankConnectionSpec) {
		spec.RefreshPolicy = nil
		spec.RefreshPolicyRef = &v1alpha1.RefreshPolicyReference{Name: "nightly"}
	})
	s.Policy = p
}

// namedAtNoon returns the same as atNoon, with a policy of its own Kind.
func namedAtNoon(t *testing.T, p *v1alpha1.RefreshPolicySpec) *fixture {
	t.Helper()
	s := newFixture(t)
	s.now = torontoTime(t, "2031-01-15 12:00")
	s.named(p)
	s.observed(s.now.Add(-3 * time.Hour))
	return s
}

// effect is what a policy makes of a connection.
type effect struct {
	Policy           v1alpha1.EffectivePolicy
	Refresh, Observe *metav1.Time
	Ready, Missing   string
}

func (s *fixture) effect() effect {
	s.t.Helper()
	e := effect{Refresh: s.status().NextRefreshTime, Observe: s.status().NextObserveTime}
	if p := s.status().RefreshPolicy; p != nil {
		e.Policy = *p
	}
	e.Ready = s.condition(v1alpha1.ConditionReady).Reason
	e.Missing = s.condition(v1alpha1.ConditionPolicyMissing).Reason
	return e
}

func (s *fixture) hasEffect(want effect) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.effect()); diff != "" {
		s.t.Fatalf("effect of the policy (-want +got):\n%s", diff)
	}
}

// TestNamedPolicyIsAsAnInlineOne: it makes the same plan.
func TestNamedPolicyIsAsAnInlineOne(t *testing.T) {
	own := daily()
	own.AllowedWindows, own.MaxDataAge = office(), hours(48)
	for name, p := range map[string]*v1alpha1.RefreshPolicySpec{
		"manual": {Type: v1alpha1.RefreshManual}, "interval": own, "schedule": cron("0 9 * * 1-5"), "never": cron("0 0 31 2 *"),
	} {
		t.Run(name, func(t *testing.T) {
			inline := atNoon(t, p)
			want := inline.effect()
			want.Policy.Source = v1alpha1.PolicyFromRefreshPolicy
			namedAtNoon(t, p).hasEffect(want)
		})
	}
}

// TestNamedPolicyGoesFirst: before the instance's default, whether it is there or not.
func TestNamedPolicyGoesFirst(t *testing.T) {
	s := namedAtNoon(t, cron("0 9 * * *"))
	s.Instance.Policy = cron("0 15 * * *")
	s.wait()
	s.plannedWithin(torontoTime(t, "2031-01-16 09:00"))
	s.Policy = nil
	s.wait()
	if s.status().NextRefreshTime != nil {
		t.Errorf("a refresh is planned for %v", s.status().NextRefreshTime)
	}
}

// TestPolicyEditsReplan: an edit of the policy changes the plan, and starts nothing.
func TestPolicyEditsReplan(t *testing.T) {
	s := namedAtNoon(t, cron("0 13 * * *"))
	s.pass(time.Minute)
	for _, edit := range []struct {
		policy *v1alpha1.RefreshPolicySpec
		// want is when the next refresh is planned; hold stands for as soon as an
		// edit allows.
		want string
		hold bool
	}{
		{cron("0 11 * * *"), "2031-01-16 11:00", false},
		{daily(), "2031-01-16 09:00", false},
		{everyInterval(time.Hour), "", true},
		{cron("0 12 * * *"), "2031-01-16 12:00", false},
	} {
		s.pass(time.Second)
		s.Policy = edit.policy
		s.decides(lifecycle.Wait{})
		s.wait()
		if since := s.status().RefreshPolicy.EffectiveTime; !since.Equal(&metav1.Time{Time: s.now.Truncate(time.Second)}) {
			t.Errorf("%+v holds since %v", edit.policy, since)
		}
		got := s.status().NextRefreshTime
		switch {
		case edit.hold:
			if d := got.Sub(s.now); d < hold || d > hold+time.Second {
				t.Errorf("the refresh comes %v after the edit", d)
			}
		case got.Time.Before(torontoTime(t, edit.want)) || got.After(torontoTime(t, edit.want).Add(150*time.Minute)):
			t.Errorf("the next refresh is planned for %v, not for %v", got, edit.want)
		}
	}
}

func everyInterval(d time.Duration) *v1alpha1.RefreshPolicySpec {
	var spec v1alpha1.BankConnectionSpec
	every(d, 720*time.Hour)(&spec)
	return spec.RefreshPolicy
}

// TestEditsThatMoveNothing: what refreshes do not follow leaves a time that has come
// as it is.
func TestEditsThatMoveNothing(t *testing.T) {
	for name, change := range map[string]func(*v1alpha1.RefreshPolicySpec){
		"nothing":         func(*v1alpha1.RefreshPolicySpec) {},
		"maxDataAge":      func(p *v1alpha1.RefreshPolicySpec) { p.MaxDataAge = hours(1) },
		"observeInterval": func(p *v1alpha1.RefreshPolicySpec) { p.ObserveInterval = hours(700) },
		"allowedWindows":  func(p *v1alpha1.RefreshPolicySpec) { p.AllowedWindows = office() },
	} {
		t.Run(name, func(t *testing.T) {
			s := namedAtNoon(t, cron("0 9 * * *"))
			since := s.status().RefreshPolicy.EffectiveTime
			s.now = torontoTime(t, "2031-01-16 09:06")
			s.restart()
			p := s.Policy.DeepCopy()
			change(p)
			s.Policy = p
			s.wait()
			s.startsRefresh()
			if got := s.status().RefreshPolicy; !got.EffectiveTime.Equal(&since) {
				t.Errorf("it holds since %v, not %v", got.EffectiveTime, since)
			}
		})
	}
}

// TestMissingPolicy: no refresh starts without a request, everything else continues, and
// when the policy is back all is as before.
func TestMissingPolicy(t *testing.T) {
	p := daily()
	p.ObserveInterval, p.MaxDataAge = hours(12), hours(10)
	s := namedAtNoon(t, p)
	before := s.effect()

	s.pass(time.Minute)
	s.Policy = nil
	s.decides(lifecycle.Wait{})
	s.wait()
	gone := before
	gone.Refresh, gone.Missing = nil, v1alpha1.ReasonRefreshPolicyNotFound
	s.hasEffect(gone)
	if got := s.kstatus(); got != "Current" {
		t.Errorf("kstatus: %s", got)
	}

	s.pass(time.Minute)
	s.Policy = p.DeepCopy()
	s.wait()
	s.hasEffect(before)
}

// TestMissingPolicyIsToldOnce: by an event, and even of a suspended connection.
func TestMissingPolicyIsToldOnce(t *testing.T) {
	s := namedAtNoon(t, daily())
	suspend(s)
	s.wait()
	tell := func(p *v1alpha1.RefreshPolicySpec, want ...string) {
		t.Helper()
		before := s.Connection.Status
		s.pass(time.Minute)
		s.Policy = p
		s.wait()
		var got []string
		for _, e := range lifecycle.Events(&before, s.status()) {
			got = append(got, e.Reason)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	}
	tell(nil, v1alpha1.ReasonRefreshPolicyNotFound)
	tell(nil)
	tell(daily())
}

// TestMissingPolicyOverTime: data is read and judged as the policy said, a requested
// refresh starts, and a refresh that became due meanwhile does not start at once.
func TestMissingPolicyOverTime(t *testing.T) {
	p := daily()
	p.ObserveInterval, p.MaxDataAge = hours(12), hours(48)
	s := namedAtNoon(t, p)
	s.Policy = nil
	s.wait()
	data := s.now.Add(-3 * time.Hour)
	for range 4 {
		s.passUntil(s.status().NextObserveTime)
		s.decides(lifecycle.Observe{})
		s.observed(data)
	}
	if got := s.condition(v1alpha1.ConditionReady); got.Reason != v1alpha1.ReasonDataStale {
		t.Errorf("data of two days ago are %s", got.Reason)
	}
	s.request("now")
	s.decides(lifecycle.Refresh{Request: "now"})
	s.refreshAndCollect()
	s.pass(72 * time.Hour)
	s.Policy = p
	s.decides(lifecycle.Observe{})
	s.observed(s.now.Add(-72 * time.Hour))
	if d := s.status().NextRefreshTime.Sub(s.now); d < hold {
		t.Errorf("a refresh %v after the policy came back", d)
	}
}

// TestPolicyNeverSeen: the defaults apply, and no policy is recorded.
func TestPolicyNeverSeen(t *testing.T) {
	s := namedAtNoon(t, nil)
	if got := s.effect(); got.Policy != (v1alpha1.EffectivePolicy{}) || got.Refresh != nil ||
		got.Ready != v1alpha1.ReasonRefreshed || got.Missing != v1alpha1.ReasonRefreshPolicyNotFound {
		t.Errorf("%+v", got)
	}
	if d := s.status().NextObserveTime.Sub(s.now); d < 24*time.Hour || d > 27*time.Hour {
		t.Errorf("observed after %v", d)
	}
	s.pass(time.Hour)
	s.Policy = cron("30 12 * * *")
	s.wait()
	s.plannedWithin(torontoTime(t, "2031-01-16 12:30"))
}

// TestPolicyThatIsNotNamed: a policy that the connection does not name does not count.
func TestPolicyThatIsNotNamed(t *testing.T) {
	s := atNoon(t, nil)
	s.Policy = cron("0 9 * * *")
	s.wait()
	if got := s.effect(); got.Refresh != nil || got.Policy.Source != v1alpha1.PolicyDefault {
		t.Errorf("%+v", got)
	}
}

// TestRecordedPolicyIsKeptToBounds: any program may have edited the recorded policy.
func TestRecordedPolicyIsKeptToBounds(t *testing.T) {
	for name, row := range map[string]struct{ recorded, least, most time.Duration }{
		"negative": {-time.Hour, 5 * time.Minute, 6 * time.Minute},
		"years":    {876000 * time.Hour, 720 * time.Hour, 792*time.Hour + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := namedAtNoon(t, daily())
			s.Policy = nil
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
				st.RefreshPolicy.ObserveInterval = &metav1.Duration{Duration: row.recorded}
				st.RefreshPolicy.MaxDataAge = &metav1.Duration{Duration: row.recorded}
			})
			s.wait()
			if d := s.status().NextObserveTime.Sub(s.now); d < row.least || d > row.most {
				t.Errorf("observed after %v", d)
			}
		})
	}
}

// TestInstanceThatIsGone: its policy is not known then, and what is known of it goes
// on holding.
func TestInstanceThatIsGone(t *testing.T) {
	p := daily()
	p.MaxDataAge = hours(2)
	s := atNoon(t, nil)
	s.Instance.Policy = p
	s.wait()
	before := *s.status().RefreshPolicy
	s.Instance = lifecycle.Instance{Problem: v1alpha1.ReasonInstanceNotFound}
	s.wait()
	if diff := cmp.Diff(before, *s.status().RefreshPolicy); diff != "" {
		t.Errorf("status.refreshPolicy (-before +after):\n%s", diff)
	}
	if got := s.condition(v1alpha1.ConditionDataFresh).Reason; got != v1alpha1.ReasonDataStale {
		t.Errorf("data of three hours ago are %s", got)
	}
}

// TestUpgradeKeepsTheSchedule: an older operator recorded less. What it left out is
// filled in; a time that came while the operator was replaced is not lost, and none
// is made up that was not there.
func TestUpgradeKeepsTheSchedule(t *testing.T) {
	for name, row := range map[string]struct {
		policy *v1alpha1.RefreshPolicySpec
		after  string
		want   lifecycle.Action
	}{
		"schedule, due":         {cron("0 9 * * *"), "2031-01-16 09:10", starts},
		"schedule, not yet due": {cron("0 9 * * *"), "2031-01-16 08:59", waits},
		"interval, due":         {daily(), "2031-01-16 12:00", starts},
		"interval, not yet due": {daily(), "2031-01-16 08:59", waits},
	} {
		t.Run(name, func(t *testing.T) {
			s := atNoon(t, row.policy)
			before := s.effect()
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
				p := st.RefreshPolicy
				p.Interval, p.ObserveInterval, p.MaxDataAge = nil, nil, nil
			})
			s.now = torontoTime(t, row.after)
			s.restart()
			s.looks()
			s.decides(row.want)
			s.wait()
			s.decides(row.want)
			s.hasEffect(before)
		})
	}
}

func TestPolicyStatus(t *testing.T) {
	p := &v1alpha1.RefreshPolicy{Spec: *cron("0 9 * * *")}
	p.Generation, p.Status.ObservedGeneration = 1, -1
	now := time.Unix(0, *startFlag).UTC()
	record := func(connections int32) []string {
		t.Helper()
		before := p.Status
		p.Status = instance.RecordPolicy(now, p, connections)
		if diff := cmp.Diff(p.Status, instance.RecordPolicy(now.Add(time.Hour), p, connections)); diff != "" {
			t.Errorf("recording again changes the status:\n%s", diff)
		}
		if p.Status.ObservedGeneration != p.Generation || p.Status.Connections != connections {
			t.Errorf("status: %+v", p.Status)
		}
		var got []string
		for _, c := range p.Status.Conditions {
			if c.Message == "" || c.ObservedGeneration != p.Generation {
				t.Errorf("condition: %+v", c)
			}
			got = append(got, c.Type+"="+string(c.Status)+" "+c.Reason)
		}
		got = append(got, string(kstatusOf(t, p, "RefreshPolicy")))
		for _, e := range instance.PolicyEvents(&before, &p.Status) {
			got = append(got, e.Reason)
		}
		return got
	}
	expect := func(what string, got []string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: conditions, kstatus and events (-want +got):\n%s", what, diff)
		}
	}
	expect("new", record(0), "Ready=True PolicyAccepted", "Current", "PolicyAccepted")
	expect("counted", record(7), "Ready=True PolicyAccepted", "Current")
	p.Spec, p.Generation = *cron("0 0 31 2 *"), 2
	expect("never fires", record(7), "Ready=False InvalidSpec", "Stalled=True InvalidSpec", "Failed", "InvalidSpec")
	p.Spec, p.Generation = *cron("@every 1h"), 3
	expect("still wrong", record(7), "Ready=False InvalidSpec", "Stalled=True InvalidSpec", "Failed")
	p.Spec, p.Generation = *daily(), 4
	expect("mended", record(7), "Ready=True PolicyAccepted", "Current", "PolicyAccepted")
}
