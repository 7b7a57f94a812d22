package bankconnection

import (
	"context"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

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
