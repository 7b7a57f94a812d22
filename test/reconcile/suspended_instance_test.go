package reconcile

import (
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

func suspendInstance(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Suspend = true }

func resumeInstance(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Suspend = false }

// suspendLate suspends the instance without the manager's knowledge.
func (h *harness) suspendLate() {
	h.t.Helper()
	i := h.theInstance()
	i.Spec.Suspend = true
	if err := h.live.Update(h.ctx(), i); err != nil {
		h.t.Fatal(err)
	}
}

// callDay makes connections that give the operator calls of every class to make within a day.
func (h *harness) callDay() (names []string, deleted string) {
	h.t.Helper()
	deleted = h.seed("greatday_nomfa+deleted")
	h.connect("deleted", deleted)
	h.connect("due", h.seed("greatday_nomfa+due"), scheduled(12*time.Hour))
	h.connect("nightly", h.seed("greatday_nomfa+nightly"), nightly)
	h.connect("requested", h.seed("greatday_nomfa+requested"))
	h.runWithInstance(2 * time.Hour)
	h.connect("new", h.seed("greatday_nomfa+new"))
	return []string{"deleted", "due", "nightly", "requested", "new"}, deleted
}

// TestSuspendedInstance makes no call of any class, through restarts, and each connection says
// so in one write. When it resumes, what is due is done, and live sessions wait for the
// cool-down of a resumed connection.
func TestSuspendedInstance(t *testing.T) {
	t.Parallel()
	h := newBearerHarness(t)
	names, login := h.callDay()
	h.onInstance(suspendInstance, names...)
	h.sim.ResetJournal()
	h.request("requested", "1")
	h.delete("deleted")
	h.run(time.Minute)
	h.expectEvent(v1alpha1.ReasonInstanceSuspended)
	since := len(h.effects.names)
	h.run(10 * time.Hour)
	if writes := h.writesOfConnections(since); len(writes) != 0 {
		t.Errorf("nothing changed, and it wrote %v", writes)
	}
	h.boot(nil)
	for _, name := range names {
		h.poke(name)
	}
	h.runWithInstance(30 * time.Hour)
	if calls := h.calls(); len(calls) != 0 {
		t.Fatalf("suspended, it called %v", calls)
	}
	for _, name := range names[1:] {
		h.expect(name, "Ready=False InstanceSuspended")
	}
	h.expect("deleted", "DeletionBlocked=True InstanceSuspended")
	h.assertRequest("requested", v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestRefused, Reason: v1alpha1.ReasonInstanceSuspended})
	i := h.theInstance()
	if !meta.IsStatusConditionTrue(i.Status.Conditions, v1alpha1.ConditionSuspended) || i.Status.ObservedGeneration != i.Generation {
		t.Errorf("the instance says %+v", i.Status)
	}

	h.onInstance(resumeInstance, names...)
	h.run(12 * time.Minute)
	if n := h.calls()["Authorize live"]; n != 0 {
		t.Errorf("%d live sessions began with the resumption", n)
	}
	h.expectGone("deleted")
	h.expectDeleted(login, true)
	h.run(2 * time.Hour)
	if n := h.calls()["Authorize live"]; n != 1 {
		t.Errorf("%d live sessions, and one was due", n)
	}
	for _, name := range names[1:] {
		h.expect(name, "Ready=True Refreshed")
	}
	if meta.FindStatusCondition(h.theInstance().Status.Conditions, v1alpha1.ConditionSuspended) != nil {
		t.Error("the instance is still called suspended")
	}
}

// TestSuspendedBeforeItWasTried: the keys of such an instance go nowhere, and it has a condition
// Ready all the same.
func TestSuspendedBeforeItWasTried(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	h.createOwnInstance(func(i *v1alpha1.FlinksInstance) { i.Spec.Suspend = true })
	h.connect("acme", h.seed("greatday_nomfa"), ofOwnInstance)
	h.run(time.Hour)
	h.mustReconcileOwn()
	h.expect("acme", "Ready=False InstanceSuspended")
	if calls := h.calls(); len(calls) != 0 {
		t.Errorf("it called %v", calls)
	}
	ready := meta.FindStatusCondition(h.theOwnInstance().Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonSuspended {
		t.Errorf("Ready is %+v", ready)
	}
	own := h.theOwnInstance()
	own.Spec.Suspend = false
	h.update(own)
	h.mustReconcileOwn()
	h.poke("acme")
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
}

// TestSuspendedUnderway: the instance is suspended after the decision, which the cache does not
// show. What cannot be undone is not done.
func TestSuspendedUnderway(t *testing.T) {
	t.Parallel()
	t.Run("before a live session", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t)
		h.connect("acme", h.seed("greatday_nomfa"))
		h.run(time.Minute)
		h.request("acme", "1")
		h.effects.before = func(effect string) {
			if effect == "call GenerateAuthorizeToken" {
				h.effects.before = nil
				h.suspendLate()
			}
		}
		h.run(time.Second)
		if n := h.calls()["Authorize live"]; n != 0 {
			t.Errorf("%d live sessions", n)
		}
		h.assertRequest("acme", v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestRefused, Reason: v1alpha1.ReasonInstanceSuspended})
		h.run(time.Hour)
		h.onInstance(resumeInstance, "acme")
		h.run(time.Minute)
		h.expect("acme", "Ready=True Refreshed")
	})
	t.Run("before a deletion", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t)
		login := h.seed("greatday_nomfa")
		h.connect("acme", login)
		h.run(time.Minute)
		h.delete("acme")
		h.effects.after = func(effect string) {
			if effect == "update BankConnection/status" { // the claim
				h.effects.after = nil
				h.effects.beforeRead = func() { h.effects.beforeRead = nil; h.suspendLate() }
			}
		}
		h.partsWhenResumed(login)
	})
}

// TestSuspendedWhileALiveCallIsOut: nothing takes that call back, so its answer is recorded. Its
// data is collected after the suspension.
func TestSuspendedWhileALiveCallIsOut(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.request("acme", "1")
	h.sim.ResetJournal()
	h.effects.before = func(effect string) {
		if effect == "call Authorize" {
			h.effects.before = nil
			h.suspendLate()
		}
	}
	h.run(time.Second)
	h.catchUp()
	h.run(5 * time.Minute)
	if calls := h.calls(); calls["Authorize live"] != 1 || len(calls) != 2 {
		t.Errorf("suspended during the live call, it called %v", calls)
	}
	if got := h.get("acme").Status.Refresh.State; got != v1alpha1.RefreshCollecting {
		t.Errorf("the refresh is %s", got)
	}
	h.onInstance(resumeInstance, "acme")
	h.run(5 * time.Minute)
	h.expect("acme", "Ready=True Refreshed")
	h.assertRequest("acme", v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestSucceeded})
	h.assertOneSession()
}

// TestLinksOfASuspendedInstance start nothing, issue no token and ask Flinks nothing, and webhooks
// write nothing.
func TestLinksOfASuspendedInstance(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*harness) (login string, v *openedLink){
		"a bank to link": func(h *harness) (string, *openedLink) { return h.seed("greatday_nomfa"), h.awaitLogin() },
		"a linked bank":  func(h *harness) (string, *openedLink) { login := h.askOverdue(); return login, h.openLink() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			login, v := open(h)
			h.onInstance(suspendInstance, "acme")
			h.run(time.Minute)
			h.sim.ResetJournal()
			h.catchUp()
			writes := len(v.replica.effects.names)
			view, err := v.service.View(h.ctx(), v.visit)
			if err != nil || view.State != linkapi.StateUnavailable || view.Reason != v1alpha1.ReasonInstanceSuspended {
				t.Errorf("the page is %+v, %v", view, err)
			}
			if _, err := v.service.Start(h.ctx(), v.visit); err != nil {
				t.Error(err)
			}
			if _, err := v.service.Connect(h.ctx(), v.visit); !errors.Is(err, linkapi.ErrNotNow) {
				t.Errorf("connecting: %v", err)
			}
			if _, err := v.service.Finish(h.ctx(), v.visit, linkapi.NewIdentifier(login), linkapi.Identifier{}); err != nil {
				t.Error(err)
			}
			if err := v.service.Notify(h.ctx(), h.ofInstance(), linkapi.NewIdentifier(login)); err != nil {
				t.Error(err)
			}
			h.run(time.Minute)
			if calls := h.calls(); len(calls) != 0 {
				t.Errorf("it called %v", calls)
			}
			if names := v.replica.effects.names[writes:]; len(names) != 0 {
				t.Errorf("it did %v", names)
			}
		})
	}
}

// TestSuspensionPrecedesTheNamespace: a login whose namespace is not allowed any more is still
// deleted, but not while the instance is suspended.
func TestSuspensionPrecedesTheNamespace(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	elsewhere := &v1alpha1.AllowedNamespaces{Selector: metav1.LabelSelector{MatchLabels: map[string]string{"bank": "yes"}}}
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Suspend, i.Spec.AllowedNamespaces = true, elsewhere })
	h.delete("acme")
	h.partsWhenResumed(login)
}

// TestDeletionsOfASuspensionCount: those that were asked for while the instance was suspended are
// counted together when it resumes, however long ago they were asked for.
func TestDeletionsOfASuspensionCount(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(24)
	h.onInstance(suspendInstance)
	for _, name := range names[:12] {
		h.delete(name)
		h.run(15 * time.Minute)
	}
	h.onInstance(resumeInstance, names...)
	h.run(time.Hour)
	if n := h.calls()["DeleteCard"]; n != 0 || !h.deletionsPaused() {
		t.Errorf("%d logins were deleted, paused: %v", n, h.deletionsPaused())
	}
	h.expect(names[0], "DeletionBlocked=True DeletionsPaused")
}

// partsWhenResumed asserts that the deletion of a login waits for the end of the suspension,
// and then happens.
func (h *harness) partsWhenResumed(login string) {
	h.t.Helper()
	h.run(time.Hour)
	h.expect("acme", "DeletionBlocked=True InstanceSuspended")
	h.expectDeleted(login, false)
	h.onInstance(resumeInstance, "acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
}
