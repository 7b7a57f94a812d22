package reconcile

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// fleet connects logins of one bank, and lets all of them be bound.
func (h *harness) fleet(n int, change ...func(*v1alpha1.BankConnection)) []string {
	h.t.Helper()
	var names []string
	for i := range n {
		name := fmt.Sprintf("customer-%03d", i)
		h.connect(name, h.seed(fmt.Sprintf("greatday_nomfa+%d", i)), change...)
		names = append(names, name)
	}
	h.run(time.Hour)
	for _, name := range names {
		h.expect(name, "Ready=True Refreshed")
	}
	return names
}

// prune deletes objects as a pipeline does that lost them.
func (h *harness) prune(names ...string) {
	h.t.Helper()
	for _, name := range names {
		h.delete(name)
	}
}

func (h *harness) left(names ...string) int {
	h.t.Helper()
	n := 0
	for _, name := range names {
		if !h.gone(name) {
			n++
		}
	}
	return n
}

// onInstance changes the instance, and wakes what a watch would wake.
func (h *harness) onInstance(change func(*v1alpha1.ClusterFlinksInstance), wake ...string) {
	h.t.Helper()
	i := h.theInstance()
	change(i)
	h.update(i)
	h.probe()
	for _, name := range wake {
		h.poke(name)
	}
}

func (h *harness) theInstance() *v1alpha1.ClusterFlinksInstance {
	h.t.Helper()
	var i v1alpha1.ClusterFlinksInstance
	if err := h.live.Get(h.ctx(), types.NamespacedName{Name: h.instance()}, &i); err != nil {
		h.t.Fatal(err)
	}
	return &i
}

func (h *harness) deletionsPaused() bool {
	h.t.Helper()
	return meta.IsStatusConditionTrue(h.theInstance().Status.Conditions, v1alpha1.ConditionDeletionsPaused)
}

func allowUntil(t time.Time) func(*v1alpha1.ClusterFlinksInstance) {
	return func(i *v1alpha1.ClusterFlinksInstance) {
		metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.AllowDeletionsUntilAnnotation, t.Format(time.RFC3339))
	}
}

// TestMassDeletionWaitsForConfirmation: 100 that are pruned at once stay, through
// restarts too, until somebody says that they are meant.
func TestMassDeletionWaitsForConfirmation(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(100)
	h.prune(names...)
	h.run(20 * time.Minute)
	h.probe()
	h.expect(names[99], "DeletionBlocked=True DeletionsPaused", "Ready=True Refreshed")
	if !h.deletionsPaused() {
		t.Error("the instance does not say that deletions are paused")
	}
	h.expectEvent(v1alpha1.ReasonDeletionsPaused)
	h.boot(nil)
	for _, name := range names {
		h.poke(name)
	}
	h.effects.names = nil
	h.run(20 * time.Minute)
	for _, until := range []time.Time{h.clock.Now().Add(-time.Minute), h.clock.Now().Add(25 * time.Hour)} {
		h.onInstance(allowUntil(until), names...)
		h.run(time.Minute)
	}
	if n := h.calls()["DeleteCard"]; n != 0 || h.left(names...) != 100 {
		t.Fatalf("%d calls, %d are left", n, h.left(names...))
	}
	if n := len(h.effects.names); n != 0 {
		t.Errorf("%d effects while nothing changed: %v", n, h.effects.names[:10])
	}

	h.onInstance(allowUntil(h.clock.Now().Add(2*time.Minute)), names...)
	h.run(time.Minute)
	if n := h.calls()["DeleteCard"]; n != 100 || h.left(names...) != 0 {
		t.Errorf("%d calls, %d are left", n, h.left(names...))
	}
	h.probe()
	if h.deletionsPaused() {
		t.Error("the instance still says that deletions are paused")
	}
	// What somebody confirmed does not count against what comes next.
	h.connect("next", h.seed("greatday_nomfa+next"))
	h.run(2 * time.Minute)
	h.delete("next")
	h.run(time.Minute)
	h.expectGone("next")
}

// TestBurstIsBrakedBeforeItIsCounted: what comes by between two counts of the
// connections is counted as it comes.
func TestBurstIsBrakedBeforeItIsCounted(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
		i.Spec.Limits = &v1alpha1.InstanceLimits{RequestsPerSecond: new(int32(1000)), Burst: new(int32(1000))}
	})
	h.probe()
	names := h.fleet(30)
	for _, name := range names {
		h.delete(name)
		if _, err := h.reconcile(name); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.calls()["DeleteCard"]; n != 10 || h.left(names...) != 20 {
		t.Errorf("%d calls, %d are left", n, h.left(names...))
	}
}

// TestFewDeletionsAreNotBraked: ten at once, and ten more when ten minutes have passed.
func TestFewDeletionsAreNotBraked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(25)
	h.prune(names[:10]...)
	h.run(time.Minute)
	if n := h.left(names[:10]...); n != 0 {
		t.Errorf("%d of ten are left", n)
	}
	h.prune(names[10])
	h.run(5 * time.Minute)
	h.expect(names[10], "DeletionBlocked=True DeletionsPaused")
	h.run(10 * time.Minute)
	h.expectGone(names[10])
	h.prune(names[11:20]...)
	h.run(20 * time.Minute)
	if n := h.left(names[11:20]...); n != 0 {
		t.Errorf("%d of nine are left", n)
	}
}

// TestDeletionLimit is the instance's own, and what is kept at Flinks does not count.
func TestDeletionLimit(t *testing.T) {
	t.Parallel()
	limit := func(count, percent int32) func(*v1alpha1.ClusterFlinksInstance) {
		return func(i *v1alpha1.ClusterFlinksInstance) {
			i.Spec.Limits = &v1alpha1.InstanceLimits{Deletions: &v1alpha1.DeletionLimit{Count: &count, Percent: &percent}}
		}
	}
	tests := map[string]struct {
		limit func(*v1alpha1.ClusterFlinksInstance)
		mend  func(h *harness, names []string)
	}{
		"limit raised": {limit(2, 0), func(h *harness, names []string) { h.onInstance(limit(3, 0), names...) }},
		"percent":      {limit(0, 50), func(h *harness, names []string) { h.onInstance(limit(0, 75), names...) }},
		"one is abandoned": {limit(2, 0), func(h *harness, names []string) {
			h.annotate(names[0], v1alpha1.AbandonLoginAnnotation, "true")
		}},
		"one is retained": {limit(2, 0), func(h *harness, names []string) { h.edit(names[0], retain) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.onInstance(tt.limit)
			names := h.fleet(4)
			h.prune(names[:3]...)
			h.run(30 * time.Minute)
			if n := h.calls()["DeleteCard"]; n != 0 {
				t.Fatalf("%d calls", n)
			}
			tt.mend(h, names)
			h.run(30 * time.Minute)
			if n := h.left(names...); n != 1 {
				t.Errorf("%d are left, want the one that was not deleted", n)
			}
			h.probe()
			if h.deletionsPaused() {
				t.Error("deletions are paused for nobody")
			}
		})
	}
}

// TestStuckDeletionsDoNotBrakeOthers: what was let through and cannot be deleted, for
// whatever reason, counts for ten minutes.
func TestStuckDeletionsDoNotBrakeOthers(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(20)
	for _, name := range names[:12] {
		h.deleteSecret(name)
	}
	h.prune(names[:6]...)
	h.run(11 * time.Minute)
	h.prune(names[6:12]...)
	h.run(11 * time.Minute)
	h.expect(names[0], "DeletionBlocked=True SecretNotFound")
	h.prune(names[12])
	h.run(time.Minute)
	h.expectGone(names[12])
}
