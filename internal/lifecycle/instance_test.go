package lifecycle_test

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// TestNeeds: who keeps an instance from going.
func TestNeeds(t *testing.T) {
	shared := func(s *fixture) {
		s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.InstanceRef.Kind = v1alpha1.KindClusterFlinksInstance })
	}
	done := func(s *fixture) {
		c := s.Connection.DeepCopy()
		c.Finalizers = []string{v1alpha1.ReleaseSecretFinalizer}
		s.Connection = c
	}
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    bool
	}{
		"bound":              {func(*fixture) {}, true},
		"not bound":          {wipe, true},
		"deleted at Flinks":  {done, false},
		"shared":             {shared, true},
		"shared, not bound":  {func(s *fixture) { shared(s); wipe(s) }, false},
		"shared, let go":     {func(s *fixture) { shared(s); done(s) }, false},
		"shared, terminates": {func(s *fixture) { shared(s); s.delete() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			row.arrange(s)
			if got := instance.IsNeededBy(s.Connection); got != row.want {
				t.Errorf("needs its instance: %v", got)
			}
		})
	}
}

func TestWantsNightlyCheck(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    bool
	}{
		"on":                    {func(*fixture) {}, true},
		"not looked at":         {func(s *fixture) { *s = *newFixture(s.t); s.edit(nightly) }, false},
		"suspended":             {suspend, false},
		"manual":                {func(s *fixture) { s.edit(manual); s.wait() }, false},
		"customer asked to act": {func(s *fixture) { s.observeFails(replay(flinks.CodeQuestionNotFound)) }, false},
		"going":                 {func(s *fixture) { s.delete() }, false},
		"flag not read":         {func(s *fixture) { s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Nightly = nil }) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newEnabled(t)
			row.arrange(s)
			if got := instance.WantsNightlyCheck(s.Connection); got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
