package bankconnection

import (
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// callAsync begins the live call with AuthorizeAsync. An instance that turns out not to have it has
// opened no session, so the claim is still good for a call of Authorize.
func (r *Reconciler) callAsync(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access, token flinks.AuthorizeToken) (lifecycle.Outcome, error) {
	sent := r.Clock.Now()
	got, err := s.flinks.RefreshAsync(ctx, a.Endpoint, token, a.LoginID)
	if failure, ok := errors.AsType[*flinks.Error](err); ok && lifecycle.LacksAsync(failure) {
		return r.callWithoutAsync(ctx, s, outcome, a)
	}
	outcome, err = r.authorized(ctx, s, outcome, a, got, err, sent)
	if err == nil && outcome.Err != nil && lifecycle.IsDispatched(outcome.Err) {
		s.session.use = awaitsOutcome
	}
	return outcome, err
}

// callWithoutAsync calls Authorize for a claim whose first call Flinks did not take.
func (r *Reconciler) callWithoutAsync(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access) (lifecycle.Outcome, error) {
	log.FromContext(ctx).Info("The instance does not have AuthorizeAsync; correct spec.authorizeAsync", "instance", s.view.Key.String())
	if !s.leads() {
		outcome.Err = unsent()
		return outcome, nil
	}
	token, outcome, err := r.token(ctx, s, outcome, a, s.Connection.Status.Refresh.StartTime.Time)
	if err != nil {
		log.FromContext(ctx).Error(err, "Refresh not sent")
		outcome.Err = unsent()
	}
	if token.IsZero() {
		return outcome, nil
	}
	sent := r.Clock.Now()
	got, err := s.flinks.Refresh(ctx, a.Endpoint, token, a.LoginID)
	return r.authorized(ctx, s, outcome, a, got, err, sent)
}

// poll asks how the live session ends that AuthorizeAsync began.
func (r *Reconciler) poll(ctx context.Context, s *scope, action lifecycle.Poll) (lifecycle.Outcome, error) {
	outcome := lifecycle.Outcome{Action: action}
	a, problem, err := r.access(ctx, s)
	outcome.Problem, outcome.Identity = problem, a.Identity
	if err != nil || problem != "" {
		return outcome, err
	}
	token, err := s.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials)
	if err != nil {
		return r.failed(s, outcome, err)
	}
	sent := r.Clock.Now()
	got, err := s.flinks.PollRefresh(ctx, a.Endpoint, token, a.LoginID, s.session.requestID)
	return r.authorized(ctx, s, outcome, a, got, err, sent)
}
