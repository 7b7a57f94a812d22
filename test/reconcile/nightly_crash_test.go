package reconcile

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestKilledAnywhereAtNight kills the manager before and after every API write and
// every Flinks call of a connection that is left to Flinks' nightly refresh. In the
// end it is on, or off while the object is suspended, and no bank was contacted.
func TestKilledAnywhereAtNight(t *testing.T) {
	t.Parallel()
	reference := nightJob(t, nil)
	t.Logf("%d effects: %v", len(reference), reference)
	for at := 1; at <= len(reference); at++ {
		for _, committed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%02d %s committed=%v", at, reference[at-1], committed), func(t *testing.T) {
				t.Parallel()
				nightJob(t, func(e *effects) { e.killAt, e.committed = at, committed })
			})
		}
	}
	fmt.Fprintf(os.Stderr, "killing the manager at night at %d places\n", 2*len(reference))
}

// nightJob binds, is switched on, gets data, is suspended, resumed, and deleted. It
// returns the effects of the first manager.
func nightJob(t *testing.T, interfere func(*effects)) []string {
	h := newHarness(t)
	h.nightsWork(true)
	h.boot(interfere)
	first := h.effects
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, nightly)
	enabled := func() bool {
		n := h.get("acme").Status.Nightly
		return n != nil && n.Enabled && h.isScheduled(login)
	}
	h.outlive(enabled)
	h.sim.RunNightly()
	seen := h.clock.Now()
	h.outlive(func() bool { return h.get("acme").Status.LastRefreshTime.After(seen.Add(-time.Minute)) })
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
	h.outlive(func() bool { return h.get("acme").Status.Nightly == nil && !h.isScheduled(login) })
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false })
	h.outlive(enabled)
	if calls := h.calls(); calls["Authorize live"] != 0 || calls["SetScheduledRefresh"] > 4 {
		t.Errorf("calls: %v", calls)
	}
	h.delete("acme")
	h.outlive(func() bool { return h.gone("acme") })
	if state, _ := h.sim.Login(login); !state.Deleted {
		t.Error("the object went, the login did not")
	}
	return first.names
}

// outlive runs until done, with another manager if one was killed.
func (h *harness) outlive(done func() bool) {
	h.t.Helper()
	for range 60 {
		h.runUntil(time.Hour, func() bool { return h.effects.isKilled() || done() })
		if h.effects.isKilled() {
			h.boot(nil)
			h.poke("acme")
			continue
		}
		if done() {
			return
		}
	}
	h.t.Fatalf("not done after 60 hours: %+v", h.get("acme").Status)
}
