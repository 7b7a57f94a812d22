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

// travels writes what the link API writes when the customer comes that far, and reports whether it
// writes anything.
func (s *fixture) travels(to v1alpha1.JourneyState) bool {
	s.t.Helper()
	st, ok := lifecycle.Travel(to, lifecycle.UseLink)(s.now, s.Inputs)
	if ok {
		s.store(st)
	}
	return ok
}

func (s *fixture) expectJourney(want v1alpha1.JourneyState) {
	s.t.Helper()
	if got := s.status().Link; got == nil || got.State != want {
		s.t.Fatalf("the journey is %+v, want %s", got, want)
	}
}

// TestJourney: a link is issued, opened, leads to the bank and back, and serves its purpose. Each step
// is written once.
func TestJourney(t *testing.T) {
	s := newWanted(t)
	s.expectJourney(v1alpha1.JourneyIssued)
	if got := s.status().Link.IssuedTime; !got.Equal(s.status().Reconnect.Link.IssueTime) {
		t.Errorf("issued at %v", got)
	}
	want := s.status().Link.DeepCopy()
	for _, step := range []struct {
		to v1alpha1.JourneyState
		at **metav1.Time
	}{
		{v1alpha1.JourneyOpened, &want.OpenedTime},
		{v1alpha1.JourneyLeftForBank, &want.LeftForBankTime},
		{v1alpha1.JourneyReturned, &want.ReturnedTime},
	} {
		s.pass(time.Minute)
		if !s.travels(step.to) {
			t.Fatalf("%s is not written", step.to)
		}
		want.State, *step.at = step.to, lifecycle.Past(s.now)
		s.pass(time.Minute)
		for _, again := range []v1alpha1.JourneyState{v1alpha1.JourneyOpened, step.to} {
			if s.travels(again) {
				t.Errorf("after %s, %s is written", step.to, again)
			}
		}
	}
	s.observed(s.now)
	want.State, want.CompletedTime = v1alpha1.JourneyCompleted, lifecycle.Past(s.now)
	if diff := cmp.Diff(want, s.status().Link); diff != "" {
		t.Errorf("the journey (-want +got):\n%s", diff)
	}
	for _, late := range []v1alpha1.JourneyState{v1alpha1.JourneyOpened, v1alpha1.JourneyLeftForBank, v1alpha1.JourneyReturned} {
		if s.travels(late) {
			t.Errorf("%s is written after the end", late)
		}
	}
}

// TestAbandonedLink: a quarter of an hour after the last step the link counts as abandoned, without an
// event that tells it, and whatever the customer does next ends that.
func TestAbandonedLink(t *testing.T) {
	for _, left := range []v1alpha1.JourneyState{v1alpha1.JourneyOpened, v1alpha1.JourneyLeftForBank, v1alpha1.JourneyReturned} {
		for _, next := range []v1alpha1.JourneyState{v1alpha1.JourneyOpened, v1alpha1.JourneyLeftForBank, v1alpha1.JourneyReturned} {
			s := newWanted(t)
			s.pass(48 * time.Hour)
			s.wait()
			s.expectJourney(v1alpha1.JourneyIssued) // which has no hurry
			s.travels(left)
			due := lifecycle.EndOf(lifecycle.Past(s.now)).Add(15 * time.Minute)
			if at, ok := s.next(); !ok || at.After(due) {
				t.Fatalf("%s: looked at next at %v, not at %v", left, at, due)
			}
			s.now = due.Add(-time.Second)
			s.wait()
			s.expectJourney(left)
			s.now = due
			s.wait()
			s.expectJourney(v1alpha1.JourneyAbandoned)
			s.pass(time.Hour)
			if !s.travels(next) {
				t.Errorf("%s after it was abandoned is not written", next)
			}
			s.expectJourney(next)
			s.observed(s.now)
			s.expectJourney(v1alpha1.JourneyCompleted)
		}
	}
}

// TestAbandonTimer: nothing else wakes the operator when the customer does not go on.
func TestAbandonTimer(t *testing.T) {
	s := newWanted(t)
	s.travels(v1alpha1.JourneyOpened)
	due := lifecycle.EndOf(s.status().Link.OpenedTime).Add(15 * time.Minute)
	s.pass(time.Minute)
	s.wait()
	if at, ok := s.next(); !ok || !at.Equal(due) {
		t.Errorf("looked at next at %v, not at %v", at, due)
	}
}

// TestBusyLink: a customer who clicks is there, and one who came back waits for the operator.
func TestBusyLink(t *testing.T) {
	s := newWanted(t)
	s.travels(v1alpha1.JourneyOpened)
	s.pass(10 * time.Minute)
	st, _ := lifecycle.InBrowser(thisBrowser, lifecycle.RequestRefresh)(s.now, s.Inputs)
	s.store(st)
	s.pass(14 * time.Minute)
	s.wait()
	s.expectJourney(v1alpha1.JourneyOpened)
	s.travels(v1alpha1.JourneyReturned)
	st, ok := lifecycle.FinishLink(s.now, s.Inputs)
	if !ok {
		t.Fatal("the end is not written")
	}
	s.store(st)
	s.pass(29 * time.Minute)
	s.wait()
	s.expectJourney(v1alpha1.JourneyReturned)
	s.pass(2 * time.Minute)
	s.wait()
	s.expectJourney(v1alpha1.JourneyAbandoned)
}

// TestOpenedAgain: a customer who comes back to the page of their bound login, and not by Flinks Connect, has
// the operator look at it once.
func TestOpenedAgain(t *testing.T) {
	opens := func(s *fixture) bool {
		st, ok := lifecycle.OpenLink(s.now, s.Inputs)
		if ok {
			s.store(st)
		}
		return ok
	}
	for name, tc := range map[string]struct {
		away time.Duration
		want v1alpha1.JourneyState
	}{
		"soon": {time.Minute, v1alpha1.JourneyReturned},
		"late": {time.Hour, v1alpha1.JourneyOpened},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWanted(t)
			if !opens(s) || opens(s) || s.status().Internal.GatewayRequest != nil {
				t.Errorf("opened for the first time: %+v", s.status().Internal)
			}
			s.travels(v1alpha1.JourneyLeftForBank)
			s.pass(tc.away)
			s.wait()
			if !opens(s) || opens(s) {
				t.Error("it is not written once")
			}
			s.expectJourney(tc.want)
			s.decides(observes)
			s.observed(s.now)
			s.expectJourney(v1alpha1.JourneyCompleted)
		})
	}
}

// TestReplacedLink: the journey is that of the newest link, and says how the one before ended.
func TestReplacedLink(t *testing.T) {
	for name, tc := range map[string]struct {
		ends func(s *fixture)
		want v1alpha1.JourneyState
	}{
		"asked for another": {func(s *fixture) { s.asksLink("2") }, v1alpha1.JourneyReplaced},
		"its time was over": {func(s *fixture) { s.pass(7 * 24 * time.Hour) }, v1alpha1.JourneyExpired},
		"it was of use": {func(s *fixture) {
			s.observed(s.now)
			s.pass(time.Hour)
			s.observeFails(replay(flinks.CodeQuestionNotFound))
		}, v1alpha1.JourneyCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWanted(t)
			s.travels(v1alpha1.JourneyOpened)
			first := s.status().Link.IssuedTime
			s.pass(time.Minute)
			tc.ends(s)
			s.wait()
			got := s.status().Link
			if got.State != v1alpha1.JourneyIssued || got.OpenedTime != nil || !first.Before(&got.IssuedTime) {
				t.Fatalf("the journey is %+v", got)
			}
			if p := got.Previous; p == nil || p.State != tc.want || !p.IssuedTime.Equal(&first) || p.EndedTime.Before(&first) {
				t.Errorf("the link before it: %+v", p)
			}
		})
	}
}

func (s *fixture) asksLink(value string) {
	c := s.Connection.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, value)
	s.Connection = c
}

// TestExpiredLink: a link that stops working, or is taken away, has expired; the timer alone finds it.
func TestExpiredLink(t *testing.T) {
	for name, ends := range map[string]func(s *fixture){
		"while the connection is suspended": func(s *fixture) {
			suspend(s)
			s.wait()
			s.expectJourney(v1alpha1.JourneyIssued)
			at, ok := s.next()
			if !ok || !at.Equal(s.status().Reconnect.Link.ExpirationTime.Time) {
				s.t.Fatalf("looked at next at %v, %v", at, ok)
			}
			s.now = at
		},
		"links lead elsewhere now": func(s *fixture) {
			s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect.Link.Type = v1alpha1.LinkDirect })
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWanted(t)
			ends(s)
			s.wait()
			s.expectJourney(v1alpha1.JourneyExpired)
			if s.travels(v1alpha1.JourneyOpened) {
				t.Error("it is opened afterwards")
			}
		})
	}
}

// TestDirectJourney: of a link that leads past the gateway it is known when it was made, and how it
// ended. A customer who began to answer in time may be done after the link has expired.
func TestDirectJourney(t *testing.T) {
	s := newAsked(t)
	s.expectJourney(v1alpha1.JourneyIssued)
	s.passUntil(s.status().Reconnect.Link.ExpirationTime)
	s.wait()
	s.expectJourney(v1alpha1.JourneyExpired)
	s.pass(time.Minute)
	s.observed(s.now)
	s.expectJourney(v1alpha1.JourneyCompleted)
}

// TestRefusedLogin: why a login was not taken stands with the link until the customer tries again.
func TestRefusedLogin(t *testing.T) {
	s := newWanted(t)
	other := "fedcba9876543210fedcba9876543210"
	refuses := func(want bool) {
		t.Helper()
		st, ok := lifecycle.RefuseLogin(other, v1alpha1.ReasonOtherLogin)(s.now, s.Inputs)
		if ok != want {
			t.Errorf("it is written: %v", ok)
		}
		if ok {
			s.store(st)
		}
	}
	s.travels(v1alpha1.JourneyLeftForBank)
	refuses(true)
	refuses(false)
	s.expectJourney(v1alpha1.JourneyReturned)
	st := s.status()
	if st.Link.Reason != v1alpha1.ReasonOtherLogin || len(st.UnverifiedLogins) != 1 || st.Binding.LoginFingerprint != identity.Fingerprint {
		t.Errorf("link %+v, unverified %+v, bound to %+v", st.Link, st.UnverifiedLogins, st.Binding)
	}
	if !s.travels(v1alpha1.JourneyLeftForBank) || s.status().Link.Reason != "" {
		t.Errorf("after another try the reason is %q", s.status().Link.Reason)
	}
	refuses(true)
	s.observed(s.now)
	if got := s.status().Link; got.State != v1alpha1.JourneyCompleted || got.Reason != "" {
		t.Errorf("in the end the journey is %+v", got)
	}
}

// TestRepairedJourney: what was edited is no journey, or one that is complete.
func TestRepairedJourney(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(j *v1alpha1.LinkJourney)
		want v1alpha1.JourneyState
	}{
		"an unknown state":          {func(j *v1alpha1.LinkJourney) { j.State = "Claimed" }, v1alpha1.JourneyIssued},
		"a state of older links":    {func(j *v1alpha1.LinkJourney) { j.State = v1alpha1.JourneyReplaced }, v1alpha1.JourneyIssued},
		"no time of the state":      {func(j *v1alpha1.LinkJourney) { j.OpenedTime = nil }, v1alpha1.JourneyOpened},
		"a time that is to come":    {func(j *v1alpha1.LinkJourney) { j.OpenedTime.Time = j.OpenedTime.AddDate(100, 0, 0) }, v1alpha1.JourneyOpened},
		"another link":              {func(j *v1alpha1.LinkJourney) { j.IssuedTime.Time = j.IssuedTime.AddDate(-1, 0, 0) }, v1alpha1.JourneyIssued},
		"an end that has not come":  {func(j *v1alpha1.LinkJourney) { j.State = v1alpha1.JourneyCompleted }, v1alpha1.JourneyCompleted},
		"an older link that is new": {func(j *v1alpha1.LinkJourney) { j.Previous = &v1alpha1.EndedLink{State: v1alpha1.JourneyOpened} }, v1alpha1.JourneyOpened},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWanted(t)
			s.travels(v1alpha1.JourneyOpened)
			s.pass(time.Minute)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { tc.edit(st.Link) })
			s.wait()
			s.expectJourney(tc.want)
			if problem := brokenJourney(s.status().Link); problem != "" {
				t.Error(problem)
			}
		})
	}
}

// brokenJourney returns what is wrong with a journey: its newest time must be that of its state.
func brokenJourney(j *v1alpha1.LinkJourney) string {
	if j == nil {
		return ""
	}
	times := map[v1alpha1.JourneyState]*metav1.Time{
		v1alpha1.JourneyIssued: &j.IssuedTime, v1alpha1.JourneyOpened: j.OpenedTime, v1alpha1.JourneyLeftForBank: j.LeftForBankTime,
		v1alpha1.JourneyReturned: j.ReturnedTime, v1alpha1.JourneyCompleted: j.CompletedTime,
		v1alpha1.JourneyAbandoned: j.AbandonedTime, v1alpha1.JourneyExpired: j.ExpiredTime,
	}
	at := times[j.State]
	if at == nil {
		return string(j.State) + " has no time"
	}
	for state, t := range times {
		if at.Before(t) {
			return string(state) + " is younger than " + string(j.State)
		}
	}
	if j.Previous != nil && j.Previous.State != v1alpha1.JourneyCompleted && j.Previous.State != v1alpha1.JourneyExpired && j.Previous.State != v1alpha1.JourneyReplaced {
		return "the link before ended as " + string(j.Previous.State)
	}
	return ""
}
