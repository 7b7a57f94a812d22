package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func suspendInstance(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceSuspended }

// TestPartingWithASuspendedInstance: an object whose login takes a call waits, and says what for.
// One that needs no call goes.
func TestPartingWithASuspendedInstance(t *testing.T) {
	abandon := func(s *fixture) { s.annotate(v1alpha1.AbandonLoginAnnotation, "true") }
	keeps := func(s *fixture) { s.edit(retain) }
	for name, row := range map[string]struct {
		from    func(testing.TB) *fixture
		arrange func(*fixture)
		want    lifecycle.Action
	}{
		"to be deleted":           {newBound, func(*fixture) {}, waits},
		"retained":                {newBound, keeps, releases(v1alpha1.ReasonLoginRetained)},
		"retained, at night":      {newEnabled, keeps, waits},
		"abandoned":               {newBound, abandon, releases(v1alpha1.ReasonLoginAbandoned)},
		"abandoned, at night":     {newEnabled, abandon, releases(v1alpha1.ReasonLoginAbandoned)},
		"in doubt whether it was": {newBound, func(s *fixture) { s.status().Deletion = inDoubt(s) }, waits},
	} {
		t.Run(name, func(t *testing.T) {
			s := row.from(t)
			s.delete()
			suspendInstance(s)
			row.arrange(s)
			s.decides(row.want)
			if row.want != waits {
				return
			}
			s.wait()
			if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonInstanceSuspended {
				t.Errorf("DeletionBlocked is %q", got)
			}
			if s.status().Deletion != nil {
				t.Error("a deletion that is not tried counts as one that was")
			}
			if next, ok := s.next(); !ok || next.Sub(s.now) > 10*time.Minute {
				t.Errorf("the next look is in %v", next.Sub(s.now))
			}
		})
	}
}

func inDoubt(s *fixture) *v1alpha1.Deletion {
	return &v1alpha1.Deletion{AttemptTime: *lifecycle.Past(s.now.Add(-time.Hour)), Answer: v1alpha1.DeletionNotFound}
}

// TestResumedInstanceWaitsAsAResumedConnection: a live session that became due during a suspension
// starts after the cool-down, whichever of the two was suspended.
func TestResumedInstanceWaitsAsAResumedConnection(t *testing.T) {
	for name, row := range map[string]struct{ suspend, resume func(*fixture) }{
		"the connection": {suspend, func(s *fixture) { s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend = false }) }},
		"the instance":   {suspendInstance, func(s *fixture) { s.Instance.Problem = "" }},
	} {
		s := newDue(t)
		row.suspend(s)
		s.wait()
		if s.status().NextRefreshTime != nil {
			t.Errorf("%s is suspended, and the next refresh is at %v", name, s.status().NextRefreshTime)
		}
		row.resume(s)
		s.wait()
		next := s.status().NextRefreshTime
		if next == nil || next.Sub(s.now) < 13*time.Minute || next.Sub(s.now) > 14*time.Minute {
			t.Errorf("%s is resumed, and the next refresh is at %v", name, next)
		}
	}
}
