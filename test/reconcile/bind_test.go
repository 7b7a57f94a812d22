package reconcile

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func TestFirstObserveBinds(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.effects.names, h.effects.reads = nil, nil
	if _, err := h.reconcile("acme"); err != nil {
		t.Fatal(err)
	}

	wantEffects := []string{
		"patch BankConnection", "call GenerateAuthorizeToken", "call Authorize", "patch Secret", "update BankConnection/status",
	}
	if diff := cmp.Diff(wantEffects, h.effects.names); diff != "" {
		t.Errorf("what a new connection costs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Secret " + h.namespace + "/acme-login"}, h.effects.reads); diff != "" {
		t.Errorf("Secret reads (-want +got):\n%s", diff)
	}
	h.expect("acme", "Ready=True Refreshed", "Authorized=True Authorized", "DataFresh=True DataFresh",
		noActionRequired, "Stalled=", "Reconciling=", "Suspended=", "DeletionBlocked=")
	c := h.get("acme")
	if c.Status.ObservedGeneration != c.Generation || c.Status.Binding == nil || c.Status.Institution != "FlinksCapital" {
		t.Errorf("status: %+v", c.Status)
	}
	if want := h.clock.Now().Add(-24 * time.Hour).Truncate(time.Second); !c.Status.LastRefreshTime.Time.Equal(want) {
		t.Errorf("lastRefreshTime is %v, want %v", c.Status.LastRefreshTime, want)
	}
	if got := h.calls()["Authorize cached"]; got != 1 {
		t.Errorf("%d cached calls, want 1", got)
	}
}

func TestFinalizerThatComesWithTheObjectSavesAWrite(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), func(c *v1alpha1.BankConnection) {
		c.Finalizers = []string{v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer}
	})
	h.effects.names = nil
	if _, err := h.reconcile("acme"); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(h.effects.names, "patch BankConnection") {
		t.Errorf("effects: %v", h.effects.names)
	}
}

func TestSecondReconcileDoesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.probe() // Counts the connection.
	for _, restart := range []bool{false, true} {
		if restart {
			h.boot(nil)
		}
		h.effects.names, h.effects.reads = nil, nil
		h.sim.ResetJournal()
		for range 3 {
			if _, err := h.reconcile("acme"); err != nil {
				t.Fatal(err)
			}
			h.probe()
		}
		if len(h.effects.names)+len(h.effects.reads)+len(h.sim.Journal()) != 0 {
			t.Errorf("restart %v: effects %v, reads %v, journal %v", restart, h.effects.names, h.effects.reads, h.sim.Journal())
		}
	}
}

func TestManualNeverContactsTheBank(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(10 * 24 * time.Hour)
	calls := h.calls()
	if calls["Authorize live"] != 0 {
		t.Errorf("calls: %v", calls)
	}
	// An observe each day and a tenth keeps the status true.
	if n := calls["Authorize cached"]; n < 9 || n > 11 {
		t.Errorf("%d observes in 10 days", n)
	}
}
