package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// replaceLogin does what an application does when the person has linked the account
// again.
func (h *harness) replaceLogin(name, login string) {
	h.t.Helper()
	h.changeSecret(name+"-login", func(s *corev1.Secret) { s.Data["loginId"] = []byte(login) })
}

func (h *harness) fingerprint(name string) string {
	h.t.Helper()
	b := h.get(name).Status.Binding
	if b == nil {
		h.t.Fatalf("%s is not bound", name)
	}
	return b.LoginFingerprint
}

// TestRebind: another login in the Secret is an obstacle until an annotation gives the old
// one up, by name. It is never called for again.
func TestRebind(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	old, login := h.seed("greatday_nomfa"), h.seed("greatday_nomfa+new")
	h.connect("acme", old)
	h.run(time.Minute)
	h.request("acme", "1")
	h.run(time.Minute)
	given := h.fingerprint("acme")
	h.replaceLogin("acme", login)
	h.run(27 * time.Hour)
	h.expect("acme", "Ready=False LoginChanged")
	h.annotate("acme", v1alpha1.RebindAnnotation, "another UID")
	h.run(time.Hour)
	h.expect("acme", "Ready=False LoginChanged")

	h.annotate("acme", v1alpha1.RebindAnnotation, given)
	h.run(2 * time.Minute)
	h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=")
	h.expectEvent(v1alpha1.ReasonLoginSuperseded)
	st := h.get("acme").Status
	if len(st.SupersededLogins) != 1 || st.SupersededLogins[0].LoginFingerprint != given || st.Binding.LoginFingerprint == given {
		t.Errorf("superseded %+v, bound %+v", st.SupersededLogins, st.Binding)
	}
	if st.Refresh.Attempt != 0 || st.Refresh.StartTime != nil || len(st.Accounts) == 0 || st.LastHandledRequest.Value != "1" {
		t.Errorf("what is left of the old login: %+v", st)
	}
	h.request("acme", "2")
	h.run(time.Minute)
	if got := h.get("acme").Status.LastHandledRequest; got.Result != v1alpha1.RequestSucceeded {
		t.Errorf("the request is %+v", got)
	}
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
	h.expectDeleted(old, false)
	h.expectHeld("acme-login", false)
	if state, _ := h.sim.Login(old); state.LiveOpened != 1 {
		t.Errorf("%d live sessions of the old login", state.LiveOpened)
	}
}

// TestRebindAnnotationIsHarmless while the Secret holds the login that it names, and
// when it came back before anything else was bound.
func TestRebindAnnotationIsHarmless(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.annotate("acme", v1alpha1.RebindAnnotation, h.fingerprint("acme"))
	before := h.get("acme").Status
	h.effects.names = nil
	h.boot(nil)
	h.poke("acme")
	h.run(time.Hour)
	if len(h.effects.names) != 0 {
		t.Errorf("effects: %v", h.effects.names)
	}
	h.run(48 * time.Hour)
	st := h.get("acme").Status
	if st.SupersededLogins != nil || !equality.Semantic.DeepEqual(st.Binding, before.Binding) {
		t.Errorf("superseded %+v, bound %+v", st.SupersededLogins, st.Binding)
	}

	h.replaceLogin("acme", h.seed("greatday_nomfa+new"))
	h.runUntil(48*time.Hour, func() bool { return h.get("acme").Status.Binding == nil })
	h.replaceLogin("acme", login)
	h.run(time.Minute)
	st = h.get("acme").Status
	if st.SupersededLogins != nil || st.Binding.LoginFingerprint != before.Binding.LoginFingerprint {
		t.Errorf("superseded %+v, bound %+v", st.SupersededLogins, st.Binding)
	}
}

// TestRebindWaitsForTheSession: a login is not given up while the bank may still be
// waiting for its person.
func TestRebindWaitsForTheSession(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]*flinkssim.Fault{
		"asked": nil,
		"lost":  {Endpoint: "Authorize", Mode: "live", Drop: flinkssim.DropAfterCommit},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.connect("acme", h.seed("Greatday"))
			h.run(time.Minute)
			if fault != nil {
				h.fault(*fault)
			}
			h.request("acme", "1")
			h.run(time.Second)
			given := h.fingerprint("acme")
			h.replaceLogin("acme", h.seed("greatday_nomfa"))
			h.annotate("acme", v1alpha1.RebindAnnotation, given)
			h.run(7 * time.Minute)
			if got := h.fingerprint("acme"); got != given {
				t.Fatal("the login was given up with its session open")
			}
			h.run(30 * time.Minute)
			h.expect("acme", "Ready=True Refreshed", noActionRequired)
			if got := h.fingerprint("acme"); got == given {
				t.Error("the login was not given up")
			}
		})
	}
}

// TestRebindToAnotherSecret lets go of the one that held the old login.
func TestRebindToAnotherSecret(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.moveTo("acme", "relinked", h.seed("greatday_nomfa+new"))
	h.annotate("acme", v1alpha1.RebindAnnotation, h.fingerprint("acme"))
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
	h.expectHeld("relinked", true)
	h.expectHeld("acme-login", false)
}

// moveTo makes another Secret and has the connection use it.
func (h *harness) moveTo(name, secret, login string) {
	h.t.Helper()
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: secret},
		Data:       map[string][]byte{"loginId": []byte(login)},
	})
	h.edit(name, func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Name = secret })
}
