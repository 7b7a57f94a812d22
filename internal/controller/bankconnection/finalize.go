package bankconnection

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// addFinalizers is stored before anything is called for the object. Both come at
// once: an object that is being deleted takes no new ones.
func (r *Reconciler) addFinalizers(ctx context.Context, c *v1alpha1.BankConnection) error {
	return finalizer.Add(ctx, r.Client, c, v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer)
}

// claimDeletion writes the claim that comes before a deletion, or takes it back, with
// the resourceVersion that the decision was made from.
func (r *Reconciler) claimDeletion(ctx context.Context, s *scene, a lifecycle.Action) (ctrl.Result, error) {
	result, err := r.record(ctx, s, lifecycle.Outcome{Action: a})
	if err == nil && a.Kind == lifecycle.ClaimDeletion && s.Connection.Status.DeletionClaim == nil {
		return ctrl.Result{}, errors.New("the API server drops claims; is the CustomResourceDefinition up to date?")
	}
	return result, err
}

// deleteLogin deletes the login at Flinks, or makes sure that it is gone. Only a definite
// answer lets the object go: the login is deleted, or was gone already.
func (r *Reconciler) deleteLogin(ctx context.Context, s *scene, a lifecycle.Action) (ctrl.Result, error) {
	try := r.deleteCard
	if a.Kind == lifecycle.Confirm {
		try = r.confirm
	}
	outcome, err := try(ctx, s, a)
	if err != nil {
		return r.conflict(s.Connection, err)
	}
	if lifecycle.ConfirmsDeletion(s.Connection, outcome) {
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
	access, outcome, err := r.accessToDelete(ctx, s, a)
	if err != nil || outcome.Problem != "" {
		return outcome, err
	}
	if err := r.fence(ctx, s.Connection); err != nil {
		return outcome, err
	}
	err = s.flinks.DeleteCard(ctx, access.Endpoint, access.Credentials, access.LoginID)
	if err == nil {
		return outcome, nil
	}
	if outcome, err = r.failed(s, outcome, err); err != nil || !lifecycle.ConfirmsDeletion(s.Connection, outcome) {
		return outcome, err
	}
	return r.confirmGone(ctx, s, outcome, access)
}

// accessToDelete is what the calls of a deletion need.
func (r *Reconciler) accessToDelete(ctx context.Context, s *scene, a lifecycle.Action) (login.Access, lifecycle.Outcome, error) {
	outcome := lifecycle.Outcome{Action: a, Problem: s.Instance.Problem}
	// A login that was bound while its namespace was allowed is still deleted.
	if outcome.Problem != "" && outcome.Problem != v1alpha1.ReasonNamespaceNotAllowed {
		return login.Access{}, outcome, nil
	}
	access, problem, err := r.access(ctx, s)
	outcome.Problem, outcome.Identity = problem, access.Identity
	return access, outcome, err
}

// confirm reads the state of a login that DeleteCard did not find: a login that is gone has
// none.
func (r *Reconciler) confirm(ctx context.Context, s *scene, a lifecycle.Action) (lifecycle.Outcome, error) {
	access, outcome, err := r.accessToDelete(ctx, s, a)
	if err != nil || outcome.Problem != "" {
		return outcome, err
	}
	return r.readState(ctx, s, outcome, access)
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
	return err == nil && (!found || !latest.Confirmation().IsValid(now)), err
}

// fence fails with a conflict unless the API server still has exactly the object that
// was decided about. The call that follows cannot be undone, and the cache may not know
// yet that somebody wants to keep the login.
func (r *Reconciler) fence(ctx context.Context, c *v1alpha1.BankConnection) error {
	latest := &v1alpha1.BankConnection{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(c), latest); err != nil {
		return fmt.Errorf("reading the connection once more: %w", err)
	}
	if latest.UID != c.UID || latest.ResourceVersion != c.ResourceVersion {
		resource := v1alpha1.GroupVersion.WithResource("bankconnections").GroupResource()
		return apierrors.NewConflict(resource, c.Name, errors.New("it has changed since it was decided about"))
	}
	return nil
}

// confirmGone makes sure that the keys work: Flinks gives the same answer for a
// login that does not exist and for one of another customer.
func (r *Reconciler) confirmGone(ctx context.Context, s *scene, outcome lifecycle.Outcome, a login.Access) (lifecycle.Outcome, error) {
	_, err := s.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials)
	if err == nil {
		return outcome, nil
	}
	return r.failed(s, outcome, err)
}

// release says that the login is none of the object's business any more, and lets
// go of what was held for it.
func (r *Reconciler) release(ctx context.Context, s *scene, reason string) (ctrl.Result, error) {
	s.Connection = s.Connection.DeepCopy()
	if reason != v1alpha1.ReasonLoginDeleted {
		if err := r.leaveLogin(ctx, s.Connection); err != nil {
			return r.conflict(s.Connection, err)
		}
	}
	if err := finalizer.Remove(ctx, r.Client, s.Connection, v1alpha1.Finalizer); err != nil {
		return r.conflict(s.Connection, err)
	}
	r.memory.forget(s.name())
	event.Emit(r.Recorder, s.Connection, lifecycle.FinalizerEvents(s.Inputs, reason)...)
	return r.letGo(ctx, s.Connection)
}

// leaveLogin keeps the Secret of a login that is left at Flinks, where the operator made
// it: nobody could ever find out that loginId again.
func (r *Reconciler) leaveLogin(ctx context.Context, c *v1alpha1.BankConnection) error {
	name, _ := login.SecretKey(c)
	result, err := r.Protection.Disown(ctx, name, c.UID)
	if err == nil && result == finalizer.Forbidden {
		log.FromContext(ctx).Info("Secret goes with its connection", "secret", name)
	}
	return err
}

// letGo is the end of a deletion, and all that a successor has to do if it was not
// reached: the Secret, and then the object.
func (r *Reconciler) letGo(ctx context.Context, c *v1alpha1.BankConnection) (ctrl.Result, error) {
	for _, name := range lifecycle.ProtectedSecrets(c) {
		if err := r.letGoOf(ctx, c, name); err != nil {
			return r.conflict(c, err)
		}
	}
	if err := finalizer.Remove(ctx, r.Client, c, v1alpha1.ReleaseSecretFinalizer); err != nil {
		return r.conflict(c, err)
	}
	return ctrl.Result{}, nil
}
