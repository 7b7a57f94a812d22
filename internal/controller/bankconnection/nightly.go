package bankconnection

import (
	"context"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// setNightlyRefresh switches Flinks' own nightly refresh of the bound login on or off. It is switched
// on only for an object that is as it was read: if it has left its login meanwhile,
// nothing would switch it off again.
func (r *Reconciler) setNightlyRefresh(ctx context.Context, s *scope, a lifecycle.SetNightlyRefresh) (lifecycle.Outcome, error) {
	access, outcome, err := r.accessBound(ctx, s, a)
	if err != nil || outcome.Problem != "" {
		return outcome, err
	}
	if a.Active {
		if err := r.fence(ctx, s.Connection); err != nil {
			return outcome, err
		}
	}
	err = s.flinks.SetScheduledRefresh(ctx, access.Endpoint, access.Credentials, access.LoginID, a.Active)
	if err != nil {
		return r.failed(s, outcome, err)
	}
	return outcome, nil
}

// giveUp gives the bound login up for the one that the Secret holds now. Its nightly
// refresh is switched off first, where another Secret still has its loginId.
func (r *Reconciler) giveUp(ctx context.Context, s *scope, outcome lifecycle.Outcome) (lifecycle.Outcome, error) {
	var login lifecycle.SupersededLogin
	if lifecycle.LeavesNightlyBehind(s.Connection) {
		var err error
		outcome, login.SwitchedOff, err = r.switchOffBound(ctx, s, outcome)
		if err != nil || outcome.Err != nil || outcome.Problem != "" {
			return outcome, err
		}
	}
	outcome.Superseded = &login
	return outcome, r.unprotectOther(ctx, s.Connection)
}

// switchOffBound switches nightly refresh of the bound login off, which is in the Secret
// that is protected for it and that the spec no longer names. Nothing is done if it is not in
// there any more.
func (r *Reconciler) switchOffBound(ctx context.Context, s *scope, outcome lifecycle.Outcome) (_ lifecycle.Outcome, off bool, err error) {
	before := s.Connection.DeepCopy()
	before.Spec.LoginIDSecretRef.Name = lifecycle.ProtectedSecrets(s.Connection)[1]
	access, problem, err := r.Logins.Access(ctx, s.view, before)
	switch {
	case err != nil:
		return outcome, false, err
	case problem == v1alpha1.ReasonInstanceNotReady:
		outcome.Problem = problem
		return outcome, false, nil
	case problem != "":
		return outcome, false, nil
	}
	outcome.Identity = access.Identity
	err = s.flinks.SetScheduledRefresh(ctx, access.Endpoint, access.Credentials, access.LoginID, false)
	answered := outcome
	if err != nil {
		answered, err = r.failed(s, outcome, err)
	}
	if err != nil || !lifecycle.IsSwitchedOff(s.Connection.Status.Binding, answered) {
		return answered, false, err
	}
	return outcome, true, nil
}
