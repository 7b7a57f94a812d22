package instance

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Resolver finds the instance of a connection.
type Resolver struct {
	// Client may be cached: instances and the metadata of namespaces are watched.
	Client client.Reader
}

// Resolve returns the instance that a connection refers to. problem is the reason
// why the connection may not use it; the view is valid whenever the instance
// exists.
func (r Resolver) Resolve(ctx context.Context, c *v1alpha1.BankConnection) (view View, problem string, err error) {
	view, found, err := r.Find(ctx, KeyOf(c))
	switch {
	case err != nil:
		return view, "", err
	case !found:
		return view, v1alpha1.ReasonInstanceNotFound, nil
	case view.IsSuspended():
		// Before all others: a login whose namespace is not allowed any more is still deleted.
		return view, v1alpha1.ReasonInstanceSuspended, nil
	}
	allowed, err := r.allows(ctx, view, c.Namespace)
	switch {
	case err != nil:
		return view, "", err
	case !allowed:
		return view, v1alpha1.ReasonNamespaceNotAllowed, nil
	}
	return view, view.Problem(), nil
}

// Find returns an instance by its key, if there is one. It waits for no write of the
// instance that is under way: each wakes those whom it concerns.
func (r Resolver) Find(ctx context.Context, key Key) (view View, found bool, err error) {
	object := newObject(key.Kind)
	err = r.Client.Get(ctx, types.NamespacedName{Namespace: key.Namespace, Name: key.Name}, object, client.DisableReadYourWritesConsistency)
	switch {
	case apierrors.IsNotFound(err):
		return View{Key: key}, false, nil
	case err != nil:
		return View{Key: key}, false, fmt.Errorf("reading %s: %w", key, err)
	}
	return viewOf(object), true, nil
}

// allows reports whether connections of the namespace may use the instance. A selector
// that cannot be read allows nothing.
func (r Resolver) allows(ctx context.Context, v View, namespace string) (bool, error) {
	if v.Namespaces == nil {
		return true, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(&v.Namespaces.Selector)
	if err != nil {
		return false, nil //nolint:nilerr // Said above: what cannot be read allows nothing.
	}
	ns := NamespaceMetadata()
	if err := r.Client.Get(ctx, types.NamespacedName{Name: namespace}, ns); err != nil {
		return false, fmt.Errorf("reading namespace %s: %w", namespace, err)
	}
	return selector.Matches(labels.Set(ns.Labels)), nil
}

var namespaceKind = corev1.SchemeGroupVersion.WithKind("Namespace")

// NamespaceMetadata returns the form in which namespaces are read and watched: their
// metadata only.
func NamespaceMetadata() *metav1.PartialObjectMetadata {
	ns := &metav1.PartialObjectMetadata{}
	ns.SetGroupVersionKind(namespaceKind)
	return ns
}
