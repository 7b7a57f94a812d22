package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// onSecretOf names the Secret of another connection.
func onSecretOf(name string) func(*v1alpha1.BankConnection) {
	return func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Name = name + "-login" }
}

// fill replaces the login in the Secret of a connection.
func (h *harness) fill(name, login string) {
	h.t.Helper()
	h.changeSecret(name+"-login", func(s *corev1.Secret) { s.Data = map[string][]byte{"loginId": []byte(login)} })
}

// TestSecretThatHoldsAnotherLogin: two connections that name one Secret do not share a
// login if they were bound to different ones. The older login is deleted when the Secret
// holds it again, and not given up before.
func TestSecretThatHoldsAnotherLogin(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first, second := h.seed("greatday_nomfa"), h.seed("Greatday")
	h.connect("acme", first)
	h.run(time.Minute)
	h.fill("acme", second)
	h.createConnection("beta", onSecretOf("acme"))
	h.run(time.Minute)
	h.expect("beta", "Ready=True Refreshed")
	h.delete("acme")
	h.run(time.Hour)
	if h.gone("acme") {
		t.Fatal("the first login was given up")
	}
	h.expect("acme", "DeletionBlocked=True LoginChanged")
	h.fill("acme", first)
	h.poke("acme")
	h.run(time.Hour)
	h.expectGone("acme")
	h.expectDeleted(first, true)
	h.expectDeleted(second, false)
}

// TestKeptAtTheLastMoment: what is stored between the decision to delete a login and the
// call counts, although the cache does not know it yet.
func TestKeptAtTheLastMoment(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]func(*v1alpha1.BankConnection){
		"retained": retain,
		"abandoned": func(c *v1alpha1.BankConnection) {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.AbandonLoginAnnotation, "true")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.seed("greatday_nomfa")
			h.connect("acme", login)
			h.run(time.Minute)
			h.delete("acme")
			h.effects.beforeRead = func() {
				if h.get("acme").Status.DeletionClaim == nil {
					return
				}
				h.effects.beforeRead = nil
				c := h.get("acme")
				keep(c)
				if err := h.live.Update(h.ctx(), c); err != nil {
					t.Error(err)
				}
			}
			h.run(time.Hour)
			if h.effects.beforeRead != nil {
				t.Fatal("nothing was read")
			}
			h.expectGone("acme")
			h.expectDeleted(login, false)
			if n := h.calls()["DeleteCard"]; n != 0 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// TestRenamedAtTheLastMoment: a new object for the same Secret, made while the old one
// claims its deletion, keeps the login.
func TestRenamedAtTheLastMoment(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	renamed := h.get("acme")
	renamed.ObjectMeta = metav1.ObjectMeta{Namespace: h.namespace, Name: "renamed"}
	h.delete("acme")
	h.effects.before = func(effect string) {
		if effect != "update BankConnection/status" {
			return
		}
		h.effects.before = nil
		if err := h.live.Create(h.ctx(), renamed); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { h.strip("renamed") })
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, false)
	h.poke("renamed")
	h.run(time.Minute)
	h.expect("renamed", "Ready=True Refreshed")
}

// TestOwnerGoesDuringItsSession: the one that takes a login over sees that the session of
// the one that goes is still open, and opens none beside it.
func TestOwnerGoesDuringItsSession(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("Greatday")
	h.connect("older", login)
	h.run(time.Minute)
	h.connect("younger", login)
	h.run(time.Minute)
	h.request("older", "1")
	h.run(time.Second)
	h.delete("older")
	h.request("younger", "1")
	h.run(time.Minute)
	if h.gone("older") {
		t.Error("gone while its session is open")
	}
	h.run(time.Hour)
	h.expectGone("older")
	h.poke("younger")
	h.request("younger", "2")
	h.run(time.Hour)
	h.expectDeleted(login, false)
	h.assertOneSession()
	if state, _ := h.sim.Login(login); state.LiveOpened != 2 {
		t.Errorf("%d live sessions: %+v", state.LiveOpened, h.get("younger").Status)
	}
}

// TestDuplicatesDeletedTogether: whichever is looked at first, there is one call if all
// want the login deleted, and none if one retains it.
func TestDuplicatesDeletedTogether(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		retained string
		order    []string
		calls    int
	}{
		"the owner first":             {"", []string{"older", "younger"}, 1},
		"the other one first":         {"", []string{"younger", "older"}, 1},
		"the owner retains, first":    {"older", []string{"older", "younger"}, 0},
		"the owner retains, second":   {"older", []string{"younger", "older"}, 0},
		"the other one retains, 1st":  {"younger", []string{"younger", "older"}, 0},
		"the other one retains, last": {"younger", []string{"older", "younger"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.seed("greatday_nomfa")
			for _, c := range []string{"older", "younger"} {
				h.connect(c, login, func(o *v1alpha1.BankConnection) {
					if c == tt.retained {
						retain(o)
					}
				})
				h.run(time.Minute)
			}
			for _, c := range tt.order {
				h.delete(c)
			}
			for range 4 {
				for _, c := range tt.order {
					if !h.gone(c) {
						_, _ = h.reconcile(c)
					}
				}
			}
			h.run(2 * time.Hour)
			h.expectGone("older")
			h.expectGone("younger")
			h.expectDeleted(login, tt.calls == 1)
			if n := h.calls()["DeleteCard"]; n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

// TestTwoManagersTwoTwins: two managers that do not know of each other are each asked to
// refresh one of two connections with the same login. Whatever the other one has done by
// then, there is one live session at a time.
func TestTwoManagersTwoTwins(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"update BankConnection/status", "call GenerateAuthorizeToken", "call Authorize"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.seed("Greatday")
			h.connect("older", login)
			h.run(time.Minute)
			h.connect("younger", login)
			h.run(time.Minute)
			second := h.incarnate(nil)
			other := func(name string) {
				key := ctrl.Request{NamespacedName: client.ObjectKeyFromObject(h.get(name))}
				_, _ = second.connections.Reconcile(h.ctx(), key)
			}
			h.request("older", "1")
			h.request("younger", "1")
			h.effects.before = func(effect string) {
				if effect != at {
					return
				}
				h.effects.before = nil
				other("younger")
				other("older")
			}
			h.run(time.Hour)
			other("older")
			other("younger")
			h.assertOneSession()
			if state, _ := h.sim.Login(login); state.LiveOpened != 1 {
				t.Errorf("%d live sessions", state.LiveOpened)
			}
		})
	}
}
