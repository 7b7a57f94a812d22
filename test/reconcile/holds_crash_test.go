package reconcile

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func place(at int, effect string, committed bool) string {
	return fmt.Sprintf("%02d %s committed=%v", at, effect, committed)
}

// TestMovesKilledAnywhere kills the manager at every effect of what changes the Secret
// or the login of a connection. In the end no Secret is held without need, and the login
// that is deleted is the one that was bound last.
func TestMovesKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, rebinds := range []bool{false, true} {
		reference := moveJob(t, rebinds, nil)
		t.Logf("%d effects: %v", len(reference), reference)
		for at := 1; at <= len(reference); at++ {
			for _, committed := range []bool{false, true} {
				name := fmt.Sprintf("rebinds=%v/%s", rebinds, place(at, reference[at-1], committed))
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					moveJob(t, rebinds, func(e *effects) { e.killAt, e.committed = at, committed })
				})
			}
		}
	}
}

func moveJob(t *testing.T, rebinds bool, interfere func(*effects)) []string {
	h := newHarness(t)
	h.boot(interfere)
	first := h.effects
	old := h.seed("greatday_nomfa")
	h.connect("acme", old)
	h.survive(func() bool { return h.get("acme").Status.Binding != nil })
	login := old
	given := h.fingerprint("acme")
	if rebinds {
		login = h.seed("greatday_nomfa+new")
		h.annotate("acme", v1alpha1.RebindAnnotation, given)
	}
	h.moveTo("acme", "moved", login)
	h.survive(func() bool {
		b := h.get("acme").Status.Binding
		return b != nil && b.SecretName == "moved"
	})
	h.expectHeld("moved", true)
	h.expectHeld("acme-login", false)
	if st := h.get("acme").Status; (len(st.SupersededLogins) == 1) != rebinds || (st.Binding.LoginFingerprint == given) == rebinds {
		t.Errorf("superseded %+v, bound %+v", st.SupersededLogins, st.Binding)
	}
	h.delete("acme")
	h.survive(func() bool { return h.gone("acme") })
	h.expectHeld("moved", false)
	h.expectDeleted(login, true)
	h.expectDeleted(old, !rebinds)
	for _, name := range []string{"moved", "acme-login"} {
		h.discard(h.secret(name))
	}
	return first.names
}

// survive lets time pass until something is done, by a manager or its successor.
func (h *harness) survive(done func() bool) {
	h.t.Helper()
	for range 100 {
		if h.runUntil(time.Minute, func() bool { return h.effects.isKilled() || done() }); done() {
			return
		}
		if h.effects.isKilled() {
			h.boot(nil)
		}
		h.poke("acme")
	}
	h.t.Fatalf("it is never done: %+v", h.get("acme"))
}

// TestBoundIsHeld: at no moment is there a binding without a hold, whatever happens
// between the two.
func TestBoundIsHeld(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	touched, checked := false, false
	h.boot(func(e *effects) {
		e.before = func(name string) {
			if name == "update BankConnection/status" {
				checked = true
				h.expectHeld("acme-login", true)
			}
			if name == "patch Secret" && !touched {
				// Another client is faster: the Secret is not the one that was read.
				h.changeSecret("acme-login", func(s *corev1.Secret) { s.Finalizers = []string{"example.com/mine"} })
				touched = true
			}
		}
	})
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
	h.expectHeld("acme-login", true)
	if f := h.secret("acme-login").Finalizers; len(f) != 2 {
		t.Errorf("finalizers %v: another owner's was lost", f)
	}
	if !touched || !checked {
		t.Errorf("touched %v, checked %v", touched, checked)
	}
}
