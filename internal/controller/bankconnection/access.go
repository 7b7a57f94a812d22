package bankconnection

import (
	"context"

	"github.com/flinks-operator/flinks-operator/internal/controller/login"
)

// looked is what was found when access was looked at before anything else. A reconcile goes
// by one look: what is called for a little later is the bound login in any case, and a claim
// is only good for seconds.
type looked struct {
	access  login.Access
	problem string
}

// lookAhead reads the login and the keys for the rest of the reconcile.
func (r *Reconciler) lookAhead(ctx context.Context, s *scene) (problem string, err error) {
	if s.looked != nil {
		return s.looked.problem, nil
	}
	a, problem, err := r.Logins.Access(ctx, s.view, s.Connection)
	if err == nil {
		s.looked = &looked{access: a, problem: problem}
	}
	return problem, err
}

// access returns the login and the keys. problem is the reason why the call must not be made.
func (r *Reconciler) access(ctx context.Context, s *scene) (a login.Access, problem string, err error) {
	if s.looked != nil {
		return s.looked.access, s.looked.problem, nil
	}
	return r.Logins.Access(ctx, s.view, s.Connection)
}
