package instance

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// useOf returns what an instance itself says about its use. A Secret in the namespace of
// the instance goes with it; one that an administrator put into another namespace is theirs
// to look after.
func useOf(v View) instance.Finalizers {
	use := instance.Finalizers{
		Deleting: !v.Object.GetDeletionTimestamp().IsZero(),
		Present:  controllerutil.ContainsFinalizer(v.Object, v1alpha1.InUseFinalizer),
	}
	if v.Key.Kind == v1alpha1.KindFlinksInstance {
		use.Secret = v.Secret.Name
	}
	return use
}

// keepFinalizer puts the finalizer on an instance that is needed, and takes it off one that is
// not.
func (r *Reconciler) keepFinalizer(ctx context.Context, v View, w *instance.Inputs) error {
	switch instance.DecideFinalizers(r.Clock.Now(), *w) {
	case instance.AddFinalizers:
		return r.protect(ctx, v, w)
	case instance.RemoveFinalizers:
		return r.unprotect(ctx, v, w)
	case instance.LeaveFinalizers:
	}
	return nil
}

// protect puts the finalizer on the instance before the Secret: the instance takes it off the
// Secret again.
func (r *Reconciler) protect(ctx context.Context, v View, w *instance.Inputs) error {
	if err := finalizer.Add(ctx, r.Client, v.Object, v1alpha1.InUseFinalizer); err != nil {
		return err
	}
	w.Present = true
	if w.Secret == "" {
		return nil
	}
	result, err := r.Protection.ProtectNamed(ctx, v.Secret)
	if err != nil || result == finalizer.Missing {
		return err
	}
	if held := v.Status.ProtectedSecretName; held != "" && held != w.Secret {
		if err := r.unprotectSecret(ctx, v, held); err != nil {
			return err
		}
	}
	w.Protection = &lifecycle.SecretProtection{SecretName: w.Secret, Forbidden: result == finalizer.Forbidden}
	return nil
}

// unprotect takes the finalizer off the Secret before the instance, so that a successor finds
// out what is left to do. It cannot be taken back, so all connections are looked at once more.
func (r *Reconciler) unprotect(ctx context.Context, v View, w *instance.Inputs) error {
	connections, err := list(ctx, r.Client, v.Key)
	if err != nil {
		return err
	}
	for i := range connections {
		if instance.IsNeededBy(&connections[i]) {
			w.InUse = true
			return nil // The event that counts it wakes the reconciler.
		}
	}
	for _, name := range slices.Compact([]string{w.Secret, v.Status.ProtectedSecretName}) {
		if name == "" {
			continue
		}
		if err := r.unprotectSecret(ctx, v, name); err != nil {
			return err
		}
	}
	w.Present = false
	return finalizer.Remove(ctx, r.Client, v.Object, v1alpha1.InUseFinalizer)
}

func (r *Reconciler) unprotectSecret(ctx context.Context, v View, name string) error {
	secret := types.NamespacedName{Namespace: v.Key.Namespace, Name: name}
	result, err := r.Protection.Unprotect(ctx, secret, v.Object.GetUID())
	if err == nil && result == finalizer.Forbidden {
		log.FromContext(ctx).Info("Finalizer stays on Secret", "secret", secret)
		event.Emit(r.Recorder, v.Object, lifecycle.FinalizerStaysEvent())
	}
	return err
}
