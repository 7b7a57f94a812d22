package instance

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/hold"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// useOf is what an instance itself says about its use. A Secret in the namespace of
// the instance goes with it; one that an administrator put somewhere else is theirs to
// look after.
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

// use keeps an instance that is needed, and lets go of one that is not.
func (r *Reconciler) use(ctx context.Context, v View, w *instance.Inputs) error {
	switch instance.DecideFinalizers(r.Clock.Now(), *w) {
	case instance.AddFinalizers:
		return r.take(ctx, v, w)
	case instance.RemoveFinalizers:
		return r.drop(ctx, v, w)
	case instance.LeaveFinalizers:
	}
	return nil
}

// take holds the instance before the Secret: it is the instance that lets go of it.
func (r *Reconciler) take(ctx context.Context, v View, w *instance.Inputs) error {
	if err := hold.Add(ctx, r.Client, v.Object, v1alpha1.InUseFinalizer); err != nil {
		return err
	}
	w.Present = true
	if w.Secret == "" {
		return nil
	}
	result, err := r.Holds.TakeNamed(ctx, v.Secret)
	if err != nil || result == hold.Missing {
		return err
	}
	if held := v.Status.HeldSecretName; held != "" && held != w.Secret {
		if err := r.letGoOf(ctx, v, held); err != nil {
			return err
		}
	}
	w.Protection = &lifecycle.SecretHold{SecretName: w.Secret, Forbidden: result == hold.Forbidden}
	return nil
}

// drop lets go of the Secret before the instance, so that a successor finds out what
// is left to do.
func (r *Reconciler) drop(ctx context.Context, v View, w *instance.Inputs) error {
	for _, name := range slices.Compact([]string{w.Secret, v.Status.HeldSecretName}) {
		if name == "" {
			continue
		}
		if err := r.letGoOf(ctx, v, name); err != nil {
			return err
		}
	}
	w.Present = false
	return hold.Remove(ctx, r.Client, v.Object, v1alpha1.InUseFinalizer)
}

func (r *Reconciler) letGoOf(ctx context.Context, v View, name string) error {
	secret := types.NamespacedName{Namespace: v.Key.Namespace, Name: name}
	result, err := r.Holds.LetGo(ctx, secret, v.Object.GetUID())
	if err == nil && result == hold.Forbidden {
		log.FromContext(ctx).Info("Finalizer stays on Secret", "secret", secret)
		r.event(v, lifecycle.UnreleasedEvent())
	}
	return err
}
