package instance

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

var noon = time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)

func (w *pendingDeletions) expect(t *testing.T, namespaces int, want lifecycle.PendingDeletions) {
	t.Helper()
	got := w.facts(View{Object: &v1alpha1.FlinksInstance{}, Status: &v1alpha1.InstanceStatus{}})
	if diff := cmp.Diff(want, got.AtInstance); diff != "" || got.Namespaces != namespaces {
		t.Errorf("in %d namespaces (-want +got):\n%s", got.Namespaces, diff)
	}
}

// TestOneLoginOfManyNamespaces counts once for the instance, wherever it is met first and
// wherever it is deleted.
func TestOneLoginOfManyNamespaces(t *testing.T) {
	w := newPendingDeletions(noon, nil)
	for i := range 11 {
		w.wait(fmt.Sprintf("tenant-%02d", (i+5)%11), "a")
	}
	w.expect(t, 1, lifecycle.PendingDeletions{Waiting: 1})
	w.wait("tenant-03", "b")
	w.expect(t, 2, lifecycle.PendingDeletions{Waiting: 2})
	w.delete(noon, "tenant-07", "a")
	w.wait("tenant-07", "a")
	w.wait("tenant-20", "a")
	w.expect(t, 2, lifecycle.PendingDeletions{Waiting: 1, Deleted: 1})
	if own := w.namespaces["tenant-03"].pending(); own.Waiting != 2 {
		t.Errorf("a namespace waits for %d of its two logins", own.Waiting)
	}

	// What was deleted is known after a count, and the rest is counted again.
	w = newPendingDeletions(noon.Add(time.Minute), w)
	w.wait("tenant-00", "a")
	w.expect(t, 1, lifecycle.PendingDeletions{Deleted: 1})
	w = newPendingDeletions(noon.Add(lifecycle.DeletionWindow), w)
	w.expect(t, 0, lifecycle.PendingDeletions{})
}

// TestPausedNamespacesTakeNothingAway: what waits in a namespace that exceeds its own limit
// is not counted for the instance; what was deleted there is.
func TestPausedNamespacesTakeNothingAway(t *testing.T) {
	w := newPendingDeletions(noon, nil)
	for i := range 9 {
		w.wait("large", fmt.Sprint("waits-", i))
	}
	w.wait("small", "waits")
	w.expect(t, 2, lifecycle.PendingDeletions{Waiting: 10})
	w.delete(noon, "large", "went-0")
	w.expect(t, 2, lifecycle.PendingDeletions{Waiting: 10, Deleted: 1})
	w.delete(noon, "large", "went-1")
	w.expect(t, 2, lifecycle.PendingDeletions{Waiting: 1, Deleted: 2})
}

// TestDeletionThatNoCountKnew: a connection that was to be deleted for so long that no count has it counts
// once its login is deleted.
func TestDeletionThatNoCountKnew(t *testing.T) {
	var d Deletions
	v := View{Object: &v1alpha1.FlinksInstance{}, Status: &v1alpha1.InstanceStatus{}}
	c := &v1alpha1.BankConnection{}
	c.Namespace, c.Status.Binding = "lending", &v1alpha1.Binding{LoginFingerprint: "a"}
	d.Done(noon, v, c)
	d.Done(noon, v, c)
	newPendingDeletions(noon.Add(time.Minute), d.pending[v.Key]).expect(t, 1, lifecycle.PendingDeletions{Deleted: 1})
}
