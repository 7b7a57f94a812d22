package finalizer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// fieldSecret is a selectable field of the CRD, for live lists.
const fieldSecret = "spec.loginIdSecretRef.name"

// SecretProtection keeps Secrets from being deleted while they are in use. Of a Secret it
// reads and writes the metadata only.
type SecretProtection struct {
	// Live must not be backed by a cache: even a write through one would start a
	// watch of every Secret.
	Live client.Client
	// Instances are read from it; it may be a cache.
	Instances client.Reader
}

// Result is what came of putting a finalizer on a Secret, or taking it off.
type Result string

// The results. Anything but Done is no error: it stays like that until something in the
// cluster is changed.
const (
	// Done: the Secret is as it should be.
	Done Result = "Done"
	// Missing: there is no such Secret.
	Missing Result = "Missing"
	// Forbidden: the operator may not do it: RBAC or an admission control says so, or the
	// Secret is being deleted.
	Forbidden Result = "Forbidden"
	// StillUsed: another object needs the Secret.
	StillUsed Result = "StillUsed"
)

// Protect puts the finalizer on a Secret that was just read.
func (s SecretProtection) Protect(ctx context.Context, read metav1.ObjectMeta) (Result, error) {
	o := metadata(read)
	if controllerutil.ContainsFinalizer(o, v1alpha1.InUseFinalizer) {
		return Done, nil
	}
	if !read.DeletionTimestamp.IsZero() {
		// It takes no new finalizers.
		return Forbidden, nil
	}
	return result(Add(ctx, s.Live, o, v1alpha1.InUseFinalizer))
}

// ProtectNamed reads a Secret and puts the finalizer on it.
func (s SecretProtection) ProtectNamed(ctx context.Context, name types.NamespacedName) (Result, error) {
	o, r, err := s.read(ctx, name)
	if err != nil || r != Done {
		return r, err
	}
	return s.Protect(ctx, o.ObjectMeta)
}

// Unprotect takes the finalizer off a Secret, unless another object needs it: a
// connection that still has its finalizer, or an instance, other than the one that asks.
// Each asks after it has recorded that it does not need the Secret any more, so of two that
// ask at the same time at least one finds no other.
func (s SecretProtection) Unprotect(ctx context.Context, name types.NamespacedName, asking types.UID) (Result, error) {
	used, err := s.isUsed(ctx, name, asking)
	if err != nil {
		return "", err
	}
	if used {
		return StillUsed, nil
	}
	o, r, err := s.read(ctx, name)
	if err != nil || r != Done {
		return r, err
	}
	return result(Remove(ctx, s.Live, o, v1alpha1.InUseFinalizer))
}

// CollectWith makes a Secret go with a connection that is being deleted, if the operator
// created it for a login and no other object needs it. Until then no such Secret has an
// owner: the garbage collector would delete it after a restore, which gives the owner
// another UID.
func (s SecretProtection) CollectWith(ctx context.Context, name types.NamespacedName, owner *v1alpha1.BankConnection) (Result, error) {
	o, r, err := s.read(ctx, name)
	if err != nil || r != Done {
		return r, err
	}
	if o.Labels[v1alpha1.PurposeLabel] != v1alpha1.PurposeLogin || slices.ContainsFunc(o.OwnerReferences, isOf(owner)) {
		return Done, nil
	}
	used, err := s.isUsed(ctx, name, owner.UID)
	if err != nil {
		return "", err
	}
	if used {
		return StillUsed, nil
	}
	before := o.DeepCopy()
	before.SetUID("") // The patch carries the UID and the resourceVersion that were read.
	if err := controllerutil.SetOwnerReference(owner, o, s.Live.Scheme(), controllerutil.WithBlockOwnerDeletion(false)); err != nil {
		return "", fmt.Errorf("owning Secret %s: %w", name, err)
	}
	err = s.Live.Patch(ctx, o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		err = fmt.Errorf("changing the owners of Secret %s: %w", name, err)
	}
	return result(err)
}

func isOf(owner *v1alpha1.BankConnection) func(metav1.OwnerReference) bool {
	return func(ref metav1.OwnerReference) bool { return ref.UID == owner.UID }
}

// isUsed reads connections live. A Secret that only the status of a connection
// names is not used by it: whatever is called, the loginId is read from the Secret that
// the spec names.
func (s SecretProtection) isUsed(ctx context.Context, name types.NamespacedName, asking types.UID) (bool, error) {
	var connections v1alpha1.BankConnectionList
	selection := client.MatchingFields{fieldSecret: name.Name}
	if err := s.Live.List(ctx, &connections, client.InNamespace(name.Namespace), selection); err != nil {
		return false, fmt.Errorf("listing connections that use Secret %s: %w", name, err)
	}
	for i := range connections.Items {
		other := &connections.Items[i]
		if other.UID != asking && controllerutil.ContainsFinalizer(other, v1alpha1.Finalizer) {
			return true, nil
		}
	}
	var instances v1alpha1.FlinksInstanceList
	if err := s.Instances.List(ctx, &instances, client.InNamespace(name.Namespace)); err != nil {
		return false, fmt.Errorf("listing instances that use Secret %s: %w", name, err)
	}
	for i := range instances.Items {
		other := &instances.Items[i]
		if other.UID != asking && other.Spec.CredentialsSecretRef.Name == name.Name &&
			controllerutil.ContainsFinalizer(other, v1alpha1.InUseFinalizer) {
			return true, nil
		}
	}
	return false, nil
}

// read reads the metadata of a Secret.
func (s SecretProtection) read(ctx context.Context, name types.NamespacedName) (*metav1.PartialObjectMetadata, Result, error) {
	o := metadata(metav1.ObjectMeta{})
	err := s.Live.Get(ctx, name, o)
	if err != nil {
		err = fmt.Errorf("reading Secret %s: %w", name, err)
	}
	r, err := result(err)
	return o, r, err
}

func metadata(m metav1.ObjectMeta) *metav1.PartialObjectMetadata {
	o := &metav1.PartialObjectMetadata{ObjectMeta: m}
	o.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	return o
}

// result tells what only a change in the cluster can mend from what is worth a
// retry.
func result(err error) (Result, error) {
	switch {
	case err == nil:
		return Done, nil
	case apierrors.IsNotFound(err):
		return Missing, nil
	case isDenied(err):
		return Forbidden, nil
	}
	return "", err
}

// isDenied reports whether the API server refuses this very request. RBAC does so with
// 403, a ValidatingAdmissionPolicy with 422 by default, and an admission webhook with the
// status of its choice, which is 400 if it chooses none. The others of the 4xx speak of the
// moment, or of who asks, and not of what is asked.
func isDenied(err error) bool {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return false
	}
	code := answer.Status().Code
	return code >= 400 && code < 500 && !slices.Contains(momentary, code)
}

// momentary are the statuses of the 4xx that are no denial: not authenticated, not found,
// timeout, conflict, gone, too many requests.
var momentary = []int32{401, 404, 408, 409, 410, 429}
