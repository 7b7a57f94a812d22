package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func TestDeleted(t *testing.T) {
	for name, row := range map[string]struct {
		outcome lifecycle.Outcome
		want    bool
	}{
		"deleted":               {lifecycle.Outcome{Action: deletes}, true},
		"gone already":          {lifecycle.Outcome{Action: deletes, Identity: identity, Err: unknownToDelete()}, true},
		"gone, at another host": {lifecycle.Outcome{Action: deletes, Identity: atHost(elsewhere), Err: unknownToDelete()}, false},
		"gone, at no host":      {lifecycle.Outcome{Action: deletes, Err: unknownToDelete()}, false},
		"in use":                {lifecycle.Outcome{Action: deletes, Err: refusal(flinks.OpDeleteCard, flinks.CodeCardInUse, false)}, false},
		"no answer":             {lifecycle.Outcome{Action: deletes, Err: noAnswer(flinks.OpDeleteCard)}, false},
		"another login":         {lifecycle.Outcome{Action: deletes, Problem: v1alpha1.ReasonLoginChanged}, false},
		"another login, gone":   {lifecycle.Outcome{Action: deletes, Problem: v1alpha1.ReasonLoginChanged, Err: gone()}, false},
		"nothing was done":      {lifecycle.Outcome{Action: waits}, false},
		"an observe found none": {lifecycle.Outcome{Action: observes, Err: gone()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lifecycle.Deleted(newBound(t).Connection, row.outcome); got != row.want {
				t.Errorf("Deleted is %v", got)
			}
		})
	}
}

// TestBlockedDeletion is tried again less and less often, and soon enough.
func TestBlockedDeletion(t *testing.T) {
	s := newBound(t)
	s.delete()
	s.problem(lifecycle.Delete, v1alpha1.ReasonSecretNotFound)
	s.quietFor(5 * time.Second)
	calls := 1
	for began := s.now; s.now.Sub(began) < time.Hour; s.now, _ = s.next() {
		a := lifecycle.Decide(s.now, s.World)
		if a.Kind == lifecycle.Delete {
			calls++
			s.record(lifecycle.Outcome{Action: a, Problem: v1alpha1.ReasonSecretNotFound})
		}
	}
	if calls < 12 || calls > 25 {
		t.Errorf("%d calls in an hour", calls)
	}
	s.edit(retain)
	s.decides(releases)
}

// TestDeletionKeepsTheRest: what was known of a connection stays readable while it
// goes.
func TestDeletionKeepsTheRest(t *testing.T) {
	s := newDue(t)
	before := s.status().DeepCopy()
	s.delete()
	s.problem(lifecycle.Delete, v1alpha1.ReasonSecretNotFound)
	want := before
	want.NextRefreshTime, want.NextObserveTime = nil, nil
	want.ObservedGeneration = s.Connection.Generation
	want.Conditions = append(want.Conditions, s.condition(v1alpha1.ConditionDeletionBlocked))
	if diff := cmp.Diff(want, s.status()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
