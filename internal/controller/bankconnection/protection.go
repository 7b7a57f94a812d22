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

// protect keeps the Secret that was just read until the login is deleted, and ends the protection
// of another that was kept before. It costs nothing if the Secret is protected already.
func (r *Reconciler) protect(ctx context.Context, c *v1alpha1.BankConnection, read metav1.ObjectMeta) (*lifecycle.SecretProtection, error) {
	result, err := r.Protection.Protect(ctx, read)
	if err != nil {
		return nil, err
	}
	if result == finalizer.Missing {
		return nil, fmt.Errorf("protecting Secret %s/%s: it went away after it was read", read.Namespace, read.Name)
	}
	if err := r.unprotectOther(ctx, c); err != nil {
		return nil, err
	}
	wasProtected := slices.Contains(read.Finalizers, v1alpha1.InUseFinalizer)
	if c.Status.Binding == nil && result == finalizer.Done && !wasProtected {
		r.memory.noteProtected(c, read.UID)
	}
	return &lifecycle.SecretProtection{
		SecretName: read.Name, Forbidden: result == finalizer.Forbidden,
		Inherited: wasProtected && r.memory.recall(c).protectedSecret != read.UID,
	}, nil
}

// unprotectGone ends the protection of a Secret once a write finds that there is no such object:
// the cache of a new process may show one that is gone.
func (r *Reconciler) unprotectGone(ctx context.Context, s *scope, o lifecycle.Outcome, failure error) {
	if o.Protection == nil || !apierrors.IsNotFound(failure) {
		return
	}
	if err := r.unprotectSecret(ctx, s.Connection, o.Protection.SecretName); err != nil {
		log.FromContext(ctx).Error(err, "Finalizer stays on the Secret of an object that is gone")
	}
}

// unprotectOther ends the protection of the Secret that the spec named before.
func (r *Reconciler) unprotectOther(ctx context.Context, c *v1alpha1.BankConnection) error {
	for _, name := range lifecycle.ProtectedSecrets(c)[1:] {
		if err := r.unprotectSecret(ctx, c, name); err != nil {
			return err
		}
	}
	return nil
}

// unprotectSecret takes the finalizer off a Secret, unless another object needs it. If the operator
// may not do that, the object does not wait for it, and an event tells.
func (r *Reconciler) unprotectSecret(ctx context.Context, c *v1alpha1.BankConnection, name string) error {
	secret := types.NamespacedName{Namespace: c.Namespace, Name: name}
	result, err := r.Protection.Unprotect(ctx, secret, c.UID)
	if err == nil && result == finalizer.Forbidden {
		// In a namespace that is being deleted only the log can tell.
		log.FromContext(ctx).Info("Finalizer stays on Secret", "secret", secret)
		event.Emit(r.Recorder, c, lifecycle.FinalizerStaysEvent())
	}
	return err
}
