package bankconnection

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/hold"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// addFinalizers is stored before anything is called for the object. Both come at
// once: an object that is being deleted takes no new ones.
func (r *Reconciler) addFinalizers(ctx context.Context, c *v1alpha1.BankConnection) error {
	return hold.Add(ctx, r.Client, c, v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer)
}

// deleteLogin deletes the login at Flinks. Only definite answers let the object
// go: the login is deleted, was gone already, or belongs to somebody else too.
func (r *Reconciler) deleteLogin(ctx context.Context, s *scene, a lifecycle.Action) (ctrl.Result, error) {
	shared, err := r.isShared(ctx, s.Connection)
	if err != nil {
		return ctrl.Result{}, err
	}
	if shared {
		return r.release(ctx, s, v1alpha1.ReasonSharedLogin)
	}
	outcome, err := r.deleteCard(ctx, s, a)
	if err != nil {
		return ctrl.Result{}, err
	}
	if lifecycle.Deleted(s.Connection, outcome) {
		r.Deletions.Done(r.Clock.Now(), s.view, s.Connection)
		return r.release(ctx, s, v1alpha1.ReasonLoginDeleted)
	}
	return r.record(ctx, s, outcome)
}

// deleteCard makes the call for the bound login, and for no other.
func (r *Reconciler) deleteCard(ctx context.Context, s *scene, a lifecycle.Action) (lifecycle.Outcome, error) {
	if withdrawn, err := r.confirmationWithdrawn(ctx, s); err != nil || withdrawn {
		return lifecycle.Outcome{Action: a, Problem: v1alpha1.ReasonDeletionsPaused}, err
	}
	outcome := lifecycle.Outcome{Action: a, Problem: s.Instance.Problem}
	// A login that was bound while its namespace was allowed is still deleted.
	if outcome.Problem != "" && outcome.Problem != v1alpha1.ReasonNamespaceNotAllowed {
		return outcome, nil
	}
	access, problem, err := r.access(ctx, s)
	outcome.Problem = problem
	if err != nil || problem != "" {
		return outcome, err
	}
	outcome.Identity = access.identity
	err = s.flinks.DeleteCard(ctx, access.endpoint, access.credentials, access.login)
	if err == nil {
		return outcome, nil
	}
	if outcome, err = r.failed(s, outcome, err); err != nil || !lifecycle.Deleted(s.Connection, outcome) {
		return outcome, err
	}
	return r.confirmGone(ctx, s, outcome, access)
}

// confirmationWithdrawn reports whether a deletion that only a confirmation allows is no
// longer confirmed. The instance is read live: a deletion cannot be undone, and the cache
// may be old.
func (r *Reconciler) confirmationWithdrawn(ctx context.Context, s *scene) (bool, error) {
	now := r.Clock.Now()
	if !s.Instance.Deletions.AllowedByConfirmation(now) {
		return false, nil
	}
	latest, found, err := instance.Resolver{Client: r.Live}.Find(ctx, s.view.Key)
	return err == nil && !(found && latest.Confirmation().Holds(now)), err
}

// confirmGone makes sure that the keys work: Flinks gives the same answer for a
// login that does not exist and for one of another customer.
func (r *Reconciler) confirmGone(ctx context.Context, s *scene, outcome lifecycle.Outcome, a access) (lifecycle.Outcome, error) {
	_, err := s.flinks.GenerateAuthorizeToken(ctx, a.endpoint, a.credentials)
	if err == nil {
		return outcome, nil
	}
	return r.failed(s, outcome, err)
}

// isShared is true if another connection keeps the login in use. The list of
// bound ones is read live; one that was made for the same Secret and was not
// looked at yet is found in the cache.
func (r *Reconciler) isShared(ctx context.Context, c *v1alpha1.BankConnection) (bool, error) {
	bound, err := r.listLive(ctx, c, client.MatchingFields{fieldFingerprint: c.Status.Binding.LoginFingerprint})
	if err != nil {
		return false, err
	}
	named, err := r.others(ctx, c, client.MatchingFields{indexSecret: secretOf(c)})
	if err != nil {
		return false, err
	}
	for _, other := range append(bound, named...) {
		if other.DeletionTimestamp.IsZero() || other.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain {
			return true, nil
		}
	}
	return false, nil
}

// release says that the login is none of the object's business any more, and lets
// go of what was held for it.
func (r *Reconciler) release(ctx context.Context, s *scene, reason string) (ctrl.Result, error) {
	s.Connection = s.Connection.DeepCopy()
	if reason != v1alpha1.ReasonLoginDeleted {
		if err := r.leaveLogin(ctx, s.Connection); err != nil {
			return conflictResult(err)
		}
	}
	if err := hold.Remove(ctx, r.Client, s.Connection, v1alpha1.Finalizer); err != nil {
		return conflictResult(err)
	}
	r.memory.forget(s.name())
	r.tell(s.Connection, lifecycle.ReleaseEvent(reason))
	return r.letGo(ctx, s.Connection)
}

// leaveLogin keeps the Secret of a login that is left at Flinks, where the operator made
// it: nobody could ever find out that loginId again.
func (r *Reconciler) leaveLogin(ctx context.Context, c *v1alpha1.BankConnection) error {
	name, _ := loginSecret(c)
	result, err := r.Holds.Disown(ctx, name, c.UID)
	if err == nil && result == hold.Forbidden {
		log.FromContext(ctx).Info("Secret goes with its connection", "secret", name)
	}
	return err
}

// letGo is the end of a deletion, and all that a successor has to do if it was not
// reached: the Secret, and then the object.
func (r *Reconciler) letGo(ctx context.Context, c *v1alpha1.BankConnection) (ctrl.Result, error) {
	for _, name := range lifecycle.HeldSecrets(c) {
		if err := r.letGoOf(ctx, c, name); err != nil {
			return conflictResult(err)
		}
	}
	if err := hold.Remove(ctx, r.Client, c, v1alpha1.ReleaseSecretFinalizer); err != nil {
		return conflictResult(err)
	}
	return ctrl.Result{}, nil
}
