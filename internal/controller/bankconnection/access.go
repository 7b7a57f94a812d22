package bankconnection

import (
	"context"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// lookAhead reads the login and the keys for the rest of the reconcile.
func (r *Reconciler) lookAhead(ctx context.Context, s *scope) (problem string, err error) {
	if s.ahead != nil {
		return s.ahead.problem, nil
	}
	a, problem, err := r.Logins.Access(ctx, s.view, s.Connection)
	if err == nil {
		s.ahead = &readAhead{access: a, problem: problem}
	}
	return problem, err
}

// access returns the login and the keys. problem is the reason why the call must not be made.
func (r *Reconciler) access(ctx context.Context, s *scope) (a login.Access, problem string, err error) {
	if s.ahead != nil {
		return s.ahead.access, s.ahead.problem, nil
	}
	return r.Logins.Access(ctx, s.view, s.Connection)
}

// accessBound returns what a call for a login needs that is bound already. One that was bound
// while its namespace was allowed is still deleted.
func (r *Reconciler) accessBound(ctx context.Context, s *scope, a lifecycle.Action) (login.Access, lifecycle.Outcome, error) {
	outcome := lifecycle.Outcome{Action: a, Problem: s.Instance.Problem}
	if outcome.Problem != "" && outcome.Problem != v1alpha1.ReasonNamespaceNotAllowed {
		return login.Access{}, outcome, nil
	}
	access, problem, err := r.access(ctx, s)
	outcome.Problem, outcome.Identity = problem, access.Identity
	return access, outcome, err
}
