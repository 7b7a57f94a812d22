package instance

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// FinalizerAction is what to do about the finalizers of an instance and its Secret.
type FinalizerAction string

// The actions.
const (
	// LeaveFinalizers changes nothing.
	LeaveFinalizers FinalizerAction = "Leave"
	// AddFinalizers protects the instance, and then the Secret.
	AddFinalizers FinalizerAction = "Add"
	// RemoveFinalizers removes the finalizer of the Secret, and then that of the instance.
	RemoveFinalizers FinalizerAction = "Remove"
)

// IsNeededBy reports whether a connection needs its instance until its login is deleted. A
// connection of a shared instance needs it only once it is bound: a namespace that the
// instance does not serve must not keep it from being deleted.
func IsNeededBy(c *v1alpha1.BankConnection) bool {
	shared := c.Spec.InstanceRef.Kind == v1alpha1.KindClusterFlinksInstance
	return slices.Contains(c.Finalizers, v1alpha1.Finalizer) && (c.Status.Binding != nil || !shared)
}

// DecideFinalizers returns what to do about the finalizers. It avoids reads of the Secret:
// the status says which one is protected. The Secret is checked again when a probe reads
// its keys.
func DecideFinalizers(now time.Time, in Inputs) FinalizerAction {
	unprotected := in.Secret != "" && (in.Status.ProtectedSecretName != in.Secret || ProbeDue(now, in))
	switch {
	case in.Present && !in.InUse:
		return RemoveFinalizers
	case !in.Present && in.InUse && !in.Deleting, in.Present && unprotected:
		return AddFinalizers
	}
	return LeaveFinalizers
}

func (in Inputs) recordFinalizers(now time.Time, st *v1alpha1.InstanceStatus) {
	p := in.Protection
	if !in.Present {
		p = &lifecycle.SecretProtection{}
	}
	if p == nil {
		return
	}
	st.ProtectedSecretName = p.SecretName
	in.setWhileTrue(now, st, v1alpha1.ConditionSecretUnprotected, p.Forbidden, v1alpha1.ReasonSecretFinalizerForbidden)
}
