package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
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
// restarts too, until a confirmation says that they are meant.
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
		before := slices.Clone(h.effects.names)
		h.onInstance(allowUntil(until), names...)
		h.effects.names = before // but for what the instance says of it
		h.run(time.Minute)
	}
	if n := h.calls()["DeleteCard"]; n != 0 || h.left(names...) != 100 {
		t.Fatalf("%d calls, %d are left", n, h.left(names...))
	}
	if n := len(h.effects.names); n != 0 {
		t.Errorf("%d effects while nothing changed: %v", n, h.effects.names[:min(n, 10)])
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
	// What was confirmed does not count against what comes next.
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
		for range 2 { // the claim, then the call
			if _, err := h.reconcile(name); err != nil {
				t.Fatal(err)
			}
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
				t.Error("deletions are paused without a reason")
			}
		})
	}
}

// neighbour returns another namespace, which the same manager looks after.
func (h *harness) neighbour() *harness {
	h.t.Helper()
	n := *h
	n.namespace, n.due = testenv.Start(h.t).Namespace(h.t), map[string]time.Time{}
	return &n
}

// at makes a connection refer to the instance of a harness.
func (h *harness) at(c *v1alpha1.BankConnection) { c.Spec.InstanceRef.Name = h.instance() }

// TestWaveStopsItsNamespaceOnly: what another tenant deletes meanwhile goes, and the
// instance says whose deletions wait.
func TestWaveStopsItsNamespaceOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(15)
	n := h.neighbour()
	var others []string
	for i := range 6 {
		name := fmt.Sprintf("other-%d", i)
		n.connect(name, h.seed("greatday_nomfa+"+name), h.at)
		others = append(others, name)
	}
	n.run(time.Minute)
	h.prune(names[:4]...)
	h.run(time.Minute)
	h.prune(names[4:]...)
	h.run(time.Minute)
	if left := h.left(names...); left != 11 {
		t.Fatalf("%d are left, want those that came as a wave", left)
	}
	n.prune(others...)
	n.run(time.Minute)
	if left := n.left(others...); left != 0 {
		t.Errorf("%d of another namespace are left", left)
	}
	h.probe()
	want := &v1alpha1.PausedDeletions{Logins: 11, NamespaceCount: 1, Namespaces: []string{h.namespace}}
	if diff := cmp.Diff(want, h.theInstance().Status.PausedDeletions); diff != "" {
		t.Errorf("status.pausedDeletions (-want +got):\n%s", diff)
	}
	h.onInstance(allowUntil(h.clock.Now().Add(time.Hour)), names[4:]...)
	h.run(time.Minute)
	if left := h.left(names...); left != 0 {
		t.Errorf("%d are left", left)
	}
	h.probe()
	if p := h.theInstance().Status.PausedDeletions; p != nil || h.deletionsPaused() {
		t.Errorf("paused without a reason: %+v", p)
	}
}

// TestNamespacesThatExceedTheLimitTogether: a little in each of them is a wave too, and a
// namespace with less than its part is none of it.
func TestNamespacesThatExceedTheLimitTogether(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(8)
	n, calm := h.neighbour(), h.neighbour()
	var others []string
	for i := range 8 {
		name := fmt.Sprintf("other-%d", i)
		n.connect(name, h.seed("greatday_nomfa+"+name), h.at)
		others = append(others, name)
	}
	calm.connect("one", h.seed("greatday_nomfa+one"), h.at)
	n.run(time.Minute)
	calm.run(time.Minute)
	h.prune(names...)
	n.prune(others...)
	calm.prune("one")
	h.run(20 * time.Minute)
	n.run(time.Minute)
	calm.run(time.Minute)
	if n := h.calls()["DeleteCard"]; n != 1 {
		t.Errorf("%d logins were deleted", n)
	}
	calm.expectGone("one")
	n.expect(others[0], "DeletionBlocked=True DeletionsPaused")
	h.probe()
	if p := h.theInstance().Status.PausedDeletions; p == nil || p.Logins != 16 || p.NamespaceCount != 2 {
		t.Errorf("status.pausedDeletions: %+v", p)
	}
}

// TestOneLoginIsOneDeletion, however many objects of however many namespaces have it.
func TestOneLoginIsOneDeletion(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	n := h.neighbour()
	login := h.seed("greatday_nomfa")
	var names []string
	for i := range 12 {
		name := fmt.Sprintf("copy-%02d", i)
		h.connect(name, login)
		names = append(names, name)
	}
	n.connect("copy", login, h.at)
	h.run(time.Minute)
	n.run(time.Minute)
	h.prune(names...)
	n.prune("copy")
	h.run(time.Minute)
	n.run(time.Minute)
	h.run(time.Minute)
	if left := h.left(names...); left != 0 || !n.gone("copy") {
		t.Errorf("%d are left: %+v", left, h.get(names[0]).Status.Conditions)
	}
	h.expectDeleted(login, true)
	if strings.Contains(h.eventsSoFar(), v1alpha1.ReasonDeletionsPaused) {
		t.Error("one login is a mass deletion")
	}
}

// TestWithdrawnConfirmation: what was confirmed and is not deleted yet waits again, and
// counts, however long ago it was let through.
func TestWithdrawnConfirmation(t *testing.T) {
	t.Parallel()
	for _, throttled := range []time.Duration{2 * time.Minute, 30 * time.Minute} {
		t.Run(throttled.String(), func(t *testing.T) {
			h := newHarness(t)
			names := h.fleet(12)
			h.prune(names...)
			h.run(11 * time.Minute)
			h.fault(flinkssim.Fault{Endpoint: "DeleteCard", FlinksCode: "TOO_MANY_REQUESTS", Times: -1})
			h.onInstance(allowUntil(h.clock.Now().Add(2*time.Hour)), names...)
			for range 10 {
				h.run(throttled / 10)
				h.probe()
			}
			h.expect(names[11], "DeletionBlocked=True Throttled")
			h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Annotations = nil }, names...)
			h.sim.ClearFaults()
			for range 20 {
				h.run(3 * time.Minute)
				h.probe()
			}
			if left := h.left(names...); left != 12 {
				t.Errorf("%d are left", left)
			}
			h.expect(names[11], "DeletionBlocked=True DeletionsPaused")
			if !h.deletionsPaused() {
				t.Error("the instance does not say that deletions are paused")
			}
		})
	}
}

// TestConfirmationWithdrawnUnseen: the cache does not know yet that it was withdrawn.
func TestConfirmationWithdrawnUnseen(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(12)
	h.onInstance(allowUntil(h.clock.Now().Add(time.Hour)))
	old := h.theInstance()
	h.prune(names...)
	h.connections.Logins.Instances.Client = interceptor.NewClient(h.direct, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if i, ok := o.(*v1alpha1.ClusterFlinksInstance); ok {
				old.DeepCopyInto(i)
				return nil
			}
			return c.Get(ctx, key, o, opts...)
		},
	})
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Annotations = nil })
	h.run(30 * time.Minute)
	if n := h.calls()["DeleteCard"]; n != 0 {
		t.Errorf("%d logins were deleted", n)
	}
	h.expect(names[0], "DeletionBlocked=True DeletionsPaused")
}

// TestConfirmationThatIsTooFarAhead: it is said that it confirms nothing, and it never
// does.
func TestConfirmationThatIsTooFarAhead(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(12)
	h.prune(names...)
	h.run(time.Minute)
	h.onInstance(allowUntil(h.clock.Now().Add(30*time.Hour)), names...)
	h.expectEvent(v1alpha1.ReasonConfirmationTooFarAhead)
	for range 29 {
		h.run(time.Hour)
		h.probe()
	}
	if left := h.left(names...); left != 12 {
		t.Errorf("%d are left", left)
	}
	if !meta.IsStatusConditionTrue(h.theInstance().Status.Conditions, v1alpha1.ConditionConfirmationInvalid) {
		t.Error("the instance does not say that the confirmation is invalid")
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
