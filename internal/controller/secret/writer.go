package secret

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// WriteProblem is why a Secret could not be written or deleted.
type WriteProblem string

// The problems with writing. Failed is anything that the API server did not like.
const (
	Written        WriteProblem = ""
	WriteForbidden WriteProblem = "Forbidden"
	// Unguarded is said if nothing but this program bounds which Secrets it writes.
	Unguarded WriteProblem = "Unguarded"
	NotOwned  WriteProblem = "NotOwned"
	// Exists is said by Create alone, which changes no Secret.
	Exists WriteProblem = "Exists"
	// Outdated is said where a Guard forbade what was to be done.
	Outdated WriteProblem = "Outdated"
	Failed   WriteProblem = "Failed"
)

// Guard reports whether a Secret is still to be written or deleted. It is asked after the Secret was
// read, and what follows depends on the version that was read: another process that wrote the Secret
// meanwhile knows more. nil asks nothing.
type Guard func() bool

func (g Guard) forbids() bool { return g != nil && !g() }

const (
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "flinks-operator"
	// tries is how often a write is repeated because another write was faster.
	tries = 3
)

// IsLinkedLogin reports whether a Secret says that the operator created it for a login that a
// customer linked.
func IsLinkedLogin(m metav1.ObjectMeta) bool {
	return m.Labels[v1alpha1.PurposeLabel] == v1alpha1.PurposeLogin
}

// Content is a Secret to write.
type Content struct {
	Name string
	// Purpose is a value of the purpose label.
	Purpose string
	// Labels are what the spec asks for; they never replace the operator's own.
	Labels v1alpha1.SecretLabels
	Data   map[string][]byte
}

// labels returns the labels of the Secret, added to those that it has.
func (c Content) labels(present map[string]string) map[string]string {
	all := maps.Clone(present)
	if all == nil {
		all = map[string]string{}
	}
	for k, v := range c.Labels {
		all[k] = string(v)
	}
	all[managedByLabel], all[v1alpha1.PurposeLabel] = managedBy, c.Purpose
	return all
}

// Writer writes Secrets that belong to one object and have one purpose, and changes no
// other. Of a Secret that exists it reads nothing but the metadata.
type Writer struct {
	// Live must not be backed by a cache.
	Live client.Client
	// MayWrite reports whether Secrets may be written; nil if they always may. What is
	// delivered already may be deleted in any case.
	MayWrite func() bool
}

// Put makes a Secret of that name hold the data and nothing else. A Secret with another
// purpose belongs to something else, even if the owner is the same.
func (w Writer) Put(ctx context.Context, owner client.Object, c Content, g Guard) WriteProblem {
	if !w.mayWrite() {
		return Unguarded
	}
	return w.attempt(ctx, func() (WriteProblem, error) { return w.put(ctx, owner, c, g) })
}

func (w Writer) mayWrite() bool { return w.MayWrite == nil || w.MayWrite() }

func (w Writer) put(ctx context.Context, owner client.Object, c Content, g Guard) (WriteProblem, error) {
	name := types.NamespacedName{Namespace: owner.GetNamespace(), Name: c.Name}
	existing, err := w.metadata(ctx, name)
	if err != nil {
		return Failed, err
	}
	switch {
	case existing != nil && !isDelivered(existing, owner, c.Purpose):
		return NotOwned, nil
	case g.forbids():
		return Outdated, nil
	case existing != nil && existing.DeletionTimestamp != nil:
		return Failed, apierrors.NewConflict(corev1.Resource("secrets"), c.Name, nil)
	}
	s := c.secret(name.Namespace)
	if existing != nil {
		// With the UID and the resourceVersion that were read.
		s.ObjectMeta = existing.ObjectMeta
		s.Labels = c.labels(existing.Labels)
	}
	if err := w.own(owner, s); err != nil {
		return Failed, err
	}
	if existing == nil {
		return Written, w.Live.Create(ctx, s)
	}
	return Written, w.Live.Update(ctx, s)
}

func (c Content) secret(namespace string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: c.Name, Labels: c.labels(nil)},
		Type:       corev1.SecretTypeOpaque,
		Data:       c.Data,
	}
}

// isDelivered reports whether the operator wrote a Secret for an object and a purpose. A
// name comes from a spec or a status, so it proves nothing. A restored backup has no owner
// references: a Secret that the operator wrote and that belongs to no object is taken over.
func isDelivered(s *metav1.PartialObjectMetadata, owner client.Object, purpose string) bool {
	isOrphan := s.Labels[managedByLabel] == managedBy && metav1.GetControllerOf(s) == nil
	return (isOrphan || metav1.IsControlledBy(s, owner)) && s.Labels[v1alpha1.PurposeLabel] == purpose
}

// Create makes a Secret without an owner in a namespace, or says that there is one of that
// name.
func (w Writer) Create(ctx context.Context, namespace string, c Content) WriteProblem {
	if !w.mayWrite() {
		return Unguarded
	}
	s := c.secret(namespace)
	err := w.Live.Create(ctx, s)
	switch {
	case err == nil:
		return Written
	case apierrors.IsAlreadyExists(err):
		return Exists
	case apierrors.IsForbidden(err):
		return WriteForbidden
	}
	log.FromContext(ctx).Info("Secret not created", "secret", client.ObjectKeyFromObject(s), "reason", apierrors.ReasonForError(err))
	return Failed
}

// Delete deletes the Secret of that name and purpose, and reports whether there was one to
// delete. One that another object owns does not count.
func (w Writer) Delete(ctx context.Context, owner client.Object, name, purpose string, g Guard) (deleted bool, problem WriteProblem) {
	problem = w.attempt(ctx, func() (WriteProblem, error) {
		existing, err := w.metadata(ctx, types.NamespacedName{Namespace: owner.GetNamespace(), Name: name})
		if err != nil || existing == nil || !isDelivered(existing, owner, purpose) {
			return Written, err
		}
		if g.forbids() {
			return Outdated, nil
		}
		deleted = true
		err = w.Live.Delete(ctx, existing, client.Preconditions{UID: &existing.UID, ResourceVersion: &existing.ResourceVersion})
		return Written, client.IgnoreNotFound(err)
	})
	return deleted && problem == Written, problem
}

// attempt tries again when another write was faster. What the API server says may
// hold anything, so its reason is all that is logged.
func (w Writer) attempt(ctx context.Context, write func() (WriteProblem, error)) WriteProblem {
	var err error
	for range tries {
		var problem WriteProblem
		problem, err = write()
		switch {
		case err == nil:
			return problem
		case apierrors.IsForbidden(err):
			return WriteForbidden
		case !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err):
			log.FromContext(ctx).Info("Secret not written", "reason", apierrors.ReasonForError(err))
			return Failed
		}
	}
	log.FromContext(ctx).Info("Secret not written", "reason", apierrors.ReasonForError(err))
	return Failed
}

// own makes the Secret go with its owner. The owner does not wait for that: to make
// it wait is a right that the operator need not have.
func (w Writer) own(owner client.Object, s *corev1.Secret) error {
	err := controllerutil.SetControllerReference(owner, s, w.Live.Scheme(), controllerutil.WithBlockOwnerDeletion(false))
	if err != nil {
		return fmt.Errorf("owning Secret %s: %w", s.Name, err)
	}
	return nil
}

// metadata returns that of a Secret; nil if there is no such Secret.
func (w Writer) metadata(ctx context.Context, name types.NamespacedName) (*metav1.PartialObjectMetadata, error) {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	err := w.Live.Get(ctx, name, m)
	if apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // There is none, which is no error.
	}
	return m, err
}
