package reconcile

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
)

func TestAllowedNamespaces(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			Selector: metav1.LabelSelector{MatchLabels: map[string]string{"bank": "yes"}},
		}
	})
	h.probe()
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.expect("acme", "Ready=False NamespaceNotAllowed")

	label := func(value string) {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: h.namespace}}
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"bank":"`+value+`"}}}`))
		if err := h.direct.Patch(t.Context(), ns, patch); err != nil {
			t.Fatal(err)
		}
		h.awaitLabel(value)
		h.poke("acme")
	}
	label("yes")
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")

	// What was bound while it was allowed can still be deleted.
	label("no")
	h.run(time.Minute)
	h.expect("acme", "Ready=False NamespaceNotAllowed")
	h.delete("acme")
	h.run(time.Minute)
	if state, _ := h.sim.Login(login); !h.gone("acme") || !state.Deleted {
		t.Errorf("gone %v, deleted %v", h.gone("acme"), state.Deleted)
	}
}

// awaitLabel waits until the cache knows a label of the namespace: it reads
// metadata only, which does not wait for writes of other forms.
func (h *harness) awaitLabel(value string) {
	h.t.Helper()
	h.await(func(ctx context.Context) (bool, error) {
		ns := instance.NamespaceMetadata()
		err := h.direct.Get(ctx, types.NamespacedName{Name: h.namespace}, ns)
		return ns.Labels["bank"] == value, err
	})
}

// TestNamespacedInstanceNamesNoHost: the host of a namespaced instance follows from
// its name alone, and its keys come from its own namespace.
func TestNamespacedInstanceNamesNoHost(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	h.create(&v1alpha1.FlinksInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "own"},
		Spec: v1alpha1.FlinksInstanceSpec{
			InstanceIdentity:     v1alpha1.InstanceIdentity{Instance: "acme-ca", CustomerID: otherGUID},
			CredentialsSecretRef: v1alpha1.LocalSecretReference{Name: "keys"},
		},
	})
	h.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "keys"},
		Data:       map[string][]byte{"secretKey": []byte(otherGUID), "apiKey": []byte(otherGUID)},
	})
	var hosts []string
	h.effects.request = func(host string) { hosts = append(hosts, host) }
	if _, err := h.own.Reconcile(t.Context(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: h.namespace, Name: "own"}}); err != nil {
		t.Fatal(err)
	}
	if len(hosts) != 1 || hosts[0] != "acme-ca-api.private.fin.ag" {
		t.Errorf("hosts that were called: %v", hosts)
	}
	if len(h.effects.reads) != 1 || h.effects.reads[0] != "Secret "+h.namespace+"/keys" {
		t.Errorf("Secrets that were read: %v", h.effects.reads)
	}
}
