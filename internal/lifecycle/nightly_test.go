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

var (
	switchesOn  = lifecycle.SetNightlyRefresh{Active: true}
	switchesOff = lifecycle.SetNightlyRefresh{}
)

func nightly(spec *v1alpha1.BankConnectionSpec) {
	spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshNightly}
}

// newNightly returns a connection that was just bound, with data of six hours ago, and
// whose nightly refresh is off.
func newNightly(t testing.TB) *fixture {
	t.Helper()
	s := newFixture(t)
	s.edit(nightly)
	s.sees(s.now.Add(-6*time.Hour), false)
	return s
}

// newEnabled returns a connection whose nightly refresh was switched on, and read back.
func newEnabled(t testing.TB) *fixture {
	t.Helper()
	s := newNightly(t)
	s.switches(switchesOn)
	s.passUntil(s.status().NextObserveTime)
	s.sees(s.status().LastRefreshTime.Time, true)
	return s
}

// sees records an observe that tells the flag.
func (s *fixture) sees(lastRefresh time.Time, scheduled bool) {
	s.t.Helper()
	s.record(lifecycle.Outcome{
		Action: observes, Identity: identity,
		Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: lastRefresh, ScheduledRefresh: scheduled},
	})
}

// switches lets a second pass and records a switch that is due.
func (s *fixture) switches(a lifecycle.Action) {
	s.t.Helper()
	s.pass(time.Second)
	s.decides(a)
	s.record(lifecycle.Outcome{Action: a, Identity: identity})
}

func (s *fixture) switchFails(a lifecycle.Action, err *flinks.Error) {
	s.t.Helper()
	s.pass(time.Second)
	s.decides(a)
	s.record(lifecycle.Outcome{Action: a, Identity: identity, Err: err})
}

// passObserve lets time pass until the next observe is due.
func (s *fixture) passObserve() {
	s.t.Helper()
	s.passUntil(s.status().NextObserveTime)
	s.decides(observes)
}

const setScheduled = flinks.OpSetScheduledRefresh

func unavailable() *flinks.Error { return refusal(setScheduled, flinks.CodeMethodNotAvailable, false) }

// TestNightlyDecisions starts from a connection whose nightly refresh is on.
func TestNightlyDecisions(t *testing.T) {
	off := func(s *fixture) { s.passObserve(); s.sees(s.status().LastRefreshTime.Time, false) }
	for name, row := range map[string]decision{
		"on":                              {func(*fixture) {}, waits},
		"a month later":                   {func(s *fixture) { s.pass(30 * 24 * time.Hour) }, observes},
		"off from the start":              {func(s *fixture) { *s = *newNightly(s.t) }, switchesOn},
		"off from the start, paced":       {func(s *fixture) { *s = *newNightly(s.t); s.NotUntil = s.now.Add(1) }, waits},
		"not read back yet":               {func(s *fixture) { *s = *newNightly(s.t); s.switches(switchesOn) }, waits},
		"to be read back":                 {func(s *fixture) { *s = *newNightly(s.t); s.switches(switchesOn); s.pass(62 * time.Second) }, observes},
		"read back as off":                {func(s *fixture) { *s = *newNightly(s.t); s.switches(switchesOn); off(s) }, waits},
		"switched off by another program": {off, switchesOn},
		"off, the instance not well":      {func(s *fixture) { off(s); s.Instance.Problem = v1alpha1.ReasonInstanceNotReady }, waits},
		"off, a duplicate":                {func(s *fixture) { off(s); s.Duplicate = true }, waits},
		"off, going":                      {func(s *fixture) { off(s); s.delete() }, deletes},
		"off, and trouble since":          {func(s *fixture) { off(s); s.observeFails(noAnswer(flinks.OpObserve)) }, waits},
		"off, the bank down":              {func(s *fixture) { off(s); s.observeFails(replay(flinks.CodeRetryLater)) }, waits},
		"off, a request": {func(s *fixture) { off(s); s.request("1") },
			lifecycle.Refresh{Request: "1"}},
		"suspended": {suspend, switchesOff},
		"suspended, a request": {func(s *fixture) { suspend(s); s.request("1") },
			lifecycle.SetNightlyRefresh{Refusal: lifecycle.Refusal{Request: "1", Reason: v1alpha1.ReasonSuspended}}},
		"suspended, the instance not well": {func(s *fixture) { suspend(s); s.Instance.Problem = v1alpha1.ReasonInstanceNotReady }, waits},
		"suspended, a duplicate":           {func(s *fixture) { suspend(s); s.Duplicate = true }, waits},
		"suspended and off":                {func(s *fixture) { suspend(s); s.switches(switchesOff) }, waits},
		"resumed":                          {func(s *fixture) { suspend(s); s.switches(switchesOff); resume(s) }, switchesOn},
		"resumed before it was off":        {func(s *fixture) { suspend(s); resume(s) }, waits},
		"policy left":                      {func(s *fixture) { s.edit(manual); s.wait() }, switchesOff},
		"policy left, not on record":       {func(s *fixture) { s.edit(manual) }, waits},
		"policy left, off":                 {func(s *fixture) { s.edit(manual); s.wait(); s.switches(switchesOff) }, waits},
		"policy not known now": {func(s *fixture) {
			s.Instance.Policy = s.Connection.Spec.RefreshPolicy
			s.edit(manual)
			s.wait()
			s.Instance = lifecycle.Instance{Problem: v1alpha1.ReasonInstanceNotFound}
			s.wait()
		}, waits},
		"left out":            {func(s *fixture) { s.Ineligible = true }, observes},
		"left out, paced":     {func(s *fixture) { s.Ineligible = true; s.NotUntil = s.now.Add(1) }, waits},
		"left out, suspended": {func(s *fixture) { suspend(s); s.switches(switchesOff); s.Ineligible = true }, waits},
		"left out, manual":    {func(s *fixture) { s.edit(manual); s.wait(); s.switches(switchesOff); s.Ineligible = true }, waits},
	} {
		t.Run(name, func(t *testing.T) {
			s := newEnabled(t)
			row.arrange(s)
			s.decides(row.want)
		})
	}
}

// TestNightlyPolicyIsAdopted: whether the flag is on is not known of a connection
// that was observed under another policy, and of one whose bank fails.
func TestNightlyPolicyIsAdopted(t *testing.T) {
	for name, row := range map[string]decision{
		"another policy":        {func(*fixture) {}, switchesOn},
		"bank down":             {func(s *fixture) { s.observeFails(replay(flinks.CodeRetryLater)) }, switchesOn},
		"Flinks down":           {func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)) }, waits},
		"customer asked to act": {func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidPassword)) }, waits},
		"login gone":            {func(s *fixture) { s.observeFails(gone()) }, waits},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			row.arrange(s)
			s.edit(nightly)
			s.wait()
			s.decides(row.want)
			if row.want == waits {
				return
			}
			s.switches(row.want)
			if n := s.status().Nightly; n == nil || n.Enabled || n.CorrectionTime == nil {
				t.Errorf("nightly: %+v", n)
			}
		})
	}
}

// TestNightlyIsReadBack: enabled is what Flinks said, and nothing else.
func TestNightlyIsReadBack(t *testing.T) {
	s := newNightly(t)
	s.switches(switchesOn)
	if s.status().Nightly.Enabled {
		t.Error("enabled before Flinks said so")
	}
	s.passObserve()
	if d := s.now.Sub(s.status().Nightly.CorrectionTime.Time); d < time.Minute || d > time.Minute+time.Second {
		t.Errorf("read back after %v", d)
	}
	s.sees(s.status().LastRefreshTime.Time, true)
	want := &v1alpha1.NightlyStatus{
		Enabled:               true,
		EligibilityExpiryTime: ago(s, -7*24*time.Hour),
		CorrectionTime:        s.status().Nightly.CorrectionTime,
	}
	if diff := cmp.Diff(want, s.status().Nightly); diff != "" {
		t.Errorf("nightly (-want +got):\n%s", diff)
	}
	s.passObserve()
	if d := s.now.Sub(s.status().LastObservedTime.Time); d < 24*time.Hour || d > 27*time.Hour {
		t.Errorf("the next observe comes after %v", d)
	}
}

// TestNightlyIsNotFoughtOver: if another program switches nightly refresh off each time, the
// operator switches it on once a day, however often it observes.
func TestNightlyIsNotFoughtOver(t *testing.T) {
	s := newNightly(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) {
		spec.RefreshPolicy.ObserveInterval = &metav1.Duration{Duration: 5 * time.Minute}
	})
	s.wait()
	corrections, observesMade := 0, 0
	for end := s.now.Add(10 * 24 * time.Hour); s.now.Before(end); {
		switch a := lifecycle.Decide(s.now, s.Inputs); a {
		case switchesOn:
			corrections++
			s.record(lifecycle.Outcome{Action: a, Identity: identity})
		case observes:
			observesMade++
			s.sees(s.now.Add(-time.Hour), false)
		default:
			s.wait()
		}
		s.now, _ = s.next()
	}
	if corrections < 9 || corrections > 10 || observesMade < 1000 {
		t.Errorf("%d corrections and %d observes in ten days", corrections, observesMade)
	}
}

// TestNightlyStaysEligible whatever the policy says.
func TestNightlyStaysEligible(t *testing.T) {
	s := newEnabled(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) {
		spec.RefreshPolicy.ObserveInterval = &metav1.Duration{Duration: 720 * time.Hour}
	})
	s.wait()
	if !s.status().NextObserveTime.Before(s.status().Nightly.EligibilityExpiryTime) {
		t.Errorf("the next observe is at %v, eligible until %v", s.status().NextObserveTime, s.status().Nightly.EligibilityExpiryTime)
	}
}

// TestNightlyNeverRefreshes: whatever an observe or a switch comes to, no live
// session starts by itself.
func TestNightlyNeverRefreshes(t *testing.T) {
	forEachError(t, flinks.OpObserve, func(t *testing.T, err *flinks.Error) {
		s := newEnabled(t)
		s.passObserve()
		s.observeFails(err)
		s.neverRefreshes()
	})
	forEachError(t, setScheduled, func(t *testing.T, err *flinks.Error) {
		s := newNightly(t)
		s.switchFails(switchesOn, err)
		s.neverRefreshes()
	})
}

// TestSwitchErrors: a switch that failed is tried again after an hour and an observe,
// one that the instance does not offer after a day; it says nothing about the login.
func TestSwitchErrors(t *testing.T) {
	forEachError(t, setScheduled, func(t *testing.T, err *flinks.Error) {
		s := newNightly(t)
		s.switchFails(switchesOn, err)
		if s.condition(v1alpha1.ConditionReady).Status != "True" || s.status().Reconnect != nil || s.kstatus() != "Current" {
			t.Errorf("the connection is not well: %+v", s.status())
		}
		if err.Code == flinks.CodeMethodNotAvailable {
			s.quietFor(24 * time.Hour)
			return
		}
		want := string(err.Code)
		if lifecycle.SuspectsKeys(err) && !err.InSession && err.Code != flinks.CodeUnrecognized {
			want = v1alpha1.ReasonCardCredentialRefused
		}
		if got := s.status().LastError; got == nil || got.Code != want {
			t.Errorf("lastError is %+v, want %s", got, want)
		}
		s.quietFor(time.Hour)
		s.pass(2 * time.Second)
		s.decides(observes)
		s.sees(s.status().LastRefreshTime.Time, false)
		s.switches(switchesOn)
	})
}

// TestSwitchOffErrors: a suspended object tries once an hour, and leaves it where
// that is in vain.
func TestSwitchOffErrors(t *testing.T) {
	forEachError(t, setScheduled, func(t *testing.T, err *flinks.Error) {
		s := newEnabled(t)
		suspend(s)
		s.switchFails(switchesOff, err)
		never := err.Class == flinks.ClassGone || err.Class == flinks.ClassConfig
		if never && err.Delivery == flinks.Answered && err.Code != flinks.CodeHostUnproven {
			if s.status().Nightly != nil {
				t.Error("it is tried for ever")
			}
			s.quietFor(1000 * time.Hour)
			return
		}
		s.restart()
		s.quietFor(time.Hour)
		s.now, _ = s.next()
		s.switches(switchesOff)
		if s.status().Nightly != nil || s.status().LastError != nil {
			t.Errorf("nightly %+v, lastError %+v", s.status().Nightly, s.status().LastError)
		}
		if next, ok := s.next(); ok && next.Before(dataNotice(s).Time) {
			t.Errorf("a suspended object is looked at at %v", next)
		}
	})
}

// TestSwitchWithoutSecret: a suspended object looks once an hour, any other finds
// out by observes.
func TestSwitchWithoutSecret(t *testing.T) {
	s := newEnabled(t)
	suspend(s)
	s.problem(lifecycle.SetNightlyRefresh{}, v1alpha1.ReasonSecretNotFound)
	s.restart()
	s.quietFor(time.Hour)
	s.pass(time.Second)
	s.decides(switchesOff)

	s = newNightly(t)
	s.problem(lifecycle.SetNightlyRefresh{}, v1alpha1.ReasonSecretNotFound)
	if got := s.condition(v1alpha1.ConditionReady).Reason; got != v1alpha1.ReasonSecretNotFound {
		t.Errorf("Ready says %s", got)
	}
	s.pass(time.Second)
	s.decides(observes)
}

// TestPolicyLeftWhileFlinksFails: it is switched off in the end, once an hour at most.
func TestPolicyLeftWhileFlinksFails(t *testing.T) {
	s := newEnabled(t)
	s.edit(manual)
	s.wait()
	for range 5 {
		s.switchFails(switchesOff, noAnswer(setScheduled))
		s.quietFor(time.Hour)
		s.pass(2 * time.Second)
		s.decides(observes)
		s.sees(s.status().LastRefreshTime.Time, true)
	}
	s.switches(switchesOff)
	if s.status().Nightly != nil {
		t.Errorf("nightly: %+v", s.status().Nightly)
	}
}

// TestNightlyUnavailable: the condition stays while the instance, asked once a day,
// says so; the connection is well.
func TestNightlyUnavailable(t *testing.T) {
	const condition = v1alpha1.ConditionNightlyUnavailable
	s := newNightly(t)
	s.switchFails(switchesOn, unavailable())
	for range 5 {
		if got := s.shown().Conditions[condition]; got != "True MethodNotAvailable" || s.kstatus() != "Current" {
			t.Fatalf("%s is %q", condition, got)
		}
		said := s.now
		for s.now.Sub(said) < 24*time.Hour {
			s.passObserve()
			s.sees(s.now.Add(-time.Hour), false)
		}
		s.switchFails(switchesOn, unavailable())
	}
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = &v1alpha1.ReconnectSpec{Language: "fr"} })
	s.wait()
	s.decides(switchesOn)
	s.switchFails(switchesOn, unavailable())
	s.edit(manual)
	s.wait()
	if got := s.shown().Conditions[condition]; got != "" {
		t.Errorf("%s is %q under another policy", condition, got)
	}
}

func TestNightlyEvents(t *testing.T) {
	s := newNightly(t)
	before := s.Connection
	s.switchFails(switchesOn, unavailable())
	want := []string{"Warning NightlyUnavailable MethodNotAvailable"}
	if diff := cmp.Diff(want, summaries(t, lifecycle.Events(&before.Status, s.status()))); diff != "" {
		t.Errorf("unavailable (-want +got):\n%s", diff)
	}
	for _, a := range []lifecycle.Action{switchesOn, switchesOff} {
		if diff := cmp.Diff([]string{"Normal SetNightlyRefresh NightlyCorrected"}, summaries(t, lifecycle.NightlyEvents(s.Connection, lifecycle.Outcome{Action: a}))); diff != "" {
			t.Errorf("corrected (-want +got):\n%s", diff)
		}
		for _, o := range []lifecycle.Outcome{{Action: a, Err: unavailable()}, {Action: a, Problem: v1alpha1.ReasonSecretNotFound}, {Action: observes}} {
			if events := lifecycle.NightlyEvents(s.Connection, o); len(events) > 0 {
				t.Errorf("%+v: %v", o, events)
			}
		}
	}
}
