package apiserver

import (
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Kind names a kind of object that the server knows.
type Kind string

// The kinds.
const (
	BankConnection        Kind = "BankConnection"
	RefreshPolicy         Kind = "RefreshPolicy"
	FlinksInstance        Kind = "FlinksInstance"
	ClusterFlinksInstance Kind = "ClusterFlinksInstance"
	Secret                Kind = "Secret"
	Namespace             Kind = "Namespace"

	// Event is written by recorders only; see [Server.Events].
	Event Kind = "Event"
)

// Kinds returns the kinds that are stored, in the order in which a server goes through them.
func Kinds() []Kind {
	return []Kind{Namespace, Secret, ClusterFlinksInstance, FlinksInstance, RefreshPolicy, BankConnection}
}

// resource is what is fixed about a kind.
type resource struct {
	kind       Kind
	gvk        schema.GroupVersionKind
	gr         schema.GroupResource
	namespaced bool
	// custom resources have a schema, a status subresource and no unconditional updates.
	custom bool
	make   func() client.Object
	// whole is the shape of an object; spec and status are those of its parts.
	whole, spec, status *shape
}

func define(kind Kind, gv schema.GroupVersion, plural string, namespaced bool, empty func() client.Object) *resource {
	t := reflect.TypeOf(empty()).Elem()
	r := &resource{
		kind: kind, gvk: gv.WithKind(string(kind)), gr: gv.WithResource(plural).GroupResource(),
		namespaced: namespaced, custom: gv.Group != "", make: empty, whole: shapeOf(t),
	}
	if spec, ok := t.FieldByName("Spec"); ok {
		r.spec = shapeOf(spec.Type)
	}
	if status, ok := t.FieldByName("Status"); ok {
		r.status = shapeOf(status.Type)
	}
	return r
}

var resources = map[Kind]*resource{
	BankConnection: define(BankConnection, v1alpha1.GroupVersion, "bankconnections", true,
		func() client.Object { return &v1alpha1.BankConnection{} }),
	RefreshPolicy: define(RefreshPolicy, v1alpha1.GroupVersion, "refreshpolicies", true,
		func() client.Object { return &v1alpha1.RefreshPolicy{} }),
	FlinksInstance: define(FlinksInstance, v1alpha1.GroupVersion, "flinksinstances", true,
		func() client.Object { return &v1alpha1.FlinksInstance{} }),
	ClusterFlinksInstance: define(ClusterFlinksInstance, v1alpha1.GroupVersion, "clusterflinksinstances", false,
		func() client.Object { return &v1alpha1.ClusterFlinksInstance{} }),
	Secret: define(Secret, corev1.SchemeGroupVersion, "secrets", true,
		func() client.Object { return &corev1.Secret{} }),
	Namespace: define(Namespace, corev1.SchemeGroupVersion, "namespaces", false,
		func() client.Object { return &corev1.Namespace{} }),
}

// Scheme has the types that the server knows.
var Scheme = func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}()

// resourceOf returns the resource that an object is one of. PartialObjectMetadata names its kind.
func resourceOf(o client.Object) *resource {
	switch o := o.(type) {
	case *v1alpha1.BankConnection:
		return resources[BankConnection]
	case *v1alpha1.RefreshPolicy:
		return resources[RefreshPolicy]
	case *v1alpha1.FlinksInstance:
		return resources[FlinksInstance]
	case *v1alpha1.ClusterFlinksInstance:
		return resources[ClusterFlinksInstance]
	case *corev1.Secret:
		return resources[Secret]
	case *corev1.Namespace:
		return resources[Namespace]
	case *metav1.PartialObjectMetadata:
		if r := resources[Kind(o.Kind)]; r != nil && o.GroupVersionKind() == r.gvk {
			return r
		}
		panic(fmt.Sprintf("apiserver: PartialObjectMetadata of %v is not modelled", o.GroupVersionKind()))
	}
	panic(fmt.Sprintf("apiserver: %T is not modelled", o))
}

// resourceOfList returns the resource that a list has items of.
func resourceOfList(l client.ObjectList) *resource {
	switch l := l.(type) {
	case *v1alpha1.BankConnectionList:
		return resources[BankConnection]
	case *v1alpha1.RefreshPolicyList:
		return resources[RefreshPolicy]
	case *v1alpha1.FlinksInstanceList:
		return resources[FlinksInstance]
	case *v1alpha1.ClusterFlinksInstanceList:
		return resources[ClusterFlinksInstance]
	case *corev1.SecretList:
		return resources[Secret]
	case *corev1.NamespaceList:
		return resources[Namespace]
	case *metav1.PartialObjectMetadataList:
		for _, r := range resources {
			if l.GroupVersionKind() == r.gvk.GroupVersion().WithKind(r.gvk.Kind+"List") {
				return r
			}
		}
		panic(fmt.Sprintf("apiserver: PartialObjectMetadataList of %v is not modelled", l.GroupVersionKind()))
	}
	panic(fmt.Sprintf("apiserver: %T is not modelled", l))
}

// metadataOf returns an object without spec, status and data.
func metadataOf(r *resource, o client.Object) *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{}
	objectMeta(o).DeepCopyInto(&m.ObjectMeta)
	m.SetGroupVersionKind(r.gvk)
	return m
}

// objectMeta returns the metadata inside of an object, not a copy.
func objectMeta(o client.Object) *metav1.ObjectMeta {
	return o.(metav1.ObjectMetaAccessor).GetObjectMeta().(*metav1.ObjectMeta)
}
