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

// alone returns the deletions of an instance that has one namespace.
func alone(waiting, deleted, logins int) lifecycle.Deletions {
	w := lifecycle.PendingDeletions{Waiting: waiting, Deleted: deleted, Logins: logins}
	return lifecycle.Deletions{InNamespace: w, AtInstance: w, Namespaces: 1}
}

var wave = alone(100, 0, 1000)

// TestDeletionLimit: a deletion in a wave waits, says so, looks again less and less often, and
// goes on when the wave is over.
func TestDeletionLimit(t *testing.T) {
	s := newBound(t)
	s.delete()
	s.Instance.Deletions = wave
	s.decides(waits)
	s.wait()
	if got := s.condition(v1alpha1.ConditionDeletionBlocked); got.Reason != v1alpha1.ReasonDeletionsPaused {
		t.Errorf("DeletionBlocked is %+v", got)
	}
	looks := 0
	for began := s.now; s.now.Sub(began) < time.Hour; s.now, _ = s.next() {
		s.decides(waits)
		looks++
	}
	if looks < 12 || looks > 25 {
		t.Errorf("looked at %d times in an hour", looks)
	}
	s.Instance.Deletions = alone(1, 0, 100)
	s.decides(deletes)
}

// TestIsPendingDeletion: what was let through goes on, but for the window in which it may be a
// part of something larger.
func TestIsPendingDeletion(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    bool
	}{
		"just deleted": {func(*fixture) {}, true},
		"paused long ago": {func(s *fixture) {
			s.Instance.Deletions = wave
			s.wait()
			s.pass(time.Hour)
		}, true},
		"tried just now": {func(s *fixture) { s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound) }, true},
		"tried long ago": {func(s *fixture) {
			s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
			s.pass(10 * time.Minute)
		}, false},
		"confirmed, and tried long ago": {func(s *fixture) {
			s.confirmExcess(2 * time.Hour)
			s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
			s.pass(time.Hour)
			s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
			s.pass(30 * time.Minute)
		}, true},
		"confirmed, and held by the limits since": {func(s *fixture) {
			s.confirmExcess(2 * time.Hour)
			s.holdCalls(v1alpha1.ReasonThrottled)
			s.wait()
			s.pass(30 * time.Minute)
		}, true},
		"held by the limits long ago": {func(s *fixture) {
			s.holdCalls(v1alpha1.ReasonThrottled)
			s.wait()
			s.pass(30 * time.Minute)
		}, true},
		"confirmed, and let through by the limits later": {func(s *fixture) {
			s.confirmExcess(time.Hour)
			s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
			s.pass(2 * time.Hour)
			s.Instance.Deletions = alone(1, 0, 100)
			s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
			s.pass(10 * time.Minute)
		}, false},
		"paused again after a try": {func(s *fixture) {
			s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
			s.pass(5 * time.Minute)
			s.Instance.Deletions = wave
			s.wait()
			s.pass(time.Hour)
		}, true},
		"retained":      {func(s *fixture) { s.edit(retain) }, false},
		"abandoned":     {func(s *fixture) { s.annotate(v1alpha1.AbandonLoginAnnotation, "true") }, false},
		"never bound":   {wipe, false},
		"not to be let": {func(s *fixture) { s.annotate(v1alpha1.AbandonLoginAnnotation, "yes") }, true},
		"done": {func(s *fixture) {
			c := s.Connection.DeepCopy()
			c.Finalizers = []string{v1alpha1.ReleaseSecretFinalizer}
			s.Connection = c
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			if lifecycle.IsPendingDeletion(s.now, s.Connection) {
				t.Fatal("a living object is in a wave")
			}
			s.delete()
			row.arrange(s)
			if got := lifecycle.IsPendingDeletion(s.now, s.Connection); got != row.want {
				t.Errorf("in the wave: %v", got)
			}
			if !row.want && lifecycle.IsToBeDeleted(s.Connection) {
				s.Instance.Deletions = wave
				s.restart()
				s.decides(deletes)
			}
		})
	}
}

// confirmExcess makes the deletion exceed the limit, and confirms it.
func (s *fixture) confirmExcess(d time.Duration) {
	until := s.now.Add(d).UTC().Truncate(time.Second)
	s.Instance.Deletions = wave
	s.Instance.Deletions.Confirmation = lifecycle.Confirmation{
		Annotation: until.Format(time.RFC3339),
		Noted:      &v1alpha1.DeletionConfirmation{Until: metav1.NewTime(until), FirstSeenTime: metav1.NewTime(s.now.UTC().Truncate(time.Second))},
	}
}

// TestWithdrawnConfirmation: a deletion that was confirmed and has failed since waits
// again, and continues once the limit is no longer exceeded.
func TestWithdrawnConfirmation(t *testing.T) {
	s := newBound(t)
	s.delete()
	s.confirmExcess(3 * time.Hour)
	s.record(lifecycle.Outcome{Action: deletes, Err: refusal(flinks.OpDeleteCard, flinks.CodeTooManyRequests, false)})
	if d := s.status().Deletion; d == nil || !d.Confirmed {
		t.Errorf("status.deletion is %+v", d)
	}
	s.pass(time.Hour)
	s.Instance.Deletions.Confirmation = lifecycle.Confirmation{}
	s.decides(waits)
	s.wait()
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonDeletionsPaused {
		t.Errorf("blocked by %q", got)
	}
	s.pass(time.Hour)
	s.decides(waits)
	s.Instance.Deletions = alone(1, 0, 100)
	s.decides(deletes)
	s.problem(lifecycle.Delete{}, v1alpha1.ReasonDeletionsPaused)
	if d := s.status().Deletion; d != nil {
		t.Errorf("a call that was not made counts: %+v", d)
	}
	s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound)
	want := &v1alpha1.Deletion{AttemptTime: metav1.NewTime(s.now.Truncate(time.Second))}
	if diff := cmp.Diff(want, s.status().Deletion); diff != "" {
		t.Errorf("status.deletion (-want +got):\n%s", diff)
	}
}

// TestFinalDecisions: what is done about an object that goes.
func TestFinalDecisions(t *testing.T) {
	letsGo := lifecycle.RemoveSecretFinalizer{}
	finalizers := func(f ...string) func(s *fixture) {
		return func(s *fixture) {
			c := s.Connection.DeepCopy()
			c.Finalizers = f
			s.Connection = c
		}
	}
	abandon := func(s *fixture) { s.annotate(v1alpha1.AbandonLoginAnnotation, "true") }
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    lifecycle.Action
	}{
		"both finalizers":          {func(*fixture) {}, deletes},
		"the second is left":       {finalizers(v1alpha1.ReleaseSecretFinalizer), letsGo},
		"an older operator's":      {finalizers(v1alpha1.Finalizer), deletes},
		"of another program":       {finalizers("example.com/mine"), waits},
		"abandoned":                {abandon, releases(v1alpha1.ReasonLoginAbandoned)},
		"abandoned, braked":        {func(s *fixture) { abandon(s); s.Instance.Deletions = wave }, releases(v1alpha1.ReasonLoginAbandoned)},
		"abandoned, paced":         {func(s *fixture) { abandon(s); s.NotUntil = s.now.Add(time.Hour) }, releases(v1alpha1.ReasonLoginAbandoned)},
		"retained, braked":         {func(s *fixture) { s.edit(retain); s.Instance.Deletions = wave }, releases(v1alpha1.ReasonLoginRetained)},
		"never bound":              {wipe, releases(v1alpha1.ReasonLoginNeverBound)},
		"second is left, braked":   {func(s *fixture) { finalizers(v1alpha1.ReleaseSecretFinalizer)(s); s.Instance.Deletions = wave }, letsGo},
		"second is left, retained": {func(s *fixture) { s.edit(retain); finalizers(v1alpha1.ReleaseSecretFinalizer)(s) }, letsGo},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			finalizers(v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer)(s)
			s.delete()
			row.arrange(s)
			s.decides(row.want)
		})
	}
}

// TestBlockedReasonFollows: a deletion that was allowed says what blocks it now.
func TestBlockedReasonFollows(t *testing.T) {
	s := newBound(t)
	s.delete()
	s.Instance.Deletions = wave
	s.wait()
	s.Instance.Deletions = alone(1, 0, 100)
	s.record(lifecycle.Outcome{Action: deletes, Err: refusal(flinks.OpDeleteCard, flinks.CodeCardInUse, false)})
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonCardInUse {
		t.Errorf("DeletionBlocked is %s", got)
	}
}

func (s *fixture) annotate(key, value string) {
	c := s.Connection.DeepCopy()
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[key] = value
	s.Connection = c
}
