package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// elsewhere is another API host than that of identity.
const elsewhere = "00000000000000000000000000000001"

// atHost returns the same login, asked for at another API host.
func atHost(host string) lifecycle.Identity {
	id := identity
	id.Host = host
	return id
}

func unknownToDelete() *flinks.Error {
	return refusal(flinks.OpDeleteCard, flinks.CodeInvalidLogin, false)
}

// observedAt records what an API host answers to an observe.
func (s *fixture) observedAt(host string, err *flinks.Error) {
	s.t.Helper()
	o := lifecycle.Outcome{Action: observes, Identity: atHost(host), Err: err}
	if err == nil {
		o.Authorization = &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.status().LastRefreshTime.Time}
	}
	s.record(o)
}

func (s *fixture) hosts(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.status().Binding.HostFingerprints); diff != "" {
		s.t.Errorf("hosts (-want +got):\n%s", diff)
	}
}

// TestHostsThatAnswered: any answer about the login proves its host, and no other
// answer does.
func TestHostsThatAnswered(t *testing.T) {
	s := newBound(t)
	s.hosts(identity.Host)
	s.observedAt(elsewhere, noAnswer(flinks.OpObserve))
	s.observedAt(elsewhere, refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeUnauthorized, false))
	s.observedAt(elsewhere, gone())
	s.hosts(identity.Host)
	s.observedAt(elsewhere, replay(flinks.CodeNewAccount))
	s.hosts(identity.Host, elsewhere)
	s.observedAt(identity.Host, nil)
	s.hosts(identity.Host, elsewhere)
	for i := range 8 {
		s.observedAt(fmt.Sprintf("%032x", i+10), nil)
	}
	if got := s.status().Binding.HostFingerprints; len(got) != 8 || got[7] != fmt.Sprintf("%032x", 17) {
		t.Errorf("hosts: %v", got)
	}
}

// TestRefreshProvesItsHost as an observe does.
func TestRefreshProvesItsHost(t *testing.T) {
	s := newDue(t)
	a := s.claim()
	s.record(lifecycle.Outcome{
		Action: a, Identity: atHost(elsewhere),
		Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.now},
	})
	s.hosts(identity.Host, elsewhere)
}

// TestUnknownAtAnotherHost: a host that never answered for the login may be mistyped.
// That it does not know the login is no news of the login, and is said.
func TestUnknownAtAnotherHost(t *testing.T) {
	for name, fails := range map[string]func(*fixture){
		"observe": func(s *fixture) { s.observedAt(elsewhere, gone()) },
		"refresh": func(s *fixture) {
			a := s.claim()
			s.record(lifecycle.Outcome{Action: a, Identity: atHost(elsewhere), Err: refusal(flinks.OpRefresh, flinks.CodeInvalidLogin, false)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			fails(s)
			if got := s.status().LastError; got == nil || got.Code != "HOST_UNPROVEN" || got.Class != "config" {
				t.Errorf("lastError is %+v", got)
			}
			if s.condition(v1alpha1.ConditionStalled).Status != "" || s.condition(v1alpha1.ConditionAuthorized).Reason != v1alpha1.ReasonAuthorized {
				t.Errorf("conditions: %+v", s.status().Conditions)
			}
			s.observedAt(elsewhere, nil)
			if s.status().LastError != nil {
				t.Errorf("lastError is %+v", s.status().LastError)
			}
			s.pass(time.Hour)
			s.observedAt(elsewhere, gone())
			if got := s.condition(v1alpha1.ConditionReady).Reason; got != v1alpha1.ReasonLoginGone {
				t.Errorf("Ready is %s once the host is proven", got)
			}
		})
	}
}

// TestNotReadyAtAnotherHost: without data there is nothing to be ready for.
func TestNotReadyAtAnotherHost(t *testing.T) {
	s := newFixture(t)
	s.observed(time.Time{})
	s.record(lifecycle.Outcome{Action: observes, Identity: atHost(elsewhere), Err: gone()})
	if got := s.condition(v1alpha1.ConditionReady).Reason; got != v1alpha1.ReasonHostUnproven {
		t.Errorf("Ready is %s", got)
	}
	s.quietFor(time.Hour)
}

// TestDeletionAtAnotherHost waits, and says what for.
func TestDeletionAtAnotherHost(t *testing.T) {
	s := newBound(t)
	s.delete()
	s.record(lifecycle.Outcome{Action: deletes, Identity: atHost(elsewhere), Err: unknownToDelete()})
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonHostUnproven {
		t.Errorf("blocked by %s", got)
	}
}
