package bankconnection

import (
	"context"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// readState reads the state of a login from Flinks. The outcome has an authorization, or
// the error with which Flinks answered.
func (r *Reconciler) readState(ctx context.Context, s *scope, outcome lifecycle.Outcome, a login.Access) (lifecycle.Outcome, error) {
	token, err := s.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials)
	if err != nil {
		return r.failed(s, outcome, err)
	}
	authorization, err := s.flinks.Observe(ctx, a.Endpoint, token, a.LoginID)
	if err != nil {
		return r.failed(s, outcome, err)
	}
	outcome.Authorization = &authorization
	return outcome, nil
}

// failed turns an error of the client into an outcome, and keeps the session that it names.
func (r *Reconciler) failed(s *scope, outcome lifecycle.Outcome, err error) (lifecycle.Outcome, error) {
	remote, err := r.Logins.Refusal(s.view, err)
	if err != nil {
		return outcome, err
	}
	outcome.Err = remote
	switch {
	case lifecycle.Is[lifecycle.Observe](outcome.Action) && remote.InSession:
		// The session of a replayed failure still opens older data.
		s.session.take(remote.RequestID, opensData)
	case lifecycle.IsDispatched(remote):
		s.session.take(remote.RequestID, awaitsData)
	}
	return outcome, nil
}

// answered returns when Flinks answered a call that was sent at a time, at the latest: a process
// that was frozen reads an answer long after it came, and the session behind it has aged.
func (r *Reconciler) answered(sent time.Time) time.Time {
	now := r.Clock.Now()
	if latest := sent.Add(lifecycle.LiveCallTimeout); latest.Before(now) {
		return latest
	}
	return now
}

func unsent() *flinks.Error {
	return &flinks.Error{
		Op: flinks.OpRefresh, Code: flinks.CodeNotSent,
		Class: flinks.Lookup(string(flinks.CodeNotSent), false).Class, Delivery: flinks.NotSent,
	}
}
