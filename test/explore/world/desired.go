package world

import (
	"fmt"
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

// want notes what somebody wants an object to be.
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

// unwant notes that somebody wants an object no more.
func (w *World) unwant(o client.Object) { delete(w.desired, nameOf(o)) }

// Reapply makes the objects as people and programs want them, after somebody put the API
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
		is := stored.DeepCopyObject().(client.Object)
		is.SetAnnotations(o.GetAnnotations())
		setSpec(is, o)
		w.must(w.Users.Update(w.Context(), is), "applying %s", nameOf(o))
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
