package reconcile

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestConfirmKilledAnywhere kills the manager at every effect of the deletion of a login
// that DeleteCard does not find. In the end the object is gone.
func TestConfirmKilledAnywhere(t *testing.T) {
	t.Parallel()
	reference := confirmJob(t, nil)
	t.Logf("%d effects: %v", len(reference), reference)
	for at := 1; at <= len(reference); at++ {
		for _, committed := range []bool{false, true} {
			t.Run(place(at, reference[at-1], committed), func(t *testing.T) {
				t.Parallel()
				confirmJob(t, func(e *effects) { e.killAt, e.committed = at, committed })
			})
		}
	}
}

func confirmJob(t *testing.T, interfere func(*effects)) []string {
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Drop: flinkssim.DropAfterCommit})
	h.delete("acme")
	h.runUntil(time.Minute, func() bool { return h.calls()["DeleteCard"] > 0 })
	h.expectDeleted(login, true)
	before := h.calls()
	h.boot(interfere)
	first := h.effects
	h.survive(func() bool { return h.gone("acme") })
	calls := h.calls()
	if n := calls["Authorize cached"] - before["Authorize cached"]; n < 1 || n > 2 {
		t.Errorf("asked %d times for the state of the login", n)
	}
	if n := calls["DeleteCard"] - before["DeleteCard"]; n > 2 {
		t.Errorf("%d DeleteCards", n)
	}
	h.expectHeld("acme-login", false)
	return first.names
}

// TestProxyThatFindsNothing: its 404 is no deletion, however often it is repeated.
func TestProxyThatFindsNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Status: 404, BodyKind: flinkssim.BodyEmpty, Times: -1})
	before := h.calls()
	h.delete("acme")
	h.run(24 * time.Hour)
	h.expect("acme", "DeletionBlocked=True FlinksUnavailable")
	h.expectDeleted(login, false)
	calls := h.calls()
	if n := calls["DeleteCard"]; n > 320 || calls["Authorize cached"]-before["Authorize cached"] > n {
		t.Errorf("in a day: %v", calls)
	}
	h.sim.ClearFaults()
	h.run(10 * time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
}

// TestUnknownTokenIsNoUnknownLogin: what Flinks says of the token that makes sure of the
// keys is not said of the login.
func TestUnknownTokenIsNoUnknownLogin(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]flinkssim.Fault{
		"after an unknown login": {Endpoint: "DeleteCard", Status: 400, Body: unknownLogin, Times: -1},
		"after a 404":            {Endpoint: "DeleteCard", Status: 404, BodyKind: flinkssim.BodyEmpty, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.seed("greatday_nomfa")
			h.connect("acme", login)
			h.run(time.Minute)
			h.fault(fault)
			h.fault(flinkssim.Fault{Endpoint: "GenerateAuthorizeToken", Status: 400, Body: unknownLogin, Times: -1})
			h.delete("acme")
			h.run(time.Hour)
			if h.gone("acme") {
				t.Fatal("the object went, and its login is there")
			}
			h.sim.ClearFaults()
			h.run(10 * time.Minute)
			h.expectGone("acme")
			h.expectDeleted(login, true)
		})
	}
}
