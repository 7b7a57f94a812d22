package bankconnection

import (
	"context"
	"errors"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// observe reads the state of the login from Flinks. The Secret is protected before a
// binding is on record.
func (r *Reconciler) observe(ctx context.Context, s *scope, action lifecycle.Observe) (lifecycle.Outcome, error) {
	outcome := lifecycle.Outcome{Action: action}
	r.IneligibleLogins.Forget(s.name())
	s.Ineligible = false
	a, problem, err := r.access(ctx, s)
	if problem == v1alpha1.ReasonLoginChanged && lifecycle.MayRebind(r.Clock.Now(), s.Inputs) {
		return r.giveUp(ctx, s, outcome)
	}
	if err != nil || problem != "" {
		outcome.Problem = problem
		return outcome, err
	}
	outcome.Identity = a.Identity
	if outcome.Problem, err = r.judgeDuplicates(ctx, s, a); err != nil || outcome.Problem != "" {
		return outcome, err
	}
	outcome, err = r.askState(ctx, s, outcome, a)
	if err != nil || !lifecycle.NeedsProtection(s.Connection, outcome) {
		return outcome, err
	}
	if outcome.Problem, err = r.judgeDuplicates(ctx, s, a); err != nil || outcome.Problem != "" {
		return outcome, err // While Flinks was asked, another connection claimed to delete the login.
	}
	outcome.Protection, err = r.protect(ctx, s.Connection, a.Secret)
	return outcome, err
}

// judgeDuplicates finds out how other connections relate to the one that is observed. The
// binding that the observe may bring can turn out to be another's; and a login that is about to
// be deleted, or that a customer linked although it is another's, must not be bound, which is the
// problem that it returns.
func (r *Reconciler) judgeDuplicates(ctx context.Context, s *scope, a login.Access) (problem string, err error) {
	fingerprint := a.Identity.Fingerprint
	duplicates, err := r.Logins.Duplicates(ctx, s.Connection, fingerprint)
	if err != nil {
		return "", err
	}
	s.Duplicate = lifecycle.OwnedByOther(r.Clock.Now(), s.Connection, fingerprint, duplicates)
	if problem = lifecycle.BindingProblem(s.Connection, fingerprint, duplicates); problem == "" && secret.IsLinkedLogin(a.Secret) {
		problem = lifecycle.LinkedLoginProblem(s.Connection, fingerprint, duplicates)
	}
	return problem, nil
}

// askState makes the call of an observe, and keeps the session that the answer opens.
func (r *Reconciler) askState(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access) (lifecycle.Outcome, error) {
	asked := r.Clock.Now()
	outcome, err := r.readState(ctx, s, outcome, a)
	if err != nil {
		return outcome, err
	}
	outcome.Answered = r.answered(asked)
	if outcome.Authorization != nil {
		s.session.take(outcome.Authorization.RequestID, opensData)
	}
	return r.deliverSession(ctx, s, outcome), nil
}

// collect asks for the data that a refresh brought.
func (r *Reconciler) collect(ctx context.Context, s *scope, a lifecycle.Collect) (lifecycle.Outcome, error) {
	outcome := lifecycle.Outcome{Action: a, Identity: lifecycle.Identity{Host: s.view.HostFingerprint()}}
	endpoint, err := s.view.Endpoint()
	if err != nil {
		return outcome, err
	}
	credentials, problem, err := r.Logins.Credentials(ctx, s.view)
	if err != nil || problem != "" {
		outcome.Problem = problem
		return outcome, err
	}
	detail, err := r.askAccounts(ctx, s, endpoint, credentials)
	if err != nil {
		return r.failed(s, outcome, err)
	}
	outcome.Accounts, s.session.use = &detail, awaitsData
	return outcome, nil
}

// askAccounts asks for the accounts that the customer selected. Flinks refuses the whole call for one
// that the login no longer has; which of the others are left is then found among all.
func (r *Reconciler) askAccounts(ctx context.Context, s *scope, ep flinks.Endpoint, cr flinks.Credentials) (flinks.AccountsDetail, error) {
	selected := lifecycle.CollectedAccounts(s.Connection)
	var detail flinks.AccountsDetail
	var err error
	if s.session.use == awaitsData {
		detail, err = s.flinks.GetAccountsDetailAsync(ctx, ep, cr, s.session.requestID)
	} else {
		detail, err = s.flinks.GetAccountsDetail(ctx, ep, cr, s.session.requestID, selected...)
	}
	if failure, ok := errors.AsType[*flinks.Error](err); ok && len(selected) > 0 && lifecycle.RefusesFilter(failure) {
		return s.flinks.GetAccountsDetail(ctx, ep, cr, s.session.requestID)
	}
	return detail, err
}
