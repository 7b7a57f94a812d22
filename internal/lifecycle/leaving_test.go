package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func nightlyPolicy(c *v1alpha1.BankConnection) {
	c.Status.RefreshPolicy = &v1alpha1.EffectivePolicy{Type: v1alpha1.RefreshNightly}
}

func manualPolicy(c *v1alpha1.BankConnection) {
	c.Status.RefreshPolicy = &v1alpha1.EffectivePolicy{Type: v1alpha1.RefreshManual}
}

// leaves are the ways to leave a login at Flinks.
var leaves = map[string]func(s *fixture){
	v1alpha1.ReasonLoginRetained: func(s *fixture) { s.edit(retain) },
	v1alpha1.ReasonSharedLogin:   func(s *fixture) { s.Sharers = []*v1alpha1.BankConnection{duplicate(s, time.Minute, manualPolicy)} },
}

// TestNightlyRefreshIsNotLeftOn: it is switched off before the object goes, however often
// that has to be tried.
func TestNightlyRefreshIsNotLeftOn(t *testing.T) {
	for reason, leave := range leaves {
		for name, row := range map[string]struct {
			o       lifecycle.Outcome
			blocked string
		}{
			"done":                     {lifecycle.Outcome{}, ""},
			"the login is gone":        {lifecycle.Outcome{Err: refusal(setScheduled, flinks.CodeInvalidLogin, false)}, ""},
			"Flinks does not offer it": {lifecycle.Outcome{Err: unavailable()}, ""},
			"no answer":                {lifecycle.Outcome{Err: noAnswer(setScheduled)}, v1alpha1.ReasonFlinksUnavailable},
			"in use":                   {lifecycle.Outcome{Err: refusal(setScheduled, flinks.CodeCardInUse, false)}, v1alpha1.ReasonCardInUse},
			"gone, at another host":    {lifecycle.Outcome{Identity: atHost(elsewhere), Err: refusal(setScheduled, flinks.CodeInvalidLogin, false)}, v1alpha1.ReasonHostUnproven},
			"no key to ask with":       {lifecycle.Outcome{Err: errorOf(setScheduled, flinks.Lookup("CREDENTIAL_MISSING", false))}, v1alpha1.ReasonFlinksUnavailable},
			"the keys are refused":     {lifecycle.Outcome{Err: refusal(setScheduled, flinks.CodeUnauthorized, false)}, v1alpha1.ReasonCardCredentialRefused},
			"the Secret is gone":       {lifecycle.Outcome{Problem: v1alpha1.ReasonSecretNotFound}, v1alpha1.ReasonSecretNotFound},
		} {
			t.Run(reason+", "+name, func(t *testing.T) {
				s := newEnabled(t)
				s.delete()
				leave(s)
				if s.status().DeletionClaim != nil && reason == v1alpha1.ReasonSharedLogin {
					s.record(lifecycle.Outcome{Action: unclaims})
				}
				s.decides(switchesOff)
				row.o.Action = switchesOff
				if row.o.Identity == (lifecycle.Identity{}) {
					row.o.Identity = identity
				}
				s.record(row.o)
				if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != row.blocked {
					t.Fatalf("blocked by %q, want %q", got, row.blocked)
				}
				if row.blocked != "" {
					s.isTriedInVain(switchesOff, row.o)
					s.record(lifecycle.Outcome{Action: switchesOff, Identity: identity})
				}
				s.decides(releases(reason))
			})
		}
	}
}

// isTriedInVain fails the test unless an action is tried again and again for an hour, and
// not too often.
func (s *fixture) isTriedInVain(a lifecycle.Action, o lifecycle.Outcome) {
	s.t.Helper()
	calls := 0
	for began := s.now; s.now.Sub(began) < time.Hour; s.now, _ = s.next() {
		if lifecycle.Decide(s.now, s.Inputs) == a {
			calls++
			s.record(o)
		}
	}
	if calls < 11 || calls > 25 {
		s.t.Errorf("%d calls in an hour", calls)
	}
}

// TestNightlyRefreshOfALoginThatIsGivenUp: one try, and a warning if that brought nothing.
func TestNightlyRefreshOfALoginThatIsGivenUp(t *testing.T) {
	leftOn := []string{"Warning SetNightlyRefresh NightlyLeftOn"}
	released := releases(v1alpha1.ReasonLoginAbandoned)
	for name, row := range map[string]struct {
		o    lifecycle.Outcome
		want []string
	}{
		"done":               {lifecycle.Outcome{}, []string{"Normal SetNightlyRefresh NightlyCorrected"}},
		"the login is gone":  {lifecycle.Outcome{Err: refusal(setScheduled, flinks.CodeInvalidLogin, false)}, nil},
		"no answer":          {lifecycle.Outcome{Err: noAnswer(setScheduled)}, leftOn},
		"the Secret is gone": {lifecycle.Outcome{Problem: v1alpha1.ReasonSecretNotFound}, leftOn},
	} {
		t.Run(name, func(t *testing.T) {
			s := newEnabled(t)
			s.delete()
			s.annotate(v1alpha1.AbandonLoginAnnotation, "true")
			s.NotUntil = s.now.Add(time.Hour) // of tries to delete it
			s.decides(switchesOff)
			row.o.Action, row.o.Identity = switchesOff, identity
			if diff := cmp.Diff(row.want, summaries(t, lifecycle.NightlyEvents(s.Connection, row.o))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			s.record(row.o)
			s.decides(released)
			if diff := cmp.Diff([]string{"Warning RemoveFinalizer LoginAbandoned"}, summaries(t, lifecycle.FinalizerEvents(s.Inputs, released.Reason))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if s.condition(v1alpha1.ConditionDeletionBlocked).Reason != "" {
				t.Error("the way out is blocked")
			}
		})
	}
}

// TestGivingALoginUpDoesNotWaitForTheLimits that hold for all of the instance.
func TestGivingALoginUpDoesNotWaitForTheLimits(t *testing.T) {
	s := newEnabled(t)
	s.delete()
	s.annotate(v1alpha1.AbandonLoginAnnotation, "true")
	s.holdCalls("")
	s.decides(waits) // for its turn
	released := releases(v1alpha1.ReasonLoginAbandoned)
	s.Calls = lifecycle.UntilProven(s.now)
	s.decides(released)
	s.holdCalls(v1alpha1.ReasonThrottled)
	s.decides(released)
	want := []string{"Warning RemoveFinalizer LoginAbandoned", "Warning SetNightlyRefresh NightlyLeftOn"}
	if diff := cmp.Diff(want, summaries(t, lifecycle.FinalizerEvents(s.Inputs, released.Reason))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestLeavingWaitsForTheLimits and says what for.
func TestLeavingWaitsForTheLimits(t *testing.T) {
	s := newEnabled(t)
	s.delete()
	s.edit(retain)
	s.holdCalls(v1alpha1.ReasonThrottled)
	s.decides(waits)
	s.wait()
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonThrottled {
		t.Errorf("blocked by %q", got)
	}
}

// TestNightlyRefreshThatAnotherWants is left on, and a login that is deleted needs no
// switch.
func TestNightlyRefreshThatAnotherWants(t *testing.T) {
	shared := releases(v1alpha1.ReasonSharedLogin)
	suspended := func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true }
	for name, row := range map[string]struct {
		change []func(*v1alpha1.BankConnection)
		want   lifecycle.Action
	}{
		"another that stays":              {do(nightlyPolicy), shared},
		"another that is suspended":       {do(nightlyPolicy, suspended), switchesOff},
		"another of another policy":       {do(manualPolicy), switchesOff},
		"another that goes, and keeps it": {do(nightlyPolicy, going, retained), switchesOff},
		"another that goes":               {do(nightlyPolicy, going), deletes},
	} {
		t.Run(name, func(t *testing.T) {
			s := newEnabled(t)
			s.delete()
			s.Sharers = []*v1alpha1.BankConnection{duplicate(s, time.Minute, row.change...)}
			switch row.want.(type) {
			case lifecycle.Delete:
				s.Sharers = nil // It went.
			default:
				s.record(lifecycle.Outcome{Action: unclaims})
			}
			s.decides(row.want)
		})
	}
	s := newBound(t)
	s.delete()
	s.edit(retain)
	s.decides(releases(v1alpha1.ReasonLoginRetained))
}

// TestNightlyRefreshOfALoginThatWasGivenUpForAnother: that it may be on is kept in mind,
// and said.
func TestNightlyRefreshOfALoginThatWasGivenUpForAnother(t *testing.T) {
	for _, off := range []bool{true, false} {
		s := newEnabled(t)
		before := s.Connection
		s.record(lifecycle.Outcome{Action: observes, Superseded: &lifecycle.SupersededLogin{SwitchedOff: off}})
		given := s.status().SupersededLogins
		if len(given) != 1 || given[0].Nightly == off {
			t.Errorf("switched off %v: %+v", off, given)
		}
		want := []string{"Warning Rebind LoginSuperseded"}
		if !off {
			want = append(want, "Warning SetNightlyRefresh NightlyLeftOn")
		}
		var got []string
		for _, e := range summaries(t, lifecycle.Events(&before.Status, s.status())) {
			if e == want[0] || e == want[len(want)-1] {
				got = append(got, e)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		s.edit(manual)
		s.observed(s.now.Add(-time.Hour))
		if (s.status().Nightly == nil) != off {
			t.Errorf("bound again, switched off %v: %+v", off, s.status().Nightly)
		}
		if !off {
			s.switches(switchesOff)
		}
	}
}

// TestSwitchOnWithoutAnAnswer: nightly refresh that may be on is switched off before the
// login is left, and is tried again while the policy wants it.
func TestSwitchOnWithoutAnAnswer(t *testing.T) {
	for name, row := range map[string]struct {
		err  *flinks.Error
		want lifecycle.Action
	}{
		"no answer":      {noAnswer(setScheduled), switchesOff},
		"not understood": {refusal(setScheduled, flinks.CodeMissing, false), switchesOff},
		"not sent":       {notSent(setScheduled), releases(v1alpha1.ReasonLoginRetained)},
		"a definite no":  {refusal(setScheduled, flinks.CodeCardInUse, false), releases(v1alpha1.ReasonLoginRetained)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			s.observeFails(replay(flinks.CodeRetryLater))
			s.edit(nightly)
			s.wait()
			s.switchFails(switchesOn, row.err)
			going := *s
			going.Connection = s.Connection.DeepCopy()
			going.delete()
			going.edit(retain)
			going.decides(row.want)

			s.passObserve()
			s.observeFails(replay(flinks.CodeRetryLater))
			s.switches(switchesOn)
		})
	}
}
