package instance_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// TestLinkProofs: links pause for an hour after one without a proof, until Flinks proves the first;
// from then on nothing pauses them. A probe changes none of it, unless the spec names another
// customer.
func TestLinkProofs(t *testing.T) {
	now := start(t)
	w := newInstance()
	note := func(proven, want bool) {
		t.Helper()
		st, changed := instance.NoteProof(now, w.Generation, w.Status, proven)
		if changed != want {
			t.Errorf("changed: %v", changed)
		}
		if changed {
			w.Status = &st
		}
	}
	expect := func(unavailable, paused bool) {
		t.Helper()
		st := instance.Record(now, w, nil)
		if got := meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionLinkProofUnavailable); got != unavailable {
			t.Errorf("unavailable: %v", got)
		}
		if got := now.Before(instance.LinksPausedUntil(&st)); got != paused {
			t.Errorf("paused: %v", got)
		}
		w.Status = &st
		if again := instance.Record(now, w, nil); !equality.Semantic.DeepEqual(st, again) {
			t.Error("recording nothing changes the status")
		}
	}
	expect(false, false)
	note(false, true)
	expect(true, true)
	note(false, false)
	now = now.Add(time.Hour)
	expect(true, false)
	note(false, true)
	expect(true, true)
	note(true, true)
	expect(false, false)
	note(true, false)
	note(false, false)
	expect(false, false)

	w.Keys = "of another customer"
	st := instance.Record(now, w, &instance.Probe{})
	w.Status = &st
	note(false, true)
	expect(true, true)
}
