package lifecycle_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func limit(count, percent int32) *v1alpha1.DeletionLimit {
	return &v1alpha1.DeletionLimit{Count: &count, Percent: &percent}
}

// TestPaused goes through what makes a mass deletion.
func TestPaused(t *testing.T) {
	now := newScene(t).now
	in := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	for name, row := range map[string]struct {
		facts lifecycle.Deletions
		want  bool
	}{
		"nothing":                       {lifecycle.Deletions{Connections: 100}, false},
		"ten":                           {lifecycle.Deletions{Waiting: 10, Connections: 10}, false},
		"eleven":                        {lifecycle.Deletions{Waiting: 11, Connections: 11}, true},
		"ten with those before":         {lifecycle.Deletions{Waiting: 4, Deleted: 6, Connections: 20}, false},
		"eleven with those before":      {lifecycle.Deletions{Waiting: 5, Deleted: 6, Connections: 20}, true},
		"many before, none waits":       {lifecycle.Deletions{Deleted: 50, Connections: 100}, false},
		"5 % of many":                   {lifecycle.Deletions{Waiting: 500, Connections: 10_000}, false},
		"a little more than 5 %":        {lifecycle.Deletions{Waiting: 501, Connections: 10_000}, true},
		"5 % of few":                    {lifecycle.Deletions{Waiting: 10, Connections: 199}, false},
		"own limit, larger":             {lifecycle.Deletions{Waiting: 40, Connections: 100, Limit: limit(40, 0)}, false},
		"own limit, smaller":            {lifecycle.Deletions{Waiting: 3, Connections: 100, Limit: limit(2, 0)}, true},
		"own percentage":                {lifecycle.Deletions{Waiting: 30, Connections: 100, Limit: limit(2, 30)}, false},
		"only the percentage is given":  {lifecycle.Deletions{Waiting: 10, Connections: 100, Limit: &v1alpha1.DeletionLimit{Percent: new(int32)}}, false},
		"none at all":                   {lifecycle.Deletions{Waiting: 1, Connections: 100, Limit: limit(0, 0)}, true},
		"as many as there are":          {lifecycle.Deletions{Waiting: 90, Deleted: 10, Connections: 100, Limit: limit(100, 0)}, false},
		"all of them":                   {lifecycle.Deletions{Waiting: 90, Deleted: 10, Connections: 100, Limit: limit(0, 100)}, false},
		"confirmed":                     {lifecycle.Deletions{Waiting: 99, AllowedUntil: in(time.Hour)}, false},
		"confirmed for a day":           {lifecycle.Deletions{Waiting: 99, AllowedUntil: in(24 * time.Hour)}, false},
		"confirmed for more than a day": {lifecycle.Deletions{Waiting: 99, AllowedUntil: in(24*time.Hour + time.Minute)}, true},
		"confirmation over":             {lifecycle.Deletions{Waiting: 99, AllowedUntil: in(-time.Second)}, true},
		"confirmation unreadable":       {lifecycle.Deletions{Waiting: 99, AllowedUntil: "true"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := row.facts.Paused(now); got != row.want {
				t.Errorf("paused: %v", got)
			}
			w := newInstance()
			w.Deletions = row.facts
			st := lifecycle.RecordInstance(now, w, nil)
			if got := meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionDeletionsPaused); got != row.want {
				t.Errorf("the instance says that deletions are paused: %v", got)
			}
			w.Status = &st
			if again := lifecycle.RecordInstance(now.Add(time.Second), w, nil); !equality.Semantic.DeepEqual(st, again) && row.facts.AllowedUntil == "" {
				t.Error("recording nothing changes the status")
			}
			if row.want != (row.facts.NextLook(now) == time.Minute) {
				t.Errorf("looked at again after %v", row.facts.NextLook(now))
			}
		})
	}
}

var wave = lifecycle.Deletions{Waiting: 100, Connections: 1000}

// TestBrake: a deletion in a wave waits, says so, looks again less and less often, and
// goes on when the wave is over.
func TestBrake(t *testing.T) {
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
	s.Instance.Deletions = lifecycle.Deletions{Waiting: 1}
	s.decides(deletes)
}

// TestInWave: what was let through goes on, but for the window in which it may be a
// part of something larger.
func TestInWave(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *scene)
		want    bool
	}{
		"just deleted": {func(*scene) {}, true},
		"paused long ago": {func(s *scene) {
			s.Instance.Deletions = wave
			s.wait()
			s.pass(time.Hour)
		}, true},
		"tried just now": {func(s *scene) { s.problem(lifecycle.Delete, v1alpha1.ReasonSecretNotFound) }, true},
		"tried long ago": {func(s *scene) {
			s.problem(lifecycle.Delete, v1alpha1.ReasonSecretNotFound)
			s.pass(10 * time.Minute)
		}, false},
		"retained":      {func(s *scene) { s.edit(retain) }, false},
		"abandoned":     {func(s *scene) { s.annotate(v1alpha1.AbandonLoginAnnotation, "true") }, false},
		"never bound":   {wipe, false},
		"not to be let": {func(s *scene) { s.annotate(v1alpha1.AbandonLoginAnnotation, "yes") }, true},
		"done": {func(s *scene) {
			c := s.Connection.DeepCopy()
			c.Finalizers = []string{v1alpha1.ReleaseSecretFinalizer}
			s.Connection = c
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			if lifecycle.InWave(s.now, s.Connection) {
				t.Fatal("a living object is in a wave")
			}
			s.delete()
			row.arrange(s)
			if got := lifecycle.InWave(s.now, s.Connection); got != row.want {
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

// TestFinalDecisions: what is done about an object that goes.
func TestFinalDecisions(t *testing.T) {
	letsGo := lifecycle.Action{Kind: lifecycle.LetGo}
	finalizers := func(f ...string) func(s *scene) {
		return func(s *scene) {
			c := s.Connection.DeepCopy()
			c.Finalizers = f
			s.Connection = c
		}
	}
	abandon := func(s *scene) { s.annotate(v1alpha1.AbandonLoginAnnotation, "true") }
	for name, row := range map[string]struct {
		arrange func(s *scene)
		want    lifecycle.Action
	}{
		"both finalizers":          {func(*scene) {}, deletes},
		"the second is left":       {finalizers(v1alpha1.ReleaseSecretFinalizer), letsGo},
		"an older operator's":      {finalizers(v1alpha1.Finalizer), deletes},
		"somebody else's":          {finalizers("example.com/mine"), waits},
		"abandoned":                {abandon, releases},
		"abandoned, braked":        {func(s *scene) { abandon(s); s.Instance.Deletions = wave }, releases},
		"abandoned, paced":         {func(s *scene) { abandon(s); s.NotUntil = s.now.Add(time.Hour) }, releases},
		"retained, braked":         {func(s *scene) { s.edit(retain); s.Instance.Deletions = wave }, releases},
		"never bound":              {wipe, releases},
		"second is left, braked":   {func(s *scene) { finalizers(v1alpha1.ReleaseSecretFinalizer)(s); s.Instance.Deletions = wave }, letsGo},
		"second is left, retained": {func(s *scene) { s.edit(retain); finalizers(v1alpha1.ReleaseSecretFinalizer)(s) }, letsGo},
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

// TestBlockedReasonFollows: an object that was let through says what holds it up now.
func TestBlockedReasonFollows(t *testing.T) {
	s := newBound(t)
	s.delete()
	s.Instance.Deletions = wave
	s.wait()
	s.Instance.Deletions = lifecycle.Deletions{Waiting: 1}
	s.record(lifecycle.Outcome{Action: deletes, Err: refusal(flinks.OpDeleteCard, flinks.CodeCardInUse, false)})
	if got := s.condition(v1alpha1.ConditionDeletionBlocked).Reason; got != v1alpha1.ReasonCardInUse {
		t.Errorf("DeletionBlocked is %s", got)
	}
}

func (s *scene) annotate(key, value string) {
	c := s.Connection.DeepCopy()
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[key] = value
	s.Connection = c
}
