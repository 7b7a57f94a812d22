package bankconnection

import (
	"context"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// schedule switches Flinks' own nightly refresh of the bound login on or off.
func (r *Reconciler) schedule(ctx context.Context, s *scene, a lifecycle.Action) (lifecycle.Outcome, error) {
	outcome := lifecycle.Outcome{Action: a}
	access, problem, err := r.access(ctx, s)
	if err != nil || problem != "" {
		outcome.Problem = problem
		return outcome, err
	}
	outcome.Identity = access.identity
	err = s.flinks.SetScheduledRefresh(ctx, access.endpoint, access.credentials, access.login, a.Active)
	if err != nil {
		return r.failed(s, outcome, err)
	}
	return outcome, nil
}
