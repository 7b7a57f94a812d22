package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestNeedsProtection: the Secret of every login that is bound, or that an answer binds.
func TestNeedsProtection(t *testing.T) {
	for name, row := range map[string]struct {
		bound   bool
		outcome lifecycle.Outcome
		want    bool
	}{
		"confirmed":             {false, lifecycle.Outcome{Action: observes, Authorization: &flinks.Authorization{State: flinks.Authorized}}, true},
		"replayed":              {false, lifecycle.Outcome{Action: observes, Err: replay(flinks.CodeInvalidPassword)}, true},
		"unknown login":         {false, lifecycle.Outcome{Action: observes, Err: gone()}, false},
		"no answer":             {false, lifecycle.Outcome{Action: observes, Err: noAnswer(flinks.OpObserve)}, false},
		"bound":                 {true, lifecycle.Outcome{Action: observes, Err: noAnswer(flinks.OpObserve)}, true},
		"bound, about to start": {true, lifecycle.Outcome{Action: starts}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			if row.bound {
				s = newBound(t)
			}
			if got := lifecycle.NeedsProtection(s.Connection, row.outcome); got != row.want {
				t.Fatalf("needs a hold: %v", got)
			}
			s.record(row.outcome)
			if s.status().Binding != nil != row.want {
				t.Errorf("the binding is %+v", s.status().Binding)
			}
		})
	}
}

func (s *fixture) held(name string, forbidden bool) {
	s.t.Helper()
	s.record(lifecycle.Outcome{
		Action: observes, Identity: identity, Protection: &lifecycle.SecretProtection{SecretName: name, Forbidden: forbidden},
		Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.now.Add(-time.Hour)},
	})
}

// TestRecordProtection: the protected Secret, and whether it is protected, stay recorded until
// it is checked again.
func TestRecordProtection(t *testing.T) {
	s := newFixture(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.LoginIDSecretRef.Name = "login" })
	s.held("login", true)
	const unprotected = "True SecretFinalizerForbidden"
	if got := s.shown().Conditions[v1alpha1.ConditionSecretUnprotected]; got != unprotected {
		t.Errorf("SecretUnprotected is %q", got)
	}
	s.pass(time.Hour)
	s.observed(s.now)
	s.wait()
	if got := s.shown().Conditions[v1alpha1.ConditionSecretUnprotected]; got != unprotected {
		t.Errorf("SecretUnprotected is %q though the Secret was not checked", got)
	}
	s.held("login", false)
	if got, ok := s.shown().Conditions[v1alpha1.ConditionSecretUnprotected]; ok {
		t.Errorf("SecretUnprotected is %q", got)
	}
	if got := s.status().Binding.SecretName; got != "login" {
		t.Errorf("secretName is %q", got)
	}
}

// TestProtectionFollowsTheSpec: an observe is due as soon as the spec names another Secret,
// and none because it was never noted which one is held.
func TestProtectionFollowsTheSpec(t *testing.T) {
	s := newBound(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.LoginIDSecretRef.Name = "login" })
	s.wait()
	s.decides(waits)
	s.held("login", false)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.LoginIDSecretRef.Name = "other" })
	if diff := cmp.Diff([]string{"other", "login"}, lifecycle.ProtectedSecrets(s.Connection)); diff != "" {
		t.Errorf("held Secrets (-want +got):\n%s", diff)
	}
	s.wait()
	s.decides(observes)
	s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
	s.decides(waits)
	s.pass(time.Minute)
	s.held("other", false)
	s.decides(waits)
	if diff := cmp.Diff([]string{"other"}, lifecycle.ProtectedSecrets(s.Connection)); diff != "" {
		t.Errorf("held Secrets (-want +got):\n%s", diff)
	}
}
