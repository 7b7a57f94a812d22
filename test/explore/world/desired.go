package world

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// desired are the objects as people and programs want them, whatever became of them.
type desired map[string]client.Object

func nameOf(o client.Object) string {
	return fmt.Sprintf("%T %s/%s", o, o.GetNamespace(), o.GetName())
}

// want notes what a user wants an object to be.
func (w *World) want(o client.Object) {
	wanted := o.DeepCopyObject().(client.Object)
	*meta(wanted) = metav1.ObjectMeta{
		Namespace: o.GetNamespace(), Name: o.GetName(), Labels: o.GetLabels(), Annotations: o.GetAnnotations(),
	}
	w.desired[nameOf(o)] = wanted
}

func meta(o client.Object) *metav1.ObjectMeta {
	return o.(metav1.ObjectMetaAccessor).GetObjectMeta().(*metav1.ObjectMeta)
}

// unwant notes that its user wants an object no more.
func (w *World) unwant(o client.Object) {
	delete(w.desired, nameOf(o))
	if _, ok := o.(*corev1.Secret); ok {
		w.noSecrets = append(w.noSecrets, client.ObjectKeyFromObject(o))
	}
}

// Reapply makes the objects as people and programs want them, after an operator put the API
// server back: what is missing is created, what they deleted is deleted, and specs are set.
func (w *World) Reapply() {
	var names []string
	for name := range w.desired {
		names = append(names, name)
	}
	slices.Sort(names)
	for namespace := range w.gone {
		w.Delete(apiserver.Namespace, client.ObjectKey{Name: namespace})
	}
	for _, key := range w.noSecrets {
		if wanted := (&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}); w.desired[nameOf(wanted)] == nil {
			w.Delete(apiserver.Secret, key)
		}
	}
	for _, name := range names {
		w.reapply(w.desired[name].DeepCopyObject().(client.Object))
	}
	for _, kind := range []apiserver.Kind{apiserver.BankConnection, apiserver.RefreshPolicy, apiserver.FlinksInstance, apiserver.ClusterFlinksInstance} {
		for _, o := range w.Server.List(kind) {
			if w.desired[nameOf(o)] == nil && o.GetDeletionTimestamp() == nil {
				w.Delete(kind, client.ObjectKeyFromObject(o))
			}
		}
	}
}

func (w *World) reapply(o client.Object) {
	kind := apiserver.Kind(strings.TrimPrefix(fmt.Sprintf("%T", o), "*v1alpha1."))
	if _, ok := o.(*corev1.Secret); ok {
		kind = apiserver.Secret
	}
	stored := w.Server.Get(kind, client.ObjectKeyFromObject(o))
	switch {
	case w.gone[o.GetNamespace()]:
	case w.Server.Get(apiserver.Namespace, client.ObjectKey{Name: o.GetNamespace()}) == nil && o.GetNamespace() != "":
	case stored == nil:
		w.Create(o)
	case stored.GetDeletionTimestamp() == nil:
		w.checkLate(stored, o)
		is := stored.DeepCopyObject().(client.Object)
		is.SetAnnotations(o.GetAnnotations())
		setSpec(is, o)
		w.must(w.Users.Update(w.Context(), is), "applying %s", nameOf(o))
	}
}

// checkLate notes that it is unclear how the story ends if a Secret is put right only after connections
// were bound to the login that a backup had in it.
func (w *World) checkLate(stored, wanted client.Object) {
	is, ok := stored.(*corev1.Secret)
	if !ok || maps.EqualFunc(is.Data, wanted.(*corev1.Secret).Data, bytes.Equal) || len(w.Restores) == 0 {
		return
	}
	restored := w.Restores[len(w.Restores)-1].Time
	for _, o := range w.Server.List(apiserver.BankConnection) {
		c := o.(*v1alpha1.BankConnection)
		b := c.Status.Binding
		if c.Namespace == is.Namespace && c.Spec.LoginIDSecretRef.Name == is.Name && (b == nil || !b.BoundTime.Time.Before(restored)) {
			w.Unclear = true
		}
	}
}

func setSpec(is, want client.Object) {
	switch want := want.(type) {
	case *v1alpha1.BankConnection:
		is.(*v1alpha1.BankConnection).Spec = want.Spec
	case *v1alpha1.ClusterFlinksInstance:
		is.(*v1alpha1.ClusterFlinksInstance).Spec = want.Spec
	case *v1alpha1.FlinksInstance:
		is.(*v1alpha1.FlinksInstance).Spec = want.Spec
	case *v1alpha1.RefreshPolicy:
		is.(*v1alpha1.RefreshPolicy).Spec = want.Spec
	case *corev1.Secret:
		is.(*corev1.Secret).Data = want.Data
	}
}
