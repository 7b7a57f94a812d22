package instance_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// TestConfirmations: what an annotation confirms when it is noted, and what the instance
// says of one that confirms nothing.
func TestConfirmations(t *testing.T) {
	now := start(t)
	in := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	for name, row := range map[string]struct {
		annotation string
		want       bool
		invalid    string
	}{
		"none":                  {"", false, ""},
		"an hour":               {in(time.Hour), true, ""},
		"a day":                 {in(24 * time.Hour), true, ""},
		"another time zone":     {now.Add(time.Hour).In(time.FixedZone("", 5*3600)).Format(time.RFC3339), true, ""},
		"with fractions":        {now.Add(time.Hour).Format(time.RFC3339Nano), true, ""},
		"over":                  {in(-time.Second), false, ""},
		"a little more":         {in(24*time.Hour + time.Minute), false, v1alpha1.ReasonConfirmationTooFarAhead},
		"a year":                {in(365 * 24 * time.Hour), false, v1alpha1.ReasonConfirmationTooFarAhead},
		"the end of time":       {"9999-12-31T23:59:59Z", false, v1alpha1.ReasonConfirmationTooFarAhead},
		"after the end of time": {"9999-12-31T23:59:59-12:00", false, v1alpha1.ReasonConfirmationUnreadable},
		"before time":           {"0001-01-01T00:00:00Z", false, v1alpha1.ReasonConfirmationUnreadable},
		"true":                  {"true", false, v1alpha1.ReasonConfirmationUnreadable},
		"a date":                {now.Format(time.DateOnly), false, v1alpha1.ReasonConfirmationUnreadable},
		"white space around it": {" " + in(time.Hour), false, v1alpha1.ReasonConfirmationUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			w := newInstance()
			d := wave
			d.Confirmation.Annotation = row.annotation
			if d.Paused(now) == false {
				t.Error("a confirmation counts before it is noted")
			}
			w.Deletions = inNamespace("lending", d)
			st := instance.Record(now, w, nil)
			d.Confirmation.Noted = st.DeletionConfirmation
			if d.Paused(now) == row.want || d.AllowedByConfirmation(now) != row.want || (st.PausedDeletions == nil) != row.want {
				t.Errorf("confirmed: %v by %+v, paused: %+v", d.AllowedByConfirmation(now), st.DeletionConfirmation, st.PausedDeletions)
			}
			var invalid string
			if c := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionConfirmationInvalid); c != nil {
				invalid = c.Reason
			}
			if invalid != row.invalid {
				t.Errorf("the instance says %q of the confirmation", invalid)
			}
			w.Status = &st
			if again := instance.Record(now.Add(time.Second), w, nil); !equality.Semantic.DeepEqual(st, again) {
				t.Error("recording nothing changes the status")
			}
		})
	}
}

// TestConfirmationsAreJudgedOnce: one that was too far ahead is never valid, not even
// on its last day, and another one is.
func TestConfirmationsAreJudgedOnce(t *testing.T) {
	now := start(t)
	w := newInstance()
	w.Deletions = inNamespace("lending", wave)
	annotate := func(until time.Time) { w.Deletions.Annotation = until.Format(time.RFC3339) }
	look := func(at time.Time) (holds bool) {
		st := instance.Record(at, w, nil)
		w.Status = &st
		return lifecycle.Confirmation{Annotation: w.Deletions.Annotation, Noted: st.DeletionConfirmation}.IsValid(at)
	}
	annotate(now.Add(30 * 24 * time.Hour))
	for day := range 31 {
		if look(now.Add(time.Duration(day)*24*time.Hour - time.Hour)) {
			t.Fatalf("confirmed on day %d", day)
		}
	}
	now = now.Add(29*24*time.Hour + 12*time.Hour)
	annotate(now.Add(time.Hour))
	if !look(now) {
		t.Error("another one is not confirmed")
	}
	if meta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionConfirmationInvalid) != nil {
		t.Error("the instance still calls it invalid")
	}
	if look(now.Add(time.Hour)) {
		t.Error("confirmed when it is over")
	}
	w.Deletions.Annotation = ""
	look(now)
	if w.Status.DeletionConfirmation != nil {
		t.Error("a confirmation that was withdrawn is still on record")
	}
}

// TestConfirmationEvents: that one confirms nothing is an event, once.
func TestConfirmationEvents(t *testing.T) {
	now := start(t)
	w := newInstance()
	edit := func(annotation string) []string {
		w.Deletions.Annotation = annotation
		before := *w.Status
		st := instance.Record(now, w, nil)
		w.Status = &st
		return told(&before, &st)
	}
	for _, step := range []struct {
		annotation string
		want       []string
	}{
		{"soon", []string{"warning=true ConfirmationInvalid ConfirmationUnreadable"}},
		{"soon", nil},
		{"9999-01-01T00:00:00Z", []string{"warning=true ConfirmationInvalid ConfirmationTooFarAhead"}},
		{now.Add(time.Hour).Format(time.RFC3339), nil},
	} {
		if diff := cmp.Diff(step.want, edit(step.annotation)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.annotation, diff)
		}
	}
}

// TestConfirmationIsLookedAtWhenItEnds, for then the rest waits again.
func TestConfirmationIsLookedAtWhenItEnds(t *testing.T) {
	now := start(t)
	w := newInstance()
	d := wave
	d.Confirmation.Annotation = now.Add(time.Hour).Truncate(time.Second).Format(time.RFC3339)
	w.Deletions = inNamespace("lending", d)
	st := instance.Record(now, w, nil)
	if look := instance.NextDeletionsLook(now, w, &st); look > time.Hour || look < time.Hour-time.Second {
		t.Errorf("looked at again after %v", look)
	}
	w.Deletions.Namespaces = nil
	if look := instance.NextDeletionsLook(now, w, &st); look != 0 {
		t.Errorf("looked at again after %v while nothing waits", look)
	}
}
