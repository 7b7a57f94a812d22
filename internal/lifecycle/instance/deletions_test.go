package instance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// alone returns the deletions of an instance that has one namespace.
func alone(waiting, deleted, logins int) lifecycle.Deletions {
	w := lifecycle.PendingDeletions{Waiting: waiting, Deleted: deleted, Logins: logins}
	return lifecycle.Deletions{InNamespace: w, AtInstance: w, Namespaces: 1}
}

// among returns the deletions of one namespace of several.
func among(namespaces int, own, all lifecycle.PendingDeletions) lifecycle.Deletions {
	return lifecycle.Deletions{InNamespace: own, AtInstance: all, Namespaces: namespaces}
}

func (l limited) of(d lifecycle.Deletions) lifecycle.Deletions {
	d.Limit = l.DeletionLimit
	return d
}

type limited struct{ *v1alpha1.DeletionLimit }

func limit(count, percent int32) limited {
	return limited{&v1alpha1.DeletionLimit{Count: &count, Percent: &percent}}
}

// each sets the limit of each namespace.
func (l limited) each(count, percent int32) limited {
	l.PerNamespace = &v1alpha1.NamespaceDeletionLimit{Count: &count, Percent: &percent}
	return l
}

func inNamespace(name string, d lifecycle.Deletions) instance.Deletions {
	all := instance.Deletions{Annotation: d.Confirmation.Annotation, Namespaces: map[string]lifecycle.Deletions{}}
	if d.InNamespace.Waiting > 0 {
		all.Namespaces[name] = d
	}
	return all
}

// TestPausedNamespaces: an instance says whose deletions wait, in bounded space.
func TestPausedNamespaces(t *testing.T) {
	now := start(t)
	w := newInstance()
	w.Deletions = inNamespace("calm", alone(3, 0, 100))
	for i := range 30 {
		w.Deletions.Namespaces[fmt.Sprintf("tenant-%02d", i)] = alone(11+i, 0, 100)
	}
	st := instance.Record(now, w, nil)
	want := &v1alpha1.PausedDeletions{Logins: 30*11 + 29*30/2, NamespaceCount: 30}
	for i := range 10 {
		want.Namespaces = append(want.Namespaces, fmt.Sprintf("tenant-%02d", i))
	}
	if diff := cmp.Diff(want, st.PausedDeletions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.Deletions.Namespaces = nil
	w.Status = &st
	if st := instance.Record(now, w, nil); st.PausedDeletions != nil {
		t.Errorf("paused for no namespace: %+v", st.PausedDeletions)
	}
}

// TestPaused goes through what makes a mass deletion.
func TestPaused(t *testing.T) {
	now := start(t)
	wave := func(waiting, deleted, logins int) lifecycle.PendingDeletions {
		return lifecycle.PendingDeletions{Waiting: waiting, Deleted: deleted, Logins: logins}
	}
	percent := limited{&v1alpha1.DeletionLimit{Percent: new(int32)}}
	reason := map[bool]string{true: v1alpha1.ReasonDeletionsPaused, false: v1alpha1.ReasonDeletionsAllowed}
	onlyCount := limited{&v1alpha1.DeletionLimit{PerNamespace: &v1alpha1.NamespaceDeletionLimit{Count: new(int32(3))}}}
	for name, row := range map[string]struct {
		facts lifecycle.Deletions
		want  bool
	}{
		"nothing":                      {alone(0, 0, 100), false},
		"ten":                          {alone(10, 0, 10), false},
		"eleven":                       {alone(11, 0, 11), true},
		"ten with those before":        {alone(4, 6, 20), false},
		"eleven with those before":     {alone(5, 6, 20), true},
		"many before, none waits":      {alone(0, 50, 100), false},
		"5 % of many":                  {alone(500, 0, 10_000), false},
		"a little more than 5 %":       {alone(501, 0, 10_000), true},
		"5 % of few":                   {alone(10, 0, 199), false},
		"own limit, larger":            {limit(40, 0).of(alone(40, 0, 100)), false},
		"own limit, smaller":           {limit(2, 0).of(alone(3, 0, 100)), true},
		"own percentage":               {limit(2, 30).of(alone(30, 0, 100)), false},
		"only the percentage is given": {percent.of(alone(10, 0, 100)), false},
		"none at all":                  {limit(0, 0).of(alone(1, 0, 100)), true},
		"as many as there are":         {limit(100, 0).of(alone(90, 10, 100)), false},
		"all of them":                  {limit(0, 100).of(alone(90, 10, 100)), false},

		"5 % of the instance, more of the namespace":      {among(1, wave(11, 0, 20), wave(0, 0, 1000)), true},
		"less than the instance allows, beside a wave":    {among(1, wave(1, 0, 20), wave(1, 0, 1000)), false},
		"the instance's limit reached by others":          {among(2, wave(1, 0, 20), wave(1, 10, 100)), false},
		"an equal part":                                   {among(2, wave(5, 0, 20), wave(11, 0, 100)), false},
		"more than an equal part":                         {among(2, wave(6, 0, 20), wave(11, 0, 100)), true},
		"more than an equal part of what is not too much": {among(2, wave(6, 0, 20), wave(10, 0, 100)), false},
		"one in each of many":                             {among(11, wave(1, 0, 1), wave(11, 0, 100)), true},
		"one in each of few":                              {among(10, wave(1, 0, 1), wave(10, 0, 100)), false},
		"what was deleted is a part":                      {among(2, wave(1, 5, 20), wave(1, 10, 100)), true},
		"limit of each namespace, smaller":                {limit(100, 0).each(2, 0).of(among(2, wave(3, 0, 20), wave(1, 0, 100))), true},
		"limit of each namespace, reached":                {limit(100, 0).each(2, 0).of(among(2, wave(2, 0, 20), wave(3, 0, 100))), false},
		"limit of each namespace, in percent":             {limit(100, 0).each(0, 10).of(among(2, wave(3, 0, 20), wave(1, 0, 100))), true},
		"percent of the namespace, not of the instance":   {limit(100, 0).each(0, 10).of(among(2, wave(2, 0, 20), wave(2, 0, 100))), false},
		"limit of each namespace, larger":                 {limit(5, 0).each(20, 0).of(among(1, wave(6, 0, 20), wave(6, 0, 20))), true},
		"only the count of each namespace is given":       {onlyCount.of(alone(4, 0, 40)), true},
		"and the percentage is that of the instance":      {onlyCount.of(alone(4, 0, 80)), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := row.facts.Paused(now); got != row.want {
				t.Errorf("paused: %v", got)
			}
			w := newInstance()
			w.Deletions = inNamespace("lending", row.facts)
			st := instance.Record(now, w, nil)
			if got := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionsPaused); got == nil || got.Reason != reason[row.want] {
				t.Errorf("the instance says of its deletions: %+v", got)
			}
			if got := meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionDeletionsPaused); got != row.want {
				t.Errorf("the instance says that deletions are paused: %v", got)
			}
			w.Status = &st
			if again := instance.Record(now.Add(time.Second), w, nil); !equality.Semantic.DeepEqual(st, again) {
				t.Error("recording nothing changes the status")
			}
			if look := instance.NextDeletionsLook(now, w, &st); row.want != (look == time.Minute) {
				t.Errorf("looked at again after %v", look)
			}
		})
	}
}

// wave is a mass deletion that exceeds every limit.
var wave = alone(100, 0, 1000)
