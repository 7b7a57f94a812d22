package reconcile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

const otherCustomer = "00000000-0000-4000-8000-000000000002"

// ofCustomer makes the instance that of a customer.
func ofCustomer(id string) func(*v1alpha1.ClusterFlinksInstance) {
	return func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.CustomerID = id }
}

// twoCustomers returns a Flinks that has another customer with the same keys, and none of the
// logins.
func (h *harness) twoCustomers() string {
	keys := h.sim.Credentials()
	other := flinkssim.New(flinkssim.Options{
		Clock: h.clock, Instance: keys.Instance, CustomerID: otherCustomer, SecretKey: keys.SecretKey, APIKey: keys.APIKey,
		Knobs: h.sim.Knobs(),
	}).Handler()
	return h.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, otherCustomer) {
			other.ServeHTTP(w, r)
			return
		}
		h.sim.Handler().ServeHTTP(w, r)
	}))
}

// TestAnotherCustomer: bound connections are judged when the customerId changes, before it
// was even tried, and again when it is put back. Nothing is asked for that.
func TestAnotherCustomer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	customer := h.sim.Credentials().CustomerID
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	before := h.get("acme")
	journal := len(h.sim.Journal())

	h.edited(ofCustomer(otherCustomer))
	h.request("acme", "1")
	h.run(time.Second)
	h.expect("acme", "Ready=False LoginChanged", "Stalled=")
	h.assertRequest("acme", v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestRefused, Reason: v1alpha1.ReasonLoginChanged})
	h.run(10 * time.Hour)
	h.expect("acme", "Ready=False LoginChanged")
	h.edited(ofCustomer(customer))
	h.poke("acme")
	h.run(time.Second)
	h.expect("acme", "Ready=True Refreshed")
	if diff := cmp.Diff(before.Status.Binding, h.get("acme").Status.Binding); diff != "" {
		t.Errorf("the binding (-before +after):\n%s", diff)
	}
	if calls := h.sim.Journal()[journal:]; len(calls) > 0 {
		t.Errorf("calls: %v", calls)
	}
	h.probe()
	h.run(30 * time.Hour)
	if calls := h.calls(); calls["Authorize live"] != 0 || calls["Authorize cached"] != 2 {
		t.Errorf("a day later: %v", calls)
	}
}

// edited changes the instance, without a probe.
func (h *harness) edited(change func(*v1alpha1.ClusterFlinksInstance)) {
	h.t.Helper()
	i := h.theInstance()
	change(i)
	h.update(i)
}

// TestUnknownToTheWrongCustomer: a connection that was never bound is tried at once when
// the customerId is mended, without a live call.
func TestUnknownToTheWrongCustomer(t *testing.T) {
	t.Parallel()
	for name, restarts := range map[string]bool{"the same manager": false, "the next": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newBareHarness(t)
			customer := h.sim.Credentials().CustomerID
			url := h.twoCustomers()
			h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
				i.Spec.Endpoints.API, i.Spec.CustomerID = url, otherCustomer
			})
			h.probe()
			h.connect("acme", h.seed("greatday_nomfa"), scheduled(24*time.Hour))
			h.run(10 * time.Hour)
			h.expect("acme", "Ready=False LoginGone", "Stalled=True LoginGone")
			if restarts {
				h.boot(nil)
			}
			h.onInstance(ofCustomer(customer), "acme")
			h.run(3 * time.Second)
			h.expect("acme", "Ready=True Refreshed", "Stalled=")
			c := h.get("acme")
			if c.Status.Binding == nil || c.Status.Binding.CustomerID != customer || c.Status.LastError != nil {
				t.Errorf("binding %+v, lastError %+v", c.Status.Binding, c.Status.LastError)
			}
			if calls := h.calls(); calls["Authorize cached"] != 1 || calls["Authorize live"] != 0 {
				t.Errorf("calls: %v", calls)
			}
		})
	}
}
