package lifecycle_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// binds records an observe together with the protection of the Secret.
func (s *fixture) binds(hold lifecycle.SecretProtection) {
	s.t.Helper()
	hold.SecretName = s.Connection.Spec.LoginIDSecretRef.Name
	s.record(lifecycle.Outcome{
		Action: observes, Identity: identity, Protection: &hold,
		Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.now.Add(-time.Hour)},
	})
}

// TestBindingAfterAnEarlierOne: only a session that an earlier binding may have left open delays
// a new one.
func TestBindingAfterAnEarlierOne(t *testing.T) {
	inherited := lifecycle.SecretProtection{Inherited: true}
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		hold    lifecycle.SecretProtection
		want    bool
	}{
		"the first one":                      {func(*fixture) {}, lifecycle.SecretProtection{}, false},
		"the Secret is held":                 {func(*fixture) {}, inherited, true},
		"the Secret may not be held":         {func(*fixture) {}, lifecycle.SecretProtection{Forbidden: true}, true},
		"another connection tells of it":     {func(s *fixture) { s.Duplicate = true }, inherited, false},
		"in the place of one that was given": {func(s *fixture) { s.binds(lifecycle.SecretProtection{}); s.record(supersedes) }, inherited, false},
		"bound already":                      {func(s *fixture) { s.binds(lifecycle.SecretProtection{}) }, inherited, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			row.arrange(s)
			s.binds(row.hold)
			if got := s.status().Binding.NotBefore != nil; got != row.want {
				t.Fatalf("held back: %v", got)
			}
			s.Duplicate = false
			s.wait()
			s.request("1")
			if a := lifecycle.Decide(s.now, s.Inputs); (lifecycle.RefusalOf(a).Reason == v1alpha1.ReasonSessionOpen) != row.want {
				t.Errorf("the request: %+v", a)
			}
		})
	}
}

// newBoundAgain returns a connection that was just bound, with the finalizer of an earlier binding
// on its Secret.
func newBoundAgain(t *testing.T, change ...func(*v1alpha1.BankConnectionSpec)) *fixture {
	t.Helper()
	s := newFixture(t)
	for _, f := range change {
		s.edit(f)
	}
	s.binds(lifecycle.SecretProtection{Inherited: true})
	return s
}

// TestRequestAfterAnEarlierBinding is refused until the session of the earlier one must be
// over, while the state of the login is read as ever.
func TestRequestAfterAnEarlierBinding(t *testing.T) {
	s := newBoundAgain(t, func(spec *v1alpha1.BankConnectionSpec) {
		spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{ObserveInterval: &metav1.Duration{Duration: 5 * time.Minute}}
	})
	began, looked := s.now, 0
	for s.now.Sub(began) < 30*time.Minute {
		switch a := lifecycle.Decide(s.now, s.Inputs).(type) {
		case lifecycle.Observe:
			looked++
			s.binds(lifecycle.SecretProtection{Inherited: true})
		case lifecycle.Wait:
		default:
			t.Fatalf("%+v after %v", a, s.now.Sub(began))
		}
		if lifecycle.MayRebind(s.now, s.Inputs) || !lifecycle.SessionMayBeOpen(s.now, s.status()) {
			t.Fatalf("no session is expected after %v", s.now.Sub(began))
		}
		s.now, _ = s.next()
	}
	if looked < 4 {
		t.Errorf("looked %d times", looked)
	}
	s.passUntil(s.status().Binding.NotBefore)
	s.request("1")
	s.decides(lifecycle.Refresh{Request: "1"})
}

// TestAttendedRequestAfterAnEarlierBinding: a click starts nothing, and the page says until when.
func TestAttendedRequestAfterAnEarlierBinding(t *testing.T) {
	s := newWanted(t)
	until := metav1.NewTime(s.now.Add(20 * time.Minute).UTC().Truncate(time.Second))
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Binding.NotBefore = &until })
	if v := lifecycle.ViewLink(s.now, s.Inputs); v.State != lifecycle.LinkWait || !v.Until.Equal(until.Time) {
		t.Errorf("the customer finds %+v", v)
	}
	s.corrupt(requestedAt(ago(s, 0)))
	if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) {
		t.Errorf("the click starts %+v", a)
	}
	s.now = until.UTC()
	if v := lifecycle.ViewLink(s.now, s.Inputs); v.State != lifecycle.LinkStart {
		t.Errorf("then they find %+v", v)
	}
}

// TestScheduleAfterAnEarlierBinding begins after the earlier session must be over.
func TestScheduleAfterAnEarlierBinding(t *testing.T) {
	s := newBoundAgain(t, func(spec *v1alpha1.BankConnectionSpec) {
		spec.RefreshPolicy = daily()
		spec.RefreshPolicy.Interval.Duration = time.Hour
	})
	if next := s.status().NextRefreshTime; next == nil || next.Before(s.status().Binding.NotBefore) {
		t.Errorf("the next refresh is at %v, not before %v", next, s.status().Binding.NotBefore)
	}
}

// TestLeavingALoginThatWasBoundBefore waits as it does for any session.
func TestLeavingALoginThatWasBoundBefore(t *testing.T) {
	s := newBoundAgain(t)
	s.delete()
	s.edit(retain)
	s.decides(waits)
	s.wait()
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonSessionOpen {
		t.Errorf("blocked by %q", got)
	}
	s.now, _ = s.next()
	s.decides(releases(v1alpha1.ReasonLoginRetained))
}

// TestBindingIsNotHeldBackForYears by a clock that was wrong.
func TestBindingIsNotHeldBackForYears(t *testing.T) {
	s := newBoundAgain(t)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Binding.NotBefore.Time = s.now.Add(10_000 * time.Hour) })
	s.wait()
	if got := s.status().Binding.NotBefore.Sub(s.now); got > 31*time.Minute {
		t.Errorf("held back for %v", got)
	}
}

// TestLinkOfALostStatus: a backup brings a Secret with a link back that no status tells of, and the
// operator looks for it once, when it binds the login.
func TestLinkOfALostStatus(t *testing.T) {
	for name, row := range map[string]struct {
		spec  func(*v1alpha1.BankConnectionSpec)
		looks bool
	}{
		"a direct link in a Secret": {inSecret, true},
		"a link to the gateway in a Secret": {func(spec *v1alpha1.BankConnectionSpec) {
			byGateway(spec)
			spec.Reconnect.Link.Destination = v1alpha1.LinkInSecret
		}, true},
		"a link in the status": {byGateway, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			s.Gateway = gateway()
			s.edit(row.spec)
			s.binds(lifecycle.SecretProtection{})
			if row.looks {
				s.decides(takesLink)
				s.record(lifecycle.Outcome{Action: takesLink})
				s.collectsAgain()
			}
			s.restart()
			s.quietFor(time.Hour)
			if s.mayBeOut() {
				t.Error("it is still announced")
			}
		})
	}
}
