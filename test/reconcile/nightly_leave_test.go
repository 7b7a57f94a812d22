package reconcile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// atNight connects a login whose nightly refresh is on.
func (h *harness) atNight(name string, change ...func(*v1alpha1.BankConnection)) (login string) {
	h.t.Helper()
	login = h.seed("greatday_nomfa+" + name)
	h.connect(name, login, append(change, nightly)...)
	h.run(5 * time.Minute)
	if !h.isScheduled(login) {
		h.t.Fatal("nightly refresh is off")
	}
	return login
}

// expectScheduled asserts whether nightly refresh of a login that is at Flinks is on.
func (h *harness) expectScheduled(login string, want bool) {
	h.t.Helper()
	h.expectDeleted(login, false)
	if got := h.isScheduled(login); got != want {
		h.t.Errorf("nightly refresh is on: %v, want %v", got, want)
	}
}

func (h *harness) failSwitches() {
	h.t.Helper()
	h.fault(flinkssim.Fault{Endpoint: "SetScheduledRefresh", Status: 503, Times: -1})
}

// TestRetainedLoginIsNotRefreshedAtNight: the object stays until Flinks says so.
func TestRetainedLoginIsNotRefreshedAtNight(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.atNight("acme", retain)
	h.failSwitches()
	before := h.switches()
	h.delete("acme")
	h.run(12 * time.Hour)
	h.expect("acme", "DeletionBlocked=True FlinksUnavailable")
	if n := h.switches() - before; n < 2 || n > 160 {
		t.Errorf("%d tries in half a day", n)
	}
	h.sim.ClearFaults()
	h.run(10 * time.Minute)
	h.expectGone("acme")
	h.expectScheduled(login, false)
	h.expectHeld("acme-login", false)
}

// TestSharedLoginAtNight: who is left with the login has it refreshed as they want.
func TestSharedLoginAtNight(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string]bool{"nightly": true, "manual": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.atNight("acme")
			h.connect("twin", login, func(c *v1alpha1.BankConnection) {
				if wanted {
					nightly(c)
				}
			})
			h.run(time.Minute)
			before := h.switches()
			h.delete("acme")
			h.run(time.Minute)
			h.expectGone("acme")
			if off := h.switches() > before; off == wanted {
				t.Errorf("switched off: %v", off)
			}
			h.poke("twin")
			h.run(2 * day)
			h.expect("twin", "Authorized=True Authorized", "Stalled=")
			h.expectScheduled(login, wanted)
			h.delete("twin")
			h.run(time.Minute)
			h.expectGone("twin")
			h.expectDeleted(login, true)
		})
	}
}

// TestGivenUpLoginAtNight: one try, and an event if it brought nothing.
func TestGivenUpLoginAtNight(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprintf("fails=%v", fails), func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.atNight("acme")
			if fails {
				h.failSwitches()
			}
			h.fault(flinkssim.Fault{Endpoint: "DeleteCard", FlinksCode: "CARD_IN_USE", Times: -1})
			before := h.switches()
			h.delete("acme")
			h.run(time.Hour)
			h.annotate("acme", v1alpha1.AbandonLoginAnnotation, "true")
			h.run(30 * time.Second)
			h.expectGone("acme")
			if n := h.switches() - before; n != 1 {
				t.Errorf("%d tries", n)
			}
			h.expectScheduled(login, fails)
			if told := strings.Contains(h.eventsSoFar(), v1alpha1.ReasonNightlyLeftOn); told != fails {
				t.Errorf("told that nightly refresh may be on: %v", told)
			}
		})
	}
}

// TestSupersededLoginAtNight: nightly refresh of the login that is given up is switched
// off, where another Secret still holds it; if not, it is said.
func TestSupersededLoginAtNight(t *testing.T) {
	t.Parallel()
	t.Run("another Secret", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t)
		old, login := h.atNight("acme"), h.seed("greatday_nomfa+new")
		h.failSwitches()
		given := h.fingerprint("acme")
		h.annotate("acme", v1alpha1.RebindAnnotation, given)
		h.moveTo("acme", "moved", login)
		h.run(time.Hour)
		if h.fingerprint("acme") != given {
			t.Error("it is given up before nightly refresh is switched off")
		}
		h.sim.ClearFaults()
		h.run(day)
		st := h.get("acme").Status
		if len(st.SupersededLogins) != 1 || st.SupersededLogins[0].Nightly {
			t.Errorf("superseded: %+v", st.SupersededLogins)
		}
		h.expectScheduled(old, false)
		h.expectScheduled(login, true)
		if strings.Contains(h.eventsSoFar(), v1alpha1.ReasonNightlyLeftOn) {
			t.Error("it is said that nightly refresh may be on")
		}
	})
	t.Run("the same Secret", func(t *testing.T) {
		t.Parallel()
		h := newHarness(t)
		old := h.atNight("acme")
		given := h.fingerprint("acme")
		h.replaceLogin("acme", h.seed("greatday_nomfa+new"))
		h.annotate("acme", v1alpha1.RebindAnnotation, given)
		h.run(2 * day)
		st := h.get("acme").Status
		if len(st.SupersededLogins) != 1 || !st.SupersededLogins[0].Nightly {
			t.Errorf("superseded: %+v", st.SupersededLogins)
		}
		h.expectEvent(v1alpha1.ReasonNightlyLeftOn)
		// Its own object brings it back into the operator's hands.
		h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy = nil })
		h.replaceLogin("acme", old)
		h.annotate("acme", v1alpha1.RebindAnnotation, h.fingerprint("acme"))
		h.run(2 * day)
		h.expectScheduled(old, false)
	})
}

// TestLeavingKilledAnywhere kills the manager at every effect of what leaves a login with
// nightly refresh at Flinks. In the end it is off.
func TestLeavingKilledAnywhere(t *testing.T) {
	t.Parallel()
	jobs := map[string]func(h *harness, login string){
		"retained": func(h *harness, _ string) {
			h.edit("acme", retain)
			h.delete("acme")
			h.survive(func() bool { return h.gone("acme") })
		},
		"abandoned": func(h *harness, _ string) {
			h.edit("acme", func(c *v1alpha1.BankConnection) {
				metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AbandonLoginAnnotation, "true")
			})
			h.delete("acme")
			h.survive(func() bool { return h.gone("acme") })
		},
		"rebound": func(h *harness, old string) {
			h.annotate("acme", v1alpha1.RebindAnnotation, h.fingerprint("acme"))
			h.moveTo("acme", "moved", h.seed("greatday_nomfa+new"))
			h.survive(func() bool {
				st := h.get("acme").Status
				return st.Binding != nil && st.Binding.SecretName == "moved" && !h.isScheduled(old)
			})
		},
	}
	for name, job := range jobs {
		reference := leavingJob(t, job, nil)
		t.Logf("%s: %d effects: %v", name, len(reference), reference)
		for at := 1; at <= len(reference); at++ {
			for _, committed := range []bool{false, true} {
				t.Run(name+"/"+place(at, reference[at-1], committed), func(t *testing.T) {
					t.Parallel()
					leavingJob(t, job, func(e *effects) { e.killAt, e.committed = at, committed })
				})
			}
		}
	}
}

func leavingJob(t *testing.T, job func(h *harness, login string), interfere func(*effects)) []string {
	h := newHarness(t)
	login := h.atNight("acme")
	h.boot(interfere)
	first := h.effects
	job(h, login)
	h.expectScheduled(login, false)
	return first.names
}
