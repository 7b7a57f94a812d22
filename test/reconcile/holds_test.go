package reconcile

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// secret reads a Secret; nil if none exists.
func (h *harness) secret(name string) *corev1.Secret {
	h.t.Helper()
	var s corev1.Secret
	err := h.live.Get(h.ctx(), types.NamespacedName{Namespace: h.namespace, Name: name}, &s)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		h.t.Fatalf("reading Secret %s: %v", name, err)
	}
	return &s
}

// expectHeld asserts whether a Secret is kept from vanishing.
func (h *harness) expectHeld(name string, want bool) {
	h.t.Helper()
	s := h.secret(name)
	if s == nil {
		h.t.Fatalf("there is no Secret %s", name)
	}
	if got := slices.Contains(s.Finalizers, v1alpha1.InUseFinalizer); got != want {
		h.t.Errorf("Secret %s is held: %v, want %v", name, got, want)
	}
}

func (h *harness) changeSecret(name string, change func(*corev1.Secret)) {
	h.t.Helper()
	s := h.secret(name)
	change(s)
	h.update(s)
}

// terminate deletes a Secret as its owner would.
func (h *harness) terminate(name string) {
	h.t.Helper()
	if err := h.direct.Delete(h.ctx(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name}}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) expectDeleted(login string, want bool) {
	h.t.Helper()
	if state, _ := h.sim.Login(login); state.Deleted != want {
		h.t.Errorf("deleted at Flinks: %v, want %v", state.Deleted, want)
	}
}

func (h *harness) expectGone(name string) {
	h.t.Helper()
	if !h.gone(name) {
		h.t.Fatalf("still there: %+v", h.get(name).Status)
	}
}

func (h *harness) expectEvent(reason string) {
	h.t.Helper()
	if !strings.Contains(h.eventsSoFar(), " "+reason+" ") {
		h.t.Errorf("no event says %s:\n%s", reason, h.eventsSoFar())
	}
}

// TestSecretStaysUntilTheLoginIsDeleted: even if the Secret is deleted first, the login is
// deleted, and then both are gone.
func TestSecretStaysUntilTheLoginIsDeleted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.expectHeld("acme-login", true)
	if got := h.get("acme").Status.Binding.SecretName; got != "acme-login" {
		t.Errorf("binding.secretName is %q", got)
	}
	before := h.secret("acme-login")
	h.terminate("acme-login")
	h.run(48 * time.Hour)
	h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=")
	if diff := cmp.Diff(before.Data, h.secret("acme-login").Data); diff != "" {
		t.Errorf("the Secret was changed:\n%s", diff)
	}
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
	if h.secret("acme-login") != nil {
		t.Error("the Secret is still there")
	}
}

// TestEveryEndLetsGoOfTheSecret: however an object goes, its Secret is free.
func TestEveryEndLetsGoOfTheSecret(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change  func(*v1alpha1.BankConnection)
		prepare func(*harness)
		deleted bool // at Flinks
		event   string
	}{
		"deleted":  {deleted: true, event: v1alpha1.ReasonLoginDeleted},
		"retained": {change: retain, event: v1alpha1.ReasonLoginRetained},
		"abandoned": {prepare: func(h *harness) {
			h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Status: 503, Times: -1})
			h.annotate("acme", v1alpha1.AbandonLoginAnnotation, "true")
		}, event: v1alpha1.ReasonLoginAbandoned},
		"gone already": {prepare: func(h *harness) {
			h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Drop: flinkssim.DropAfterCommit})
		}, deleted: true, event: v1alpha1.ReasonLoginDeleted},
		"a name with other finalizers": {prepare: func(h *harness) {
			h.changeSecret("acme-login", func(s *corev1.Secret) { s.Finalizers = append(s.Finalizers, "example.com/mine") })
		}, deleted: true, event: v1alpha1.ReasonLoginDeleted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			login := h.seed("greatday_nomfa")
			change := []func(*v1alpha1.BankConnection){}
			if tt.change != nil {
				change = append(change, tt.change)
			}
			h.connect("acme", login, change...)
			h.run(time.Minute)
			if tt.prepare != nil {
				tt.prepare(h)
			}
			h.run(time.Hour)
			h.expectHeld("acme-login", true)
			h.delete("acme")
			h.run(time.Minute)
			h.expectGone("acme")
			h.expectHeld("acme-login", false)
			h.expectDeleted(login, tt.deleted)
			h.expectEvent(tt.event)
			h.discard(h.secret("acme-login"))
		})
	}
}

// TestAbandoningALivingObjectDoesNothing, and anything but "true" does not abandon.
func TestAbandoningALivingObjectDoesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.annotate("acme", v1alpha1.AbandonLoginAnnotation, "true")
	h.run(48 * time.Hour)
	h.expect("acme", "Ready=True Refreshed")
	h.annotate("acme", v1alpha1.AbandonLoginAnnotation, "yes")
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
}

// TestWithoutTheRightToHold everything works, and the status says what may go wrong.
func TestWithoutTheRightToHold(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.effects.holdsForbidden = true
	h.connect("acme", login)
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=True SecretFinalizerForbidden")
	h.expectEvent(v1alpha1.ReasonSecretFinalizerForbidden)
	h.request("acme", "0")
	h.run(30 * time.Minute)
	if got := h.get("acme").Status.LastHandledRequest; got == nil || got.Reason != v1alpha1.ReasonSessionOpen {
		t.Errorf("nothing can tell that the login was not bound before, and the request is %+v", got)
	}
	h.request("acme", "1")
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=True SecretFinalizerForbidden")
	if got := h.get("acme").Status.LastHandledRequest.Result; got != v1alpha1.RequestSucceeded {
		t.Errorf("the request is %s", got)
	}
	h.effects.names = nil
	h.run(time.Hour)
	if len(h.effects.names) != 0 {
		t.Errorf("effects while nothing is due: %v", h.effects.names)
	}

	h.effects.holdsForbidden = false
	h.run(30 * time.Hour)
	h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=")
	h.expectHeld("acme-login", true)

	h.effects.holdsForbidden = true
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
	if !strings.Contains(h.eventsSoFar(), "remove it by hand") {
		t.Error("no event tells of the finalizer that stays")
	}
}

// TestHoldIsMended at the next read of the Secret, which is not read for that.
func TestHoldIsMended(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.changeSecret("acme-login", func(s *corev1.Secret) { s.Finalizers = nil })
	h.boot(nil)
	h.poke("acme")
	h.run(time.Hour)
	if len(h.effects.names)+len(h.effects.reads) != 0 {
		t.Errorf("a restart costs effects %v, reads %v", h.effects.names, h.effects.reads)
	}
	h.expectHeld("acme-login", false)
	h.request("acme", "1")
	h.run(time.Minute)
	h.expectHeld("acme-login", true)
	if len(h.effects.reads) != 1+1 { // and that of the keys
		t.Errorf("reads: %v", h.effects.reads)
	}
}

// TestSecretThatGoesIsNotHeld: it takes no finalizers any more.
func TestSecretThatGoesIsNotHeld(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login", Finalizers: []string{"example.com/mine"}},
		Data:       map[string][]byte{"loginId": []byte(h.seed("greatday_nomfa"))},
	})
	h.terminate("acme-login")
	h.createConnection("acme")
	h.effects.names = nil
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=True SecretFinalizerForbidden")
	if slices.Contains(h.effects.names, "patch Secret") {
		t.Errorf("effects: %v", h.effects.names)
	}
	h.discard(h.secret("acme-login"))
}

// TestSecretOfSeveralConnections is held until the last of them goes.
func TestSecretOfSeveralConnections(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "all"},
		Data: map[string][]byte{
			"one": []byte(h.seed("greatday_nomfa+1")), "two": []byte(h.seed("greatday_nomfa+2")), "three": []byte(h.seed("greatday_nomfa+3")),
		},
	})
	names := []string{"one", "two", "three"}
	for _, name := range names {
		h.createConnection(name, func(c *v1alpha1.BankConnection) {
			c.Spec.LoginIDSecretRef = v1alpha1.LoginIDSecretReference{Name: "all", Key: name}
		})
	}
	h.run(time.Minute)
	h.delete("one")
	h.run(time.Minute)
	h.expectGone("one")
	h.expectHeld("all", true)
	// Two go at the same time: each is deleted while the other one is there.
	h.delete("two")
	h.delete("three")
	h.run(time.Minute)
	h.expectGone("two")
	h.expectGone("three")
	h.expectHeld("all", false)
}

// TestHoldMoves to the Secret that the spec names now.
func TestHoldMoves(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.moveTo("acme", "renamed", login)
	h.run(time.Minute)
	h.expectHeld("renamed", true)
	h.expectHeld("acme-login", false)
	c := h.get("acme")
	if c.Status.Binding.SecretName != "renamed" || condition(c, "Ready") != "True Refreshed" {
		t.Errorf("status: %+v", c.Status)
	}
	h.effects.names = nil
	h.run(time.Hour)
	if len(h.effects.names) != 0 {
		t.Errorf("effects while nothing is due: %v", h.effects.names)
	}
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectHeld("renamed", false)
	h.expectDeleted(login, true)
}

// TestOlderObjectsGetTheSecondFinalizer: those that an older operator or a pipeline
// gave one.
func TestOlderObjectsGetTheSecondFinalizer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), func(c *v1alpha1.BankConnection) { c.Finalizers = []string{v1alpha1.Finalizer} })
	h.run(time.Minute)
	want := []string{v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer}
	if diff := cmp.Diff(want, h.get("acme").Finalizers); diff != "" {
		t.Errorf("finalizers (-want +got):\n%s", diff)
	}
}

// annotate does what kubectl annotate does.
func (h *harness) annotate(name, key, value string) {
	h.t.Helper()
	h.edit(name, func(c *v1alpha1.BankConnection) { metav1.SetMetaDataAnnotation(&c.ObjectMeta, key, value) })
}

// TestHoldForAnObjectThatIsGone: an object that the cache still shows may be gone by the time
// that its Secret was held for it.
func TestHoldForAnObjectThatIsGone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), func(c *v1alpha1.BankConnection) {
		c.Finalizers = []string{v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer}
	})
	h.effects.before = func(effect string) {
		if effect == "update BankConnection/status" && slices.Contains(h.secret("acme-login").Finalizers, v1alpha1.InUseFinalizer) {
			h.effects.before = nil
			h.strip("acme")
		}
	}
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectHeld("acme-login", false)
}
