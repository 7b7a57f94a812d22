package bankconnection

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// deliverLink delivers the way to the bank's question. What cannot be delivered is
// lost: the link is nowhere but in memory, and that the bank asked is recorded.
func (r *Reconciler) deliverLink(ctx context.Context, s *scope, o lifecycle.Outcome, a login.Access, id flinks.RequestID) lifecycle.Outcome {
	r.readLinkRules(ctx, s)
	if s.ByGateway() {
		o.Link.SealedSession = r.Logins.Links.Seal(ctx, s.Connection, id)
		return o
	}
	if o.Link.Problem = s.LinkProblem(); o.Link.Problem != "" {
		return o
	}
	url, problem := r.questionURL(ctx, s, a, id)
	switch {
	case problem != "":
		o.Link.Problem = problem
		return o
	case !s.LinkInSecret():
		o.Link.URL = url
		return o
	case r.Clock.Since(o.Answered) >= lifecycle.SessionIdle:
		return o
	}
	return r.deliver(ctx, s, o, lifecycle.LinkSecret, map[string][]byte{
		urlKey:            []byte(url),
		expirationTimeKey: timestamp(lifecycle.WorksUntil(o.Answered).Time),
	}, nil)
}

// readLinkRules reads, live, what the instance says of links: a live call takes minutes, and a token
// must not get into a status that may have none by now. Where that cannot be read, what the
// attempt began with counts.
func (r *Reconciler) readLinkRules(ctx context.Context, s *scope) {
	latest, found, err := instance.Resolver{Client: r.Live}.Find(ctx, s.view.Key)
	switch {
	case err != nil:
		log.FromContext(ctx).Error(err, "Instance not read again")
	case found:
		r.Logins.SetLinkRules(&s.Facts, latest)
		s.view.Identity.Connect = latest.Identity.Connect
	}
}

// questionURL returns the complete link to the bank's question, or the reason why it cannot be made.
// The session is open already, so the token in it opens no other.
func (r *Reconciler) questionURL(ctx context.Context, s *scope, a login.Access, id flinks.RequestID) (url, problem string) {
	params := login.ConnectParams(s.view.Identity, s.Connection, id)
	if s.TokenInLink() {
		var err error
		if params.AuthorizeToken, err = s.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials); err != nil {
			return "", v1alpha1.ReasonTokenNotIssued
		}
	}
	url, err := flinks.ConnectURL(a.Endpoint, params)
	if err != nil {
		log.FromContext(ctx).Error(err, "Link not made")
		return "", v1alpha1.ReasonLinkInvalid
	}
	return url, ""
}
