package linkservice

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// keep creates the Secret with a new login. One that is there already is never changed.
func (s *Service) keep(ctx context.Context, q linkRequest, id flinks.LoginID) (page linkapi.View, kept bool, err error) {
	c := q.connection()
	name, key := login.SecretKey(c)
	switch s.Secrets.Create(ctx, name.Namespace, secret.Content{
		Name: name.Name, Purpose: v1alpha1.PurposeLogin, Labels: lifecycle.LoginSecretLabels(c),
		Data: map[string][]byte{key: id.ForSecret()},
	}) {
	case secret.Written:
		s.record(q, audit.Act{Action: audit.LoginLinked, Outcome: audit.Succeeded})
		return q.page, true, nil
	case secret.Exists:
		return s.compare(ctx, q, id)
	case secret.WriteForbidden:
		return s.cannotKeep(ctx, q, v1alpha1.ReasonSecretWriteForbidden), false, nil
	case secret.Unguarded:
		return s.cannotKeep(ctx, q, v1alpha1.ReasonSecretWriteUnguarded), false, nil
	case secret.NotOwned, secret.Outdated, secret.Failed:
	}
	return q.page, false, linkapi.ErrUnavailable
}

// compare finds out whether the Secret that is there already holds the same login: then
// another request was faster, perhaps of this very page.
func (s *Service) compare(ctx context.Context, q linkRequest, id flinks.LoginID) (page linkapi.View, kept bool, err error) {
	held, _, problem, err := s.Logins.ReadLoginID(ctx, q.connection())
	switch {
	case err != nil:
		return q.page, false, unavailable(ctx, err)
	case problem != "":
		q.page.State, q.page.Reason = linkapi.StateBlocked, problem
	case held.Equal(id):
		return q.page, true, nil
	default:
		q.page.State, q.page.Reason = linkapi.StateOtherLogin, ""
	}
	return q.page, false, nil
}

// cannotKeep tells the customer that they cannot go on, and the platform that the operator lacks
// a right, or what bounds it.
func (s *Service) cannotKeep(ctx context.Context, q linkRequest, reason string) linkapi.View {
	log.FromContext(ctx).Info("Login Secret not written", "connection", q.name(), "reason", reason)
	event.Emit(s.Recorder, q.connection(), lifecycle.LoginNotKeptEvent(reason))
	q.page.State, q.page.Reason = linkapi.StateBlocked, reason
	return q.page
}
