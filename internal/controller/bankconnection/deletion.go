package bankconnection

import (
	"context"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// deleteCard makes the call for the bound login, and for no other.
func (r *Reconciler) deleteCard(ctx context.Context, s *scope, a lifecycle.Delete) (lifecycle.Outcome, error) {
	if withdrawn, err := r.confirmationWithdrawn(ctx, s); err != nil || withdrawn {
		return lifecycle.Outcome{Action: a, Problem: v1alpha1.ReasonDeletionsPaused}, err
	}
	access, outcome, err := r.accessBound(ctx, s, a)
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

// confirm reads the state of a login that DeleteCard did not find: a login that is gone has
// none.
func (r *Reconciler) confirm(ctx context.Context, s *scope, a lifecycle.Confirm) (lifecycle.Outcome, error) {
	access, outcome, err := r.accessBound(ctx, s, a)
	if err != nil || outcome.Problem != "" {
		return outcome, err
	}
	return r.readState(ctx, s, outcome, access)
}

// confirmationWithdrawn reports whether a deletion that only a confirmation allows is no
// longer confirmed. The instance is read live: a deletion cannot be undone, and the cache
// may be old.
func (r *Reconciler) confirmationWithdrawn(ctx context.Context, s *scope) (bool, error) {
	now := r.Clock.Now()
	if !s.Instance.Deletions.AllowedByConfirmation(now) {
		return false, nil
	}
	latest, found, err := instance.Resolver{Client: r.Live}.Find(ctx, s.view.Key)
	return err == nil && (!found || !latest.Confirmation().IsValid(now)), err
}

// confirmGone makes sure that the keys work: Flinks gives the same answer for a
// login that does not exist and for one of another customer.
func (r *Reconciler) confirmGone(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access) (lifecycle.Outcome, error) {
	_, err := s.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials)
	if err == nil {
		return outcome, nil
	}
	return r.failed(s, outcome, err)
}
