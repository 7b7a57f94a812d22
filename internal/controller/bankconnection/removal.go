package bankconnection

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/trail"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// removeFinalizer records that the object has parted with its login, for a reason, and ends the
// protection of its Secret.
func (r *Reconciler) removeFinalizer(ctx context.Context, s *scope, reason string) error {
	s.Connection = s.Connection.DeepCopy()
	if reason == v1alpha1.ReasonLoginDeleted {
		if err := r.collectLoginSecret(ctx, s.Connection); err != nil {
			return err
		}
	}
	if err := finalizer.Remove(ctx, r.Client, s.Connection, v1alpha1.Finalizer); err != nil {
		return err
	}
	r.memory.forget(s.name())
	event.Emit(r.Recorder, s.Connection, lifecycle.FinalizerEvents(s.Inputs, reason)...)
	trail.OfConnection(r.Audit, s.Connection, nil, lifecycle.PartingAct(reason))
	return r.removeSecretFinalizer(ctx, s)
}

// collectLoginSecret lets the Secret of a login that was deleted at Flinks go with its connection,
// where the operator created it. In any other case the Secret stays: that loginId could not be found
// out again.
func (r *Reconciler) collectLoginSecret(ctx context.Context, c *v1alpha1.BankConnection) error {
	name, _ := login.SecretKey(c)
	result, err := r.Protection.CollectWith(ctx, name, c)
	if err == nil && result == finalizer.Forbidden {
		log.FromContext(ctx).Info("Secret stays without its connection", "secret", name)
	}
	return err
}

// removeSecretFinalizer ends a deletion: it takes the finalizer off the Secret, and then off the
// object. A successor has to do no more than that if the operator crashes before.
func (r *Reconciler) removeSecretFinalizer(ctx context.Context, s *scope) error {
	s.Connection = s.Connection.DeepCopy()
	for _, name := range lifecycle.ProtectedSecrets(s.Connection) {
		if err := r.unprotectSecret(ctx, s.Connection, name); err != nil {
			return err
		}
	}
	return finalizer.Remove(ctx, r.Client, s.Connection, v1alpha1.ReleaseSecretFinalizer)
}
