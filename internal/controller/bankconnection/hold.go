package bankconnection

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// hold keeps the Secret that was just read until the login is deleted, and lets go
// of another that was held before. What is held costs nothing.
func (r *Reconciler) hold(ctx context.Context, c *v1alpha1.BankConnection, read metav1.ObjectMeta) (*lifecycle.SecretProtection, error) {
	result, err := r.Protection.Protect(ctx, read)
	if err != nil {
		return nil, err
	}
	if result == finalizer.Missing {
		return nil, fmt.Errorf("holding Secret %s/%s: it went away after it was read", read.Namespace, read.Name)
	}
	if err := r.letGoOfOther(ctx, c); err != nil {
		return nil, err
	}
	wasHeld := slices.Contains(read.Finalizers, v1alpha1.InUseFinalizer)
	if c.Status.Binding == nil && result == finalizer.Done && !wasHeld {
		r.memory.noteHold(c, read.UID)
	}
	return &lifecycle.SecretProtection{
		SecretName: read.Name, Forbidden: result == finalizer.Forbidden,
		Inherited: wasHeld && r.memory.recall(c).heldSecret != read.UID,
	}, nil
}

// unhold lets go of the Secret that was held for an object, once a write finds that there is
// no such object: the cache of a new process may show one that is gone.
func (r *Reconciler) unhold(ctx context.Context, s *scene, o lifecycle.Outcome, failure error) {
	if o.Protection == nil || !apierrors.IsNotFound(failure) {
		return
	}
	if err := r.letGoOf(ctx, s.Connection, o.Protection.SecretName); err != nil {
		log.FromContext(ctx).Error(err, "Secret of an object that is gone stays held")
	}
}

// letGoOfOther lets go of the Secret that was held before the spec named another.
func (r *Reconciler) letGoOfOther(ctx context.Context, c *v1alpha1.BankConnection) error {
	for _, name := range lifecycle.ProtectedSecrets(c)[1:] {
		if err := r.letGoOf(ctx, c, name); err != nil {
			return err
		}
	}
	return nil
}

// letGoOf lets go of a Secret, unless somebody else needs it. Where that may not be
// done, the object does not wait for it: whoever withdrew the right is told.
func (r *Reconciler) letGoOf(ctx context.Context, c *v1alpha1.BankConnection, name string) error {
	secret := types.NamespacedName{Namespace: c.Namespace, Name: name}
	result, err := r.Protection.Unprotect(ctx, secret, c.UID)
	if err == nil && result == finalizer.Forbidden {
		// In a namespace that is being deleted only the log can tell.
		log.FromContext(ctx).Info("Finalizer stays on Secret", "secret", secret)
		event.Emit(r.Recorder, c, lifecycle.FinalizerStaysEvent())
	}
	return err
}
