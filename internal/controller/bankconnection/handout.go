package bankconnection

import (
	"context"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Keys of the Secrets that are handed out.
const (
	urlKey            = "url"
	reasonKey         = "reason"
	requestIDKey      = "requestId"
	institutionKey    = "institution"
	expirationTimeKey = "expirationTime"
)

// handLink hands out the way to the bank's question. What cannot be handed out is
// lost: the link is nowhere but in memory, and that the bank asked is recorded.
func (r *Reconciler) handLink(ctx context.Context, s *scene, o lifecycle.Outcome, a login.Access, id flinks.RequestID) lifecycle.Outcome {
	if lifecycle.ByGateway(s.Connection) {
		o.SealedSession = r.Logins.Links.Seal(ctx, s.Connection, id)
		return o
	}
	params := login.ConnectParams(s.Connection, id)
	if !lifecycle.DeliversLinkInSecret(s.Connection) {
		o.ReconnectURL = reconnectURL(ctx, a.Endpoint, params)
		return o
	}
	params.AuthorizeToken = r.personToken(ctx, s, a)
	url := reconnectURL(ctx, a.Endpoint, params)
	if url == "" || r.Clock.Since(o.Answered) >= lifecycle.SessionIdle {
		return o
	}
	return r.handOut(ctx, s, o, lifecycle.LinkSecret, map[string][]byte{
		urlKey:            []byte(url),
		expirationTimeKey: expiry(o.Answered),
		reasonKey:         []byte(v1alpha1.ReasonMFARequired),
	})
}

// personToken is for the person's browser: the session is open already, so it opens
// no other. Without one the link may work as well.
func (r *Reconciler) personToken(ctx context.Context, s *scene, a login.Access) flinks.AuthorizeToken {
	token, err := s.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials)
	if err != nil {
		return flinks.AuthorizeToken{}
	}
	return token
}

// handSession hands out what an observe brought, if it is wanted.
func (r *Reconciler) handSession(ctx context.Context, s *scene, o lifecycle.Outcome) lifecycle.Outcome {
	if !lifecycle.WantsHandOff(o.Action, *o.Authorization) {
		return o
	}
	return r.handOut(ctx, s, o, lifecycle.SessionSecret, map[string][]byte{
		requestIDKey:      o.Authorization.RequestID.ForSecret(),
		institutionKey:    []byte(o.Authorization.Institution),
		expirationTimeKey: expiry(o.Answered),
	})
}

func expiry(answered time.Time) []byte {
	return []byte(lifecycle.WorksUntil(answered).Format(time.RFC3339))
}

// handOut writes a Secret. It comes before the status that says so, whose claim or
// announcement is on record.
func (r *Reconciler) handOut(ctx context.Context, s *scene, o lifecycle.Outcome, h lifecycle.DeliveredSecret, data map[string][]byte) lifecycle.Outcome {
	name := lifecycle.DeliveredSecretName(s.Connection, h)
	o.Undelivered = undelivered(r.Handouts.Put(ctx, s.Connection, name, data))
	if o.Undelivered == "" {
		o.SecretName = name
	}
	return o
}

// withdraw deletes a Secret that was handed out.
func (r *Reconciler) withdraw(ctx context.Context, s *scene, a lifecycle.Action) lifecycle.Outcome {
	o := lifecycle.Outcome{Action: a}
	name := lifecycle.DeliveredSecretName(s.Connection, a.DeliveredSecret)
	deleted, problem := r.Handouts.Delete(ctx, s.Connection, name)
	o.Undelivered = undelivered(problem)
	if deleted {
		o.SecretName = name
	}
	return o
}

func undelivered(p secret.WriteProblem) string {
	switch p {
	case secret.WriteForbidden:
		return v1alpha1.ReasonSecretWriteForbidden
	case secret.NotOwned:
		return v1alpha1.ReasonSecretNotOwned
	case secret.Failed, secret.Exists:
		return v1alpha1.ReasonSecretWriteFailed
	case secret.Written:
	}
	return ""
}
