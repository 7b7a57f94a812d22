package reconcile

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

const sharedPolicy = "shared"

func byPolicy(c *v1alpha1.BankConnection) {
	c.Spec.RefreshPolicyRef = &v1alpha1.RefreshPolicyReference{Name: sharedPolicy}
}

func daily(interval time.Duration) v1alpha1.RefreshPolicySpec {
	return v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Interval: &metav1.Duration{Duration: interval}}
}

// createPolicy creates the policy that connections of the tests name.
func (h *harness) createPolicy(namespace string, spec v1alpha1.RefreshPolicySpec) {
	h.t.Helper()
	h.create(&v1alpha1.RefreshPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: sharedPolicy}, Spec: spec})
}

func (h *harness) policyKey() types.NamespacedName {
	return types.NamespacedName{Namespace: h.namespace, Name: sharedPolicy}
}

func (h *harness) policy() *v1alpha1.RefreshPolicy {
	h.t.Helper()
	p := &v1alpha1.RefreshPolicy{}
	if err := h.live.Get(h.ctx(), h.policyKey(), p); err != nil {
		h.t.Fatalf("reading the policy: %v", err)
	}
	return p
}

func (h *harness) editPolicy(spec v1alpha1.RefreshPolicySpec) {
	h.t.Helper()
	p := h.policy()
	p.Spec = spec
	h.update(p)
}

// deletePolicy returns when the cache knows it.
func (h *harness) deletePolicy() {
	h.t.Helper()
	if err := h.direct.Delete(h.ctx(), h.policy()); err != nil {
		h.t.Fatalf("deleting the policy: %v", err)
	}
	h.await(func(ctx context.Context) (bool, error) {
		return apierrors.IsNotFound(h.direct.Get(ctx, h.policyKey(), &v1alpha1.RefreshPolicy{})), nil
	})
}

// reconcilePolicy reconciles the policy once, and returns what was written and told.
func (h *harness) reconcilePolicy() (effects []string, events string) {
	h.t.Helper()
	h.drainEvents()
	h.catchUp()
	before := len(h.effects.names)
	if _, err := h.policies.Reconcile(h.ctx(), ctrl.Request{NamespacedName: h.policyKey()}); err != nil {
		h.t.Fatalf("reconciling the policy: %v", err)
	}
	return h.effects.names[before:], h.drainEvents()
}

// TestPolicyEditReplansItsConnections: without a call, without a write to a spec, and
// with one write to the status of each.
func TestPolicyEditReplansItsConnections(t *testing.T) {
	t.Parallel()
	const fleet = 50
	h := newHarness(t)
	h.createPolicy(h.namespace, daily(240*time.Hour))
	var names []string
	for i := range fleet {
		name := fmt.Sprintf("customer-%02d", i)
		h.connect(name, h.seed(fmt.Sprintf("greatday_nomfa+%d", i)), byPolicy)
		names = append(names, name)
	}
	h.run(time.Minute)
	before := map[string]*v1alpha1.BankConnection{}
	for _, name := range names {
		before[name] = h.get(name)
	}
	h.sim.ResetJournal()
	h.effects.names = nil

	h.editPolicy(daily(48 * time.Hour))
	for _, name := range names {
		h.poke(name)
	}
	h.run(time.Minute)
	for _, name := range names {
		was, is := before[name], h.get(name)
		sooner := was.Status.NextRefreshTime.Sub(is.Status.NextRefreshTime.Time)
		if sooner < 192*time.Hour || sooner > 212*time.Hour {
			t.Errorf("%s: planned for %v, was for %v", name, is.Status.NextRefreshTime, was.Status.NextRefreshTime)
		}
		if is.Generation != was.Generation || is.Status.RefreshPolicy.Interval.Duration != 48*time.Hour ||
			is.Status.RefreshPolicy.Source != v1alpha1.PolicyFromRefreshPolicy {
			t.Errorf("%s: generation %d, was %d; policy %+v", name, is.Generation, was.Generation, is.Status.RefreshPolicy)
		}
	}
	counts := map[string]int{}
	for _, e := range h.effects.names {
		counts[e]++
	}
	if diff := cmp.Diff(map[string]int{"update BankConnection/status": fleet}, counts); diff != "" {
		t.Errorf("effects of the edit (-want +got):\n%s", diff)
	}
	if n := len(h.sim.Journal()); n != 0 {
		t.Errorf("the edit cost %d calls", n)
	}
}

// TestPolicyComesAndGoes: without it the connection says so and starts nothing; all
// else stays as it was, and is so again when the policy is back.
func TestPolicyComesAndGoes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	spec := daily(48 * time.Hour)
	h.createPolicy(h.namespace, spec)
	h.connect("acme", h.seed("greatday_nomfa"), byPolicy)
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed", "PolicyMissing=")
	before := h.get("acme").Status
	h.sim.ResetJournal()
	h.drainEvents()

	h.deletePolicy()
	h.effects.names = nil
	h.poke("acme")
	h.run(time.Hour)
	h.poke("acme")
	h.run(time.Hour)
	h.expect("acme", "Ready=True Refreshed", "DataFresh=True DataFresh", "PolicyMissing=True RefreshPolicyNotFound", "Stalled=", "Reconciling=")
	missing := h.get("acme").Status
	if missing.NextRefreshTime != nil {
		t.Errorf("a refresh is planned for %v", missing.NextRefreshTime)
	}
	missing.NextRefreshTime = before.NextRefreshTime
	meta.RemoveStatusCondition(&missing.Conditions, v1alpha1.ConditionPolicyMissing)
	if diff := cmp.Diff(before, missing); diff != "" {
		t.Errorf("what else changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"update BankConnection/status"}, h.effects.names); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	if events := h.drainEvents(); strings.Count(events, "\n") != 0 || !strings.Contains(events, "RefreshPolicyNotFound") {
		t.Errorf("events: %s", events)
	}

	h.createPolicy(h.namespace, spec)
	h.poke("acme")
	h.run(time.Minute)
	if diff := cmp.Diff(before, h.get("acme").Status); diff != "" {
		t.Errorf("after the policy came back (-before +after):\n%s", diff)
	}
	if n := len(h.sim.Journal()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// TestMissingPolicyStartsNothing: for weeks; and what is due when it comes back does
// not start at once.
func TestMissingPolicyStartsNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.createPolicy(h.namespace, daily(24*time.Hour))
	h.connect("acme", h.seed("greatday_nomfa"), byPolicy)
	h.run(time.Minute)
	h.deletePolicy()
	h.poke("acme")
	h.run(14 * 24 * time.Hour)
	if calls := h.calls(); calls["Authorize live"] != 0 || calls["Authorize cached"] < 10 {
		t.Errorf("calls without a policy: %v", calls)
	}
	back := h.clock.Now()
	h.createPolicy(h.namespace, daily(24*time.Hour))
	h.poke("acme")
	h.run(time.Hour)
	if got := h.liveAttempts(); len(got) != 1 || got[0].Sub(back) < 13*time.Minute {
		t.Errorf("live sessions after the policy came back at %v: %v", back, got)
	}
}

// TestPolicyOfAnotherNamespace is never used, whatever its name.
func TestPolicyOfAnotherNamespace(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.createPolicy(testenv.Start(t).Namespace(t), daily(time.Hour))
	h.connect("acme", h.seed("greatday_nomfa"), byPolicy)
	h.run(24 * time.Hour)
	h.expect("acme", "Ready=True Refreshed", "PolicyMissing=True RefreshPolicyNotFound")
	if c := h.get("acme"); c.Status.RefreshPolicy != nil || c.Status.NextRefreshTime != nil || h.calls()["Authorize live"] != 0 {
		t.Errorf("status: %+v, calls: %v", c.Status, h.calls())
	}

	h.createPolicy(h.namespace, daily(72*time.Hour))
	h.poke("acme")
	h.run(time.Minute)
	h.expect("acme", "PolicyMissing=")
	if got := h.get("acme").Status.RefreshPolicy; got == nil || got.Interval.Duration != 72*time.Hour {
		t.Errorf("policy: %+v", got)
	}
}

// TestPolicyThatCanNeverWork is told on the policy and on its connections.
func TestPolicyThatCanNeverWork(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.createPolicy(h.namespace, v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Schedule: "0 0 31 2 *"})
	h.connect("acme", h.seed("greatday_nomfa"), byPolicy)
	h.run(time.Minute)
	h.expect("acme", "Ready=False InvalidSpec", "Stalled=True InvalidSpec", "PolicyMissing=")
	h.reconcilePolicy()
	if conditions := h.policy().Status.Conditions; !meta.IsStatusConditionFalse(conditions, v1alpha1.ConditionReady) ||
		!meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled) {
		t.Errorf("conditions of the policy: %+v", conditions)
	}
	h.editPolicy(daily(24 * time.Hour))
	h.poke("acme")
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed", "Stalled=")
}

// TestPolicyCountsItsConnections: those that name it in its own namespace; and it
// writes only what is new.
func TestPolicyCountsItsConnections(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.createPolicy(h.namespace, daily(24*time.Hour))
	if got := h.policy().Status.ObservedGeneration; got != -1 {
		t.Errorf("observedGeneration of a new policy: %d", got)
	}
	expect := func(connections int32, writes int, event string) {
		t.Helper()
		effects, events := h.reconcilePolicy()
		if len(effects) != writes || (event == "") != (events == "") || !strings.Contains(events, event) {
			t.Errorf("effects %v, events %q", effects, events)
		}
		if st := h.policy().Status; st.Connections != connections || st.ObservedGeneration != h.policy().Generation {
			t.Errorf("status: %+v", st)
		}
	}
	expect(0, 1, "PolicyAccepted")
	expect(0, 0, "")
	for _, name := range []string{"one", "two"} {
		h.createConnection(name, byPolicy)
	}
	h.createConnection("other", func(c *v1alpha1.BankConnection) {
		c.Spec.RefreshPolicyRef = &v1alpha1.RefreshPolicyReference{Name: "other"}
	})
	h.createConnection("none")
	expect(2, 1, "")
	h.edit("two", func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicyRef = nil })
	expect(1, 1, "")
	h.editPolicy(v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Schedule: "* * * * *"})
	expect(1, 1, "InvalidSpec")
	expect(1, 0, "")
}

// TestPolicyConflict: a pipeline may write at the same time.
func TestPolicyConflict(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.createPolicy(h.namespace, daily(24*time.Hour))
	h.effects.before = func(string) {
		h.effects.before = nil
		p := h.policy()
		p.Labels = map[string]string{"touched": "yes"}
		if err := h.live.Update(h.ctx(), p); err != nil {
			t.Error(err)
		}
	}
	result, err := h.policies.Reconcile(h.ctx(), ctrl.Request{NamespacedName: h.policyKey()})
	if err != nil || result.RequeueAfter == 0 {
		t.Errorf("%+v, %v", result, err)
	}
	h.await(func(ctx context.Context) (bool, error) {
		p := &v1alpha1.RefreshPolicy{}
		err := h.direct.Get(ctx, h.policyKey(), p)
		return p.Labels["touched"] == "yes", client.IgnoreNotFound(err)
	})
	if effects, _ := h.reconcilePolicy(); len(effects) != 1 || h.policy().Status.ObservedGeneration != 1 {
		t.Errorf("effects %v, status %+v", effects, h.policy().Status)
	}
}

// TestPolicyIsNamedDuringALiveCall: the outcome is recorded under the policy that is
// named by then, and not told to be missing.
func TestPolicyIsNamedDuringALiveCall(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.createPolicy(h.namespace, daily(24*time.Hour))
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.request("acme", "now")
	h.effects.before = func(name string) {
		if name == "call Authorize" {
			h.effects.before = nil
			h.edit("acme", byPolicy)
		}
	}
	h.drainEvents()
	if _, err := h.reconcile("acme"); err != nil {
		t.Fatal(err)
	}
	h.expect("acme", "PolicyMissing=")
	if c := h.get("acme"); c.Status.RefreshPolicy.Source != v1alpha1.PolicyFromRefreshPolicy || c.Status.Refresh.State != v1alpha1.RefreshCollecting {
		t.Errorf("status: %+v", c.Status)
	}
}

// TestKilledWhilePlanning kills the manager before and after every effect that an edit
// of the policy and a due refresh have. There is one session, and not at once.
func TestKilledWhilePlanning(t *testing.T) {
	t.Parallel()
	reference := policyJob(t, nil)
	if len(reference) < 4 {
		t.Fatalf("effects: %v", reference)
	}
	for at := 1; at <= len(reference); at++ {
		for _, committed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%02d %s committed=%v", at, reference[at-1], committed), func(t *testing.T) {
				policyJob(t, func(e *effects) { e.killAt, e.committed = at, committed })
			})
		}
	}
}

// policyJob edits the policy of a connection so that a refresh becomes due. It returns
// the effects of the manager that saw the edit.
func policyJob(t *testing.T, interfere func(*effects)) []string {
	t.Helper()
	h := newHarness(t)
	h.createPolicy(h.namespace, v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual})
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, byPolicy)
	h.run(time.Minute)

	h.boot(interfere)
	first := h.effects
	edited := h.clock.Now()
	h.editPolicy(daily(2 * time.Hour))
	h.poke("acme")
	for end := edited.Add(time.Hour); h.clock.Now().Before(end); {
		h.runUntil(end.Sub(h.clock.Now()), h.effects.isKilled)
		if h.effects.isKilled() {
			h.boot(nil)
			h.poke("acme")
		}
	}
	h.assertOneSession()
	attempts := h.liveAttempts()
	if len(attempts) > 0 && attempts[0].Sub(edited) < 13*time.Minute {
		t.Errorf("a live session %v after the edit", attempts[0].Sub(edited))
	}
	if state, _ := h.sim.Login(login); state.LiveOpened != 1 {
		t.Errorf("%d live sessions: %+v", state.LiveOpened, h.get("acme").Status)
	}
	if got := h.get("acme").Status.RefreshPolicy; got.Interval == nil || got.Interval.Duration != 2*time.Hour {
		t.Errorf("policy: %+v", got)
	}
	return first.names
}
