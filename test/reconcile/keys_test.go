package reconcile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// assertRequest fails the test unless the newest request of a connection has the result.
func (h *harness) assertRequest(name string, want v1alpha1.HandledRequest) {
	h.t.Helper()
	if got := h.get(name).Status.LastHandledRequest; got == nil || *got != want {
		h.t.Errorf("the request of %s is %+v", name, got)
	}
}

// TestRefusedAPIKey: that Flinks refuses the x-api-key alone is the instance's condition
// after the first call that meets it. Requests and deletions say so, and the right key
// heals everything.
func TestRefusedAPIKey(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	logins := map[string]string{}
	for _, name := range []string{"acme", "beta", "gone"} {
		logins[name] = h.seed("greatday_nomfa+" + name)
		h.connect(name, logins[name])
	}
	h.run(time.Hour)
	h.sim.ReplaceKeys(flinkssim.Keys{APIKey: "another-api-key"}, false)
	h.canaries = append(h.canaries, "another-api-key")
	h.sim.ResetJournal()
	h.request("acme", "1")
	h.runUntil(time.Minute, func() bool { return h.calls()["GetAccountsDetail"] > 0 })
	h.assertRequest("acme", v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestFailed, Reason: v1alpha1.ReasonAPIKeyRefused})
	h.probe()
	if got := h.instanceReason(); got != v1alpha1.ReasonAPIKeyRefused {
		t.Errorf("the instance is %s", got)
	}
	h.request("beta", "1")
	h.poke("acme")
	h.run(time.Second)
	h.assertRequest("beta", v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestRefused, Reason: v1alpha1.ReasonAPIKeyRefused})
	h.delete("gone")
	h.run(time.Minute)
	for _, name := range []string{"acme", "beta"} {
		h.expect(name, "Ready=False APIKeyRefused")
	}
	h.expect("gone", "DeletionBlocked=True APIKeyRefused")

	h.replaceKeys(nil)
	for range 3 {
		h.run(20 * time.Second)
		h.probe()
	}
	if got := h.instanceReason(); got != v1alpha1.ReasonCredentialsAccepted {
		t.Errorf("with the right key the instance is %s", got)
	}
	h.wake("acme", "beta")
	for _, name := range []string{"acme", "beta"} {
		h.expect(name, "Ready=True Refreshed")
		if e := h.get(name).Status.LastError; e != nil {
			t.Errorf("lastError of %s is %+v", name, e)
		}
	}
	h.run(10 * time.Minute)
	h.expectGone("gone")
	h.expectDeleted(logins["gone"], true)
	if state := h.get("acme").Status.Refresh.State; state != v1alpha1.RefreshSucceeded {
		t.Errorf("with the right key the attempt is %s", state)
	}
}

// TestAPIKeyRefusedToADeletion is what the deletion says at once, and then the instance.
func TestAPIKeyRefusedToADeletion(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.sim.ReplaceKeys(flinkssim.Keys{APIKey: "another-api-key"}, false)
	h.delete("acme")
	h.run(time.Second)
	h.expect("acme", "DeletionBlocked=True CardCredentialRefused")
	h.probe()
	if got := h.instanceReason(); got != v1alpha1.ReasonAPIKeyRefused {
		t.Errorf("the instance is %s", got)
	}
	h.run(5 * time.Minute)
	h.probe()
	h.expect("acme", "DeletionBlocked=True APIKeyRefused")
	if got := meta.FindStatusCondition(h.theInstance().Status.Conditions, v1alpha1.ConditionCardCredentialRefused); got != nil {
		t.Errorf("%+v, although the key is refused altogether", got)
	}
}

// TestAPIKeyOfANewInstance is tried before any connection needs it, in whatever form it
// is refused.
func TestAPIKeyOfANewInstance(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]*flinkssim.Fault{
		"by Flinks":                 nil,
		"by what is in front of it": {Endpoint: "GetAccountsSummary", Status: http.StatusForbidden, BodyKind: flinkssim.BodyHTML, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newBareHarness(t)
			if fault != nil {
				h.fault(*fault)
			}
			h.createInstance(func(_ *v1alpha1.ClusterFlinksInstance, s *corev1.Secret) {
				if fault == nil {
					s.Data["apiKey"] = []byte("a-wrong-api-key")
				}
			})
			h.probe()
			if got := h.instanceReason(); got != v1alpha1.ReasonAPIKeyRefused {
				t.Errorf("the instance is %s", got)
			}
			h.sim.ClearFaults()
			h.replaceKeys(nil)
			h.run(time.Minute)
			h.probe()
			if got := h.instanceReason(); got != v1alpha1.ReasonCredentialsAccepted {
				t.Errorf("the instance is %s", got)
			}
		})
	}
}

// TestReplacedKeyIsUsedWithinFiveMinutes: keys that were replaced go out of use, although
// Flinks would still accept them, and a restart reads none for their sake.
func TestReplacedKeyIsUsedWithinFiveMinutes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.connect("asked", h.seed("Greatday"))
	h.run(time.Minute)
	h.request("asked", "1")
	h.run(time.Minute) // The person is waited for, with a call every two minutes.
	h.sim.ReplaceKeys(flinkssim.Keys{SecretKey: "another-secret-key", APIKey: "another-api-key"}, true)
	h.replaceKeys(nil)
	replaced := h.clock.Now()
	h.run(8 * time.Minute)
	var old, fresh int
	for _, e := range h.sim.Journal() {
		switch {
		case e.Time.Before(replaced):
		case e.OldKey && e.Time.Sub(replaced) >= 5*time.Minute:
			t.Errorf("a key that was replaced %v ago: %v", e.Time.Sub(replaced), e)
		case e.OldKey:
			old++
		default:
			fresh++
		}
	}
	if old == 0 || fresh == 0 {
		t.Errorf("%d calls with the old keys, %d with the new ones", old, fresh)
	}
	h.sim.ResetJournal()
	h.assertRestartIsFree()
}

// TestAnInstanceThatGoesDown and comes back writes to no connection but those that called
// it.
func TestAnInstanceThatGoesDown(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]flinkssim.Fault{
		"unreachable": {Status: http.StatusServiceUnavailable, BodyKind: flinkssim.BodyHTML, Times: -1},
		"throttled":   {FlinksCode: "TOO_MANY_REQUESTS", Times: -1},
		"no tokens":   {Endpoint: "GenerateAuthorizeToken", Status: http.StatusServiceUnavailable, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			names := h.fleet(6)
			h.probe()
			h.drainEvents()
			before := map[string]string{}
			for _, name := range names[1:] {
				before[name] = h.get(name).ResourceVersion
			}
			was := h.theInstance()
			h.fault(fault)
			for i := range 12 {
				h.request(names[0], strings.Repeat("x", i+1))
				h.run(20 * time.Second)
				h.probe()
			}
			if h.paused() == "" {
				t.Error("the instance is not paused")
			}
			h.wake(names[1:]...)
			h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) {
				i.Spec.Limits = &v1alpha1.InstanceLimits{Burst: new(int32(30))}
			}, names...)
			h.run(time.Minute)
			h.sim.ClearFaults()
			for range 40 {
				h.run(20 * time.Second)
				h.probe()
			}
			if got := h.paused(); got != "" {
				t.Errorf("CallsPaused is %q", got)
			}
			h.wake(names[1:]...)
			for name, version := range before {
				if got := h.get(name); got.ResourceVersion != version {
					t.Errorf("%s was written: %+v", name, got.Status)
				}
			}
			is := h.theInstance()
			is.Generation = was.Generation
			if h.concerns(was, is, len(names)) {
				t.Error("it wakes its connections")
			}
		})
	}
}

// TestMendedKeys: refused keys are one write for each connection that did not call, mended
// ones another, and they leave no error behind.
func TestMendedKeys(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(5)
	h.sim.ReplaceKeys(flinkssim.Keys{SecretKey: "another-secret-key"}, false)
	h.canaries = append(h.canaries, "another-secret-key")
	was := h.theInstance()
	h.request(names[0], "1")
	h.run(time.Second)
	h.probe()
	if got := h.instanceReason(); got != v1alpha1.ReasonInstanceRejected {
		t.Fatalf("the instance is %s", got)
	}
	if !h.concerns(was, h.theInstance(), len(names)) {
		t.Error("refused keys wake no connection")
	}
	h.wake(names[0])
	since := len(h.effects.names)
	for range 3 {
		h.wake(names[1:]...)
	}
	if writes := h.writesOfConnections(since); len(writes) != len(names)-1 {
		t.Errorf("refused keys: %v", writes)
	}
	h.run(3 * time.Hour)
	for _, name := range names {
		h.expect(name, "Ready=False InstanceNotReady")
	}
	h.replaceKeys(nil)
	h.probe()
	journal, since := len(h.sim.Journal()), len(h.effects.names)
	for range 3 {
		h.wake(names...)
	}
	if writes := h.writesOfConnections(since); len(writes) != len(names) {
		t.Errorf("mended keys: %v", writes)
	}
	for _, name := range names {
		h.expect(name, "Ready=True Refreshed")
		if e := h.get(name).Status.LastError; e != nil {
			t.Errorf("lastError of %s is %+v", name, e)
		}
	}
	if calls := h.sim.Journal()[journal:]; len(calls) > 2 { // One was to repeat its call.
		t.Errorf("calls: %v", calls)
	}
}
