package reconcile

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

const ownInstance = "own"

// network reaches the simulator, and where it stands in for the hosts of Flinks.
func (h *harness) network() http.RoundTripper {
	next := flinksclient.NewTransport()
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Host, ".fin.ag") {
			r = r.Clone(r.Context())
			r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(h.url, "http://")
		}
		return next.RoundTrip(r)
	})
}

// createOwnInstance makes an instance of the namespace.
func (h *harness) createOwnInstance(change ...func(*v1alpha1.FlinksInstance)) {
	h.t.Helper()
	keys := h.sim.Credentials()
	h.createKeys("own-keys")
	i := &v1alpha1.FlinksInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: ownInstance},
		Spec: v1alpha1.FlinksInstanceSpec{
			InstanceIdentity:     v1alpha1.InstanceIdentity{Instance: keys.Instance, CustomerID: keys.CustomerID},
			CredentialsSecretRef: v1alpha1.LocalSecretReference{Name: "own-keys"},
		},
	}
	for _, f := range change {
		f(i)
	}
	h.create(i)
	h.t.Cleanup(func() { h.discard(i) })
	h.mustReconcileOwn()
}

func (h *harness) createKeys(name string) {
	h.t.Helper()
	keys := h.sim.Credentials()
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name},
		Data:       map[string][]byte{"secretKey": []byte(keys.SecretKey), "apiKey": []byte(keys.APIKey)},
	})
}

func ofOwnInstance(c *v1alpha1.BankConnection) {
	c.Spec.InstanceRef = v1alpha1.InstanceReference{Kind: v1alpha1.KindFlinksInstance, Name: ownInstance}
}

func (h *harness) reconcileOwn() error {
	h.t.Helper()
	h.catchUp()
	_, err := h.own.Reconcile(h.ctx(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: h.namespace, Name: ownInstance}})
	return err
}

func (h *harness) mustReconcileOwn() {
	h.t.Helper()
	if err := h.reconcileOwn(); err != nil {
		h.t.Fatal(err)
	}
}

// theOwnInstance returns nil if it is gone.
func (h *harness) theOwnInstance() *v1alpha1.FlinksInstance {
	h.t.Helper()
	var i v1alpha1.FlinksInstance
	err := h.live.Get(h.ctx(), types.NamespacedName{Namespace: h.namespace, Name: ownInstance}, &i)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return &i
}

// dissolve deletes what a namespace deletion deletes, in the worst order. Whatever no
// finalizer keeps is gone at once.
func (h *harness) dissolve() {
	h.t.Helper()
	h.terminate("own-keys")
	h.terminate("acme-login")
	if err := h.direct.Delete(h.ctx(), h.theOwnInstance()); err != nil {
		h.t.Fatal(err)
	}
	h.await(func(ctx context.Context) (bool, error) {
		var i v1alpha1.FlinksInstance
		err := h.direct.Get(ctx, types.NamespacedName{Namespace: h.namespace, Name: ownInstance}, &i)
		return err != nil || !i.DeletionTimestamp.IsZero(), client.IgnoreNotFound(err)
	})
	h.delete("acme")
}

// TestOwnInstanceStaysUntilItsLoginsAreDeleted, with its keys, wherever the manager is
// killed.
func TestOwnInstanceStaysUntilItsLoginsAreDeleted(t *testing.T) {
	reference := dissolveJob(t, nil)
	t.Logf("%d effects: %v", len(reference), reference)
	for at := 1; at <= len(reference); at++ {
		for _, committed := range []bool{false, true} {
			t.Run(place(at, reference[at-1], committed), func(t *testing.T) {
				dissolveJob(t, func(e *effects) { e.killAt, e.committed = at, committed })
			})
		}
	}
}

// dissolveJob binds, lets the instance see that it is in use, and has everything
// deleted at once.
func dissolveJob(t *testing.T, interfere func(*effects)) []string {
	h := newBareHarness(t)
	h.createOwnInstance()
	h.boot(interfere)
	first := h.effects
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, ofOwnInstance)
	h.turns(func() bool {
		i := h.theOwnInstance()
		return i.Status.ProtectedSecretName == "own-keys" && h.get("acme").Status.Binding != nil
	})
	h.dissolve()
	h.turns(func() bool { return h.gone("acme") && h.theOwnInstance() == nil })
	h.expectDeleted(login, true)
	for _, name := range []string{"own-keys", "acme-login"} {
		if h.secret(name) != nil {
			t.Errorf("Secret %s is still there", name)
		}
	}
	return first.names
}

// turns lets both reconcilers work in turn, and another manager take over where one is
// killed.
func (h *harness) turns(done func() bool) {
	h.t.Helper()
	for range 100 {
		if done() {
			return
		}
		h.poke("acme")
		h.runUntil(10*time.Second, h.effects.isKilled)
		if err := h.reconcileOwn(); err != nil && !h.effects.isKilled() && !apierrors.IsConflict(errors.Unwrap(err)) {
			h.t.Fatal(err)
		}
		if h.effects.isKilled() {
			h.boot(nil)
		}
	}
	h.t.Fatalf("it never ends: instance %+v", h.theOwnInstance())
}

// TestOwnInstanceIsHeldWhileItIsNeeded, at no cost, and let go of with the last
// connection.
func TestOwnInstanceIsHeldWhileItIsNeeded(t *testing.T) {
	h := newBareHarness(t)
	h.createOwnInstance()
	h.expectHeld("own-keys", false)
	h.connect("acme", h.seed("greatday_nomfa"), ofOwnInstance)
	h.run(time.Minute)
	h.mustReconcileOwn()
	h.expectHeld("own-keys", true)
	h.boot(nil)
	for range 3 {
		h.mustReconcileOwn()
	}
	if len(h.effects.names)+len(h.effects.reads) != 0 {
		t.Errorf("a restart costs effects %v, reads %v", h.effects.names, h.effects.reads)
	}

	h.createKeys("new-keys")
	i := h.theOwnInstance()
	i.Spec.CredentialsSecretRef.Name = "new-keys"
	h.update(i)
	h.mustReconcileOwn()
	h.expectHeld("new-keys", true)
	h.expectHeld("own-keys", false)

	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.mustReconcileOwn()
	h.expectHeld("new-keys", false)
	if i := h.theOwnInstance(); len(i.Finalizers) != 0 || i.Status.ProtectedSecretName != "" {
		t.Errorf("finalizers %v, status %+v", i.Finalizers, i.Status)
	}
}

// TestOwnInstanceWithoutTheRightToHold says so, and works.
func TestOwnInstanceWithoutTheRightToHold(t *testing.T) {
	h := newBareHarness(t)
	h.createOwnInstance()
	h.effects.holdsForbidden = true
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, ofOwnInstance)
	h.run(time.Minute)
	h.mustReconcileOwn()
	got := meta.FindStatusCondition(h.theOwnInstance().Status.Conditions, v1alpha1.ConditionSecretUnprotected)
	if got == nil || got.Reason != v1alpha1.ReasonSecretFinalizerForbidden {
		t.Errorf("SecretUnprotected is %+v", got)
	}
	h.expectEvent(v1alpha1.ReasonSecretFinalizerForbidden)
	h.expect("acme", "Ready=True Refreshed", "SecretUnprotected=True SecretFinalizerForbidden")
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
	h.mustReconcileOwn()
	if i := h.theOwnInstance(); len(i.Finalizers) != 0 {
		t.Errorf("finalizers %v", i.Finalizers)
	}
}

// TestOneSecretForAll: a Secret with keys and loginId is held for either.
func TestOneSecretForAll(t *testing.T) {
	h := newBareHarness(t)
	h.createOwnInstance()
	login := h.seed("greatday_nomfa")
	h.changeSecret("own-keys", func(s *corev1.Secret) { s.Data["loginId"] = []byte(login) })
	h.createConnection("acme", ofOwnInstance, func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Name = "own-keys" })
	h.run(time.Minute)
	h.mustReconcileOwn()
	h.delete("acme")
	h.run(time.Minute)
	h.expectGone("acme")
	h.expectHeld("own-keys", true)
	h.mustReconcileOwn()
	h.expectHeld("own-keys", false)
}

// TestStrangersHoldNoSharedInstance: an object that was never served by it does not
// keep it from going.
func TestStrangersHoldNoSharedInstance(t *testing.T) {
	h := newBareHarness(t)
	h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			Selector: metav1.LabelSelector{MatchLabels: map[string]string{"nobody": "yes"}},
		}
	})
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.probe()
	if f := h.theInstance().Finalizers; len(f) != 0 {
		t.Errorf("finalizers %v", f)
	}
}

// TestOwnInstanceThatNoTallyKnows: a count that was wrong would take the keys away from a connection, so what
// cannot be taken back goes by the connections themselves.
func TestOwnInstanceThatNoTallyKnows(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	h.createOwnInstance()
	h.connect("acme", h.seed("greatday_nomfa"), ofOwnInstance)
	h.run(time.Minute)
	h.mustReconcileOwn()
	before := h.theOwnInstance()
	h.own.Tally = instance.NewTally(v1alpha1.KindFlinksInstance)
	if _, err := h.own.Reconcile(h.ctx(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(before)}); err != nil {
		t.Fatal(err)
	}
	after := h.theOwnInstance()
	if len(before.Finalizers) != 1 || len(after.Finalizers) != 1 || after.Status.ProtectedSecretName != "own-keys" {
		t.Errorf("finalizers %v became %v, protected: %q", before.Finalizers, after.Finalizers, after.Status.ProtectedSecretName)
	}
	if s := h.secret("own-keys"); len(s.Finalizers) != 1 {
		t.Errorf("the keys have the finalizers %v", s.Finalizers)
	}
}
