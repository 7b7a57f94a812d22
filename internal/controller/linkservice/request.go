package linkservice

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// freshness is how new what is read of a connection has to be.
type freshness bool

const (
	// cached is good enough for what is shown.
	cached freshness = false
	// live is for what is written.
	live freshness = true
)

// read reads what a link is about. Errors are those of the link API.
func (s *Service) read(ctx context.Context, visit linkapi.Visit, f freshness) (linkRequest, error) {
	q := linkRequest{page: linkapi.View{State: linkapi.StateLinkInvalid}, challenge: challengeOf(visit), browser: s.browserOf(visit)}
	claims, err := s.Keys().Verify(s.Clock.Now(), visit.Token.Reveal())
	expired := errors.Is(err, link.ErrExpired)
	if err != nil && !expired {
		return q, nil
	}
	q.claims = claims
	c, err := s.find(ctx, claims.UID, f)
	if err != nil || c == nil {
		return q, unavailable(ctx, err)
	}
	facts, view, err := s.Logins.ReadFacts(ctx, c)
	if err != nil {
		return q, unavailable(ctx, err)
	}
	q.facts, q.instance = facts, view
	q.show(s.Clock.Now(), expired)
	s.recordOpening(q)
	return q, nil
}

// find returns the connection that a link names; nil if none exists. The cache knows its
// name.
func (s *Service) find(ctx context.Context, uid string, f freshness) (*v1alpha1.BankConnection, error) {
	var list v1alpha1.BankConnectionList
	err := s.Client.List(ctx, &list, client.MatchingFields{indexUID: uid}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
	if err != nil || len(list.Items) != 1 {
		return nil, err
	}
	from := s.Live
	if f == cached {
		from = s.Client // which waits for writes of this object, and of no other.
	}
	latest := &v1alpha1.BankConnection{}
	if err := from.Get(ctx, client.ObjectKeyFromObject(&list.Items[0]), latest); err != nil || string(latest.UID) != uid {
		return nil, client.IgnoreNotFound(err)
	}
	return latest, nil
}

// show finds out what the customer sees.
func (q *linkRequest) show(now time.Time, expired bool) {
	in := lifecycle.Inputs{Facts: q.facts}
	view, open := lifecycle.FollowLink(now, in, login.ClaimsOf(q.claims), expired)
	if open {
		view, open = lifecycle.VisitLink(now, in, view, q.challenge)
	}
	q.open = open
	q.page = linkapi.View{State: linkapi.State(view.State), Reason: view.Reason, Until: view.Until}
	if reconnect := q.connection().Spec.Reconnect; reconnect != nil {
		q.page.Language, q.page.ReturnURL, q.page.Title = reconnect.Language, q.returnURL(), reconnect.Link.Title
	}
	if view.State == lifecycle.LinkProofRequired {
		q.page.ProofURL = q.proofURL()
	}
	if q.instance.Object == nil {
		return
	}
	if gateway := q.instance.Identity.Gateway; gateway != nil {
		q.page.DisplayName, q.page.Brand = gateway.DisplayName, brandOf(gateway.Page)
	}
	if endpoint, err := q.instance.Endpoint(); err == nil {
		q.page.ConnectOrigin = endpoint.ConnectOrigin()
	}
}
