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
	if problem, err := r.forbidden(ctx, s); err != nil || problem != "" {
		return lifecycle.Outcome{Action: a, Problem: problem}, err
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

// forbidden returns the reason why the instance as it is now forbids a deletion; empty if it
// does not: it is suspended, or the confirmation that alone allowed the deletion is withdrawn.
// The instance is read live: a deletion cannot be undone, and the cache may be old.
func (r *Reconciler) forbidden(ctx context.Context, s *scope) (problem string, err error) {
	latest, found, err := instance.Resolver{Client: r.Live}.Find(ctx, s.view.Key)
	if err != nil {
		return "", err
	}
	now := r.Clock.Now()
	switch {
	case found && latest.IsSuspended():
		return v1alpha1.ReasonInstanceSuspended, nil
	case s.Instance.Deletions.AllowedByConfirmation(now) && (!found || !latest.Confirmation().IsValid(now)):
		return v1alpha1.ReasonDeletionsPaused, nil
	}
	return "", nil
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
