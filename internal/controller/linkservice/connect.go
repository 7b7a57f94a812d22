package linkservice

import (
	"context"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// LandingPath is the path at the gateway that Flinks Connect comes back to where it
// does not end with an event.
const LandingPath = "/landed"

// Connect implements linkapi.Backend. The token works once and for minutes, so it is made when
// the customer presses the button, and not written down. When they link their bank, that they
// pressed is: the data of the login must be younger.
func (s *Service) Connect(ctx context.Context, visit linkapi.Visit) (linkapi.Identifier, error) {
	q, err := s.read(ctx, visit, cached)
	switch {
	case err != nil:
		return linkapi.Identifier{}, err
	case !q.open || (q.page.State != linkapi.StateConnect && q.page.State != linkapi.StateResume):
		return linkapi.Identifier{}, linkapi.ErrNotNow
	}
	params, ok := s.params(q)
	if !ok {
		return linkapi.Identifier{}, linkapi.ErrNotNow
	}
	a, ok, err := s.access(ctx, q)
	if err != nil || !ok {
		return linkapi.Identifier{}, orUnavailable(unavailable(ctx, err))
	}
	if params.AuthorizeToken, err = s.authorizeToken(ctx, &q, a); err != nil {
		return linkapi.Identifier{}, err
	}
	if err := s.noteOpening(ctx, visit, q, params.ScheduleRefresh); err != nil {
		return linkapi.Identifier{}, err
	}
	url, err := flinks.ConnectURL(a.Endpoint, params)
	if err != nil {
		log.FromContext(ctx).Error(err, "Way to Flinks Connect not made", "connection", q.name())
		return linkapi.Identifier{}, linkapi.ErrUnavailable
	}
	return linkapi.NewIdentifier(url), nil
}

// noteOpening records that the customer opens Flinks Connect, in which browser and, if they link
// their bank, that they do, and that nightly refresh is switched on with it. The error is ErrNotNow if
// they cannot any more.
func (s *Service) noteOpening(ctx context.Context, visit linkapi.Visit, q linkRequest, scheduled bool) error {
	var opening demand = lifecycle.UseLink
	switch {
	case q.claims.Purpose == link.Connect:
		opening = lifecycle.OpenConnect
	case q.challenge == "" && !scheduled && lifecycle.HasTravelled(&q.connection().Status, v1alpha1.JourneyLeftForBank):
		return nil
	}
	if scheduled {
		opening = lifecycle.ScheduleByLink(opening)
	}
	now, err := s.ask(ctx, visit, lifecycle.Travel(v1alpha1.JourneyLeftForBank, lifecycle.InBrowser(q.challenge, opening)))
	if err == nil && (!now.open || now.page.State != q.page.State) {
		return linkapi.ErrNotNow
	}
	return err
}

// params returns what Flinks Connect is opened with; false if the bank's question is out
// of reach. The language is that of the spec alone: the same login in another language
// is another login at Flinks.
func (s *Service) params(q linkRequest) (flinks.ConnectParams, bool) {
	var id flinks.RequestID
	if q.page.State == linkapi.StateResume {
		var ok bool
		if id, ok = s.unseal(q); !ok {
			return flinks.ConnectParams{}, false
		}
	}
	params := login.ConnectParams(q.instance.Identity, q.connection(), id)
	params.RedirectURL = strings.TrimSuffix(q.instance.Identity.Gateway.URL, "/") + LandingPath
	params.JSRedirect = true
	params.ScheduleRefresh = q.page.State == linkapi.StateConnect && lifecycle.SchedulesRefresh(s.Clock.Now(), lifecycle.Inputs{Facts: q.facts})
	if q.claims.Purpose == link.Connect {
		params.Tag = s.Keys().Tag(q.claims)
	}
	return params, true
}

// unseal returns the session that the bank's question is in.
func (s *Service) unseal(q linkRequest) (flinks.RequestID, bool) {
	raw, err := s.Keys().Open(s.Clock.Now(), q.claims.UID, q.connection().Status.Internal.SealedSession)
	if err != nil {
		return flinks.RequestID{}, false
	}
	id, err := flinks.ParseRequestID(raw)
	return id, err == nil
}

// authorizeToken returns a token for the customer's browser. The error is ErrUnavailable.
func (s *Service) authorizeToken(ctx context.Context, q *linkRequest, a login.Access) (flinks.AuthorizeToken, error) {
	now := s.Clock.Now()
	if !s.tokens.allow(now, q.connection().UID, tokensPerHour).IsZero() {
		return flinks.AuthorizeToken{}, linkapi.ErrUnavailable
	}
	release, denied := s.admit(q, 1)
	if denied != nil {
		return flinks.AuthorizeToken{}, linkapi.ErrUnavailable
	}
	defer release()
	token, err := q.flinks.GenerateAuthorizeToken(ctx, a.Endpoint, a.Credentials)
	if err != nil {
		_ = s.refused(ctx, *q, err)
		return flinks.AuthorizeToken{}, linkapi.ErrUnavailable
	}
	return token, nil
}

// orUnavailable returns an error where the instance says itself why it cannot be used.
func orUnavailable(err error) error {
	if err == nil {
		return linkapi.ErrUnavailable
	}
	return err
}
