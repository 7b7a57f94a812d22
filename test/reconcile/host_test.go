package reconcile

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// serve returns another address of a Flinks.
func (h *harness) serve(handler http.Handler) string {
	h.t.Helper()
	server := httptest.NewServer(handler)
	h.t.Cleanup(server.Close)
	return server.URL
}

// at changes the address of the instance.
func at(url string) func(*v1alpha1.ClusterFlinksInstance) {
	return func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Endpoints.API = url }
}

// amnesia returns a Flinks with the keys of this one, and without its logins.
func (h *harness) amnesia() http.Handler {
	keys := h.sim.Credentials()
	return flinkssim.New(flinkssim.Options{
		Clock: h.clock, Instance: keys.Instance, CustomerID: keys.CustomerID, SecretKey: keys.SecretKey, APIKey: keys.APIKey,
		Knobs: h.sim.Knobs(),
	}).Handler()
}

// TestAProxyInFrontOfFlinks changes nothing on connections: a login is the same through
// another host. The binding takes note of the host when it answers, and goes with it.
func TestAProxyInFrontOfFlinks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	before := h.get("acme")
	h.onInstance(at(h.serve(h.sim.Handler())), "acme")
	h.run(time.Minute)
	if diff := cmp.Diff(before, h.get("acme")); diff != "" {
		t.Errorf("the change of the endpoint changed the connection:\n%s", diff)
	}
	h.run(30 * time.Hour)
	after := h.get("acme")
	ignored := cmpopts.IgnoreFields(v1alpha1.BankConnectionStatus{}, "LastObservedTime", "NextObserveTime", "Binding.HostFingerprints")
	if diff := cmp.Diff(before.Status, after.Status, ignored); diff != "" {
		t.Errorf("the status after a day (-before +after):\n%s", diff)
	}
	if got := len(after.Status.Binding.HostFingerprints); got != 2 {
		t.Errorf("%d hosts are known to have answered", got)
	}
	h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Drop: flinkssim.DropAfterCommit})
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
}

// TestAnUnknownLoginElsewhere: an address that leads to another Flinks makes neither a
// deletion nor a lost login of its ignorance.
func TestAnUnknownLoginElsewhere(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	logins := []string{h.seed("greatday_nomfa"), h.seed("greatday_nomfa+2")}
	h.connect("acme", logins[0])
	h.connect("beta", logins[1])
	h.run(time.Minute)
	h.onInstance(at(h.serve(h.amnesia())), "acme", "beta")
	h.delete("beta")
	h.run(30 * time.Hour)
	h.expect("acme", "Ready=True Refreshed", "Stalled=")
	if e := h.get("acme").Status.LastError; e == nil || e.Code != "HOST_UNPROVEN" {
		t.Errorf("lastError is %+v", e)
	}
	if h.gone("beta") {
		t.Fatal("the object went with a login that is still there")
	}
	h.expect("beta", "DeletionBlocked=True HostUnproven")
	h.expectEvent(v1alpha1.ReasonHostUnproven)

	h.onInstance(at(h.url), "acme", "beta")
	h.run(10 * time.Minute)
	h.expectGone("beta")
	h.expectDeleted(logins[1], true)
	h.expectDeleted(logins[0], false)
}

// TestTwoWaysToOneFlinks show their duplicates.
func TestTwoWaysToOneFlinks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	way := h.slowInstance(h.serve(h.sim.Handler()))
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.connect("twin", login, func(c *v1alpha1.BankConnection) { c.Spec.InstanceRef.Name = way })
	h.run(time.Minute)
	h.poke("acme")
	h.poke("twin")
	h.run(time.Minute)
	if a, b := h.fingerprint("acme"), h.fingerprint("twin"); a != b {
		t.Errorf("fingerprints %s and %s", a, b)
	}
	duplicates := 0
	for _, name := range []string{"acme", "twin"} {
		if condition(h.get(name), v1alpha1.ConditionStalled) == "True DuplicateLogin" {
			duplicates++
		}
	}
	if duplicates != 1 {
		t.Errorf("%d of two are duplicates", duplicates)
	}
}
