package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// replaceKeys puts the keys of the simulator, as a change leaves them, into the Secret of
// the instance.
func (h *harness) replaceKeys(change func(*flinkssim.Credentials)) {
	h.t.Helper()
	keys := h.sim.Credentials()
	if change != nil {
		change(&keys)
	}
	h.canaries = append(h.canaries, keys.SecretKey, keys.APIKey)
	h.changeSecret("keys", func(s *corev1.Secret) {
		s.Data = map[string][]byte{"secretKey": []byte(keys.SecretKey), "apiKey": []byte(keys.APIKey)}
	})
}

// writesOfConnections returns the writes to connections since a number of effects.
func (h *harness) writesOfConnections(since int) (writes []string) {
	for _, effect := range h.effects.names[since:] {
		if strings.Contains(effect, "BankConnection") {
			writes = append(writes, effect)
		}
	}
	return writes
}

// wake looks at connections as a watch makes the manager do.
func (h *harness) wake(names ...string) {
	h.t.Helper()
	for _, name := range names {
		result, err := h.reconcile(name)
		if err != nil {
			h.t.Fatal(err)
		}
		delete(h.due, name)
		if result.RequeueAfter > 0 {
			h.due[name] = h.clock.Now().Add(result.RequeueAfter)
		}
	}
}

// concerns reports whether a change of the instance wakes its connections, and fails
// unless it does so behind what people wait for.
func (h *harness) concerns(was, is *v1alpha1.ClusterFlinksInstance, connections int) bool {
	h.t.Helper()
	queue := priorityqueue.New[reconcile.Request]("test")
	defer queue.ShutDown()
	for _, w := range h.connections.Watches().Others {
		e := event.UpdateEvent{ObjectOld: was, ObjectNew: is}
		if _, ok := w.Object.(*v1alpha1.ClusterFlinksInstance); ok && w.PassesUpdate(e) {
			w.Handler.Update(h.ctx(), e, workqueue.TypedRateLimitingInterface[reconcile.Request](queue))
		}
	}
	n := queue.Len()
	if n != 0 && n != connections {
		h.t.Errorf("%d connections are woken, of %d", n, connections)
	}
	for range n {
		if _, priority, _ := queue.GetWithPriority(); priority != -100 {
			h.t.Errorf("a connection is woken with priority %d", priority)
		}
	}
	return n > 0
}

// TestEditsOfAnInstance: an edit that leaves the keys valid changes nothing on any
// connection, whether they are looked at before it is probed or after, by the same
// manager or the next. What was due is done, and a person's answer is seen.
func TestEditsOfAnInstance(t *testing.T) {
	t.Parallel()
	limits := func(_ *harness, i *v1alpha1.ClusterFlinksInstance) {
		i.Spec.Limits = &v1alpha1.InstanceLimits{Burst: new(int32(300))}
	}
	for name, row := range map[string]struct {
		edit     func(*harness, *v1alpha1.ClusterFlinksInstance)
		restarts bool
	}{
		"limits":            {limits, false},
		"limits, a restart": {limits, true},
		"another Secret": {func(h *harness, i *v1alpha1.ClusterFlinksInstance) {
			h.createKeys("other-keys")
			i.Spec.CredentialsSecretRef.Name = "other-keys"
		}, false},
		"another way to Flinks":  {func(h *harness, i *v1alpha1.ClusterFlinksInstance) { i.Spec.Endpoints.API = h.serve(h.sim.Handler()) }, false},
		"another way, a restart": {func(h *harness, i *v1alpha1.ClusterFlinksInstance) { i.Spec.Endpoints.API = h.serve(h.sim.Handler()) }, true},
		"another way for persons": {func(_ *harness, i *v1alpha1.ClusterFlinksInstance) {
			i.Spec.Endpoints.Connect = "https://connect.example.com"
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.seed("Greatday")
			h.connect("asked", login)
			h.connect("acme", h.seed("greatday_nomfa"), scheduled(24*time.Hour))
			h.run(time.Minute)
			h.request("asked", "1")
			h.run(time.Minute)
			h.expect("asked", "UserActionRequired=True MFARequired")
			before := map[string]*v1alpha1.BankConnection{"asked": h.get("asked"), "acme": h.get("acme")}
			h.drainEvents()

			was, is := h.theInstance(), h.theInstance()
			row.edit(h, is)
			h.update(is)
			if row.restarts {
				h.boot(nil)
			}
			since := len(h.effects.names)
			h.wake("asked", "acme")
			h.probe()
			h.concerns(was, h.theInstance(), 2)
			h.poke("asked")
			h.poke("acme")
			h.run(time.Minute)
			ignored := cmp.Options{
				cmpopts.IgnoreFields(v1alpha1.Binding{}, "HostFingerprints"),
				cmpopts.IgnoreFields(v1alpha1.BankConnection{}, "ObjectMeta"),
			}
			for name, c := range before {
				if diff := cmp.Diff(c, h.get(name), ignored); diff != "" {
					t.Errorf("%s (-before +after):\n%s", name, diff)
				}
			}
			if writes := h.writesOfConnections(since); len(writes) > 0 && is.Spec.Endpoints.API == was.Spec.Endpoints.API {
				t.Errorf("writes: %v", writes)
			}
			if events := h.drainEvents(); events != "" {
				t.Errorf("events:\n%s", events)
			}

			if err := h.sim.CompleteMFA(login); err != nil {
				t.Fatal(err)
			}
			h.run(5 * time.Minute)
			h.expect("asked", "Ready=True Refreshed", noActionRequired)
			h.run(26 * time.Hour)
			if got := h.get("acme").Status.LastRefreshTime; got.Time.Before(before["acme"].Status.LastRefreshTime.Add(24 * time.Hour)) {
				t.Errorf("the newest data is of %v", got)
			}
		})
	}
}

// TestWhatConcernsConnections: they are woken by what they depend on, and not by the
// counts of their instance.
func TestWhatConcernsConnections(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.fleet(3)
	h.probe()
	for name, row := range map[string]struct {
		change func(*v1alpha1.ClusterFlinksInstance)
		wakes  bool
	}{
		"nothing":     {func(*v1alpha1.ClusterFlinksInstance) {}, false},
		"counts":      {func(i *v1alpha1.ClusterFlinksInstance) { i.Status.Connections = nil }, false},
		"an edit":     {func(i *v1alpha1.ClusterFlinksInstance) { i.Generation++ }, true},
		"its probe":   {func(i *v1alpha1.ClusterFlinksInstance) { i.Status.ObservedGeneration++ }, false},
		"its proof":   {func(i *v1alpha1.ClusterFlinksInstance) { i.Status.ProbedFingerprint = "other" }, true},
		"not ready":   {func(i *v1alpha1.ClusterFlinksInstance) { i.Status.Conditions = nil }, true},
		"annotations": {func(i *v1alpha1.ClusterFlinksInstance) { i.Annotations = map[string]string{"a": "b"} }, false},
	} {
		is := h.theInstance()
		row.change(is)
		if got := h.concerns(h.theInstance(), is, 3); got != row.wakes {
			t.Errorf("%s: connections are woken: %v", name, got)
		}
	}
}

// TestNoLoginGoesAstray: before an address was tried, no login is sent there.
func TestNoLoginGoesAstray(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	elsewhere := flinkssim.New(flinkssim.Options{Clock: h.clock})
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	i := h.theInstance()
	i.Spec.Endpoints.API = h.serve(elsewhere.Handler())
	h.update(i)
	h.request("acme", "1")
	h.run(time.Minute)
	if journal := elsewhere.Journal(); len(journal) > 0 {
		t.Errorf("calls: %v", journal)
	}
	h.expect("acme", "Ready=True Refreshed")
	h.probe()
	h.poke("acme")
	h.run(time.Minute)
	h.expect("acme", "Ready=False InstanceNotReady")
	for _, e := range elsewhere.Journal() {
		if e.LoginID != "" {
			t.Errorf("a login was sent to another address: %v", e)
		}
	}
	want := v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestRefused, Reason: v1alpha1.ReasonInstanceNotReady}
	if got := h.get("acme").Status.LastHandledRequest; got == nil || *got != want {
		t.Errorf("the request is %+v", got)
	}
}

// TestBlockedIsLookedAt within ten minutes, without any event and without a write.
func TestBlockedIsLookedAt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.replaceKeys(func(keys *flinkssim.Credentials) { keys.SecretKey += "x" })
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) {
		i.Spec.Limits = &v1alpha1.InstanceLimits{Burst: new(int32(20))}
	}, "acme")
	h.run(time.Minute)
	h.expect("acme", "Ready=False InstanceNotReady")
	since := len(h.effects.names)
	h.run(3 * time.Hour)
	if names := h.effects.names[since:]; len(names) > 0 {
		t.Errorf("three hours of waiting: %v", names)
	}
	h.replaceKeys(nil)
	h.probe()
	h.run(10 * time.Minute)
	h.expect("acme", "Ready=True Refreshed")
}
