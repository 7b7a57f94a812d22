package bankconnection

import (
	"context"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// LandingPath is the path at the gateway that Flinks Connect comes back to where it
// does not end with an event.
const LandingPath = "/landed"

// sandbox is the instance of Flinks that everybody shares. Connect shows its test bank
// on request only.
const sandbox = "toolbox"

// Connect implements linkapi.Backend. Nothing of it is written down: the token works
// once and for minutes, so it is made when the person presses the button.
func (v *Visits) Connect(ctx context.Context, token linkapi.Identifier) (linkapi.Identifier, error) {
	p, err := v.enter(ctx, token, cached)
	switch {
	case err != nil:
		return linkapi.Identifier{}, err
	case !p.open || (p.view.State != linkapi.StateConnect && p.view.State != linkapi.StateResume):
		return linkapi.Identifier{}, linkapi.ErrNotNow
	}
	params, ok := v.params(p)
	if !ok {
		return linkapi.Identifier{}, linkapi.ErrNotNow
	}
	a, ok, err := v.keys(ctx, p)
	if err != nil || !ok {
		return linkapi.Identifier{}, orUnavailable(unavailable(ctx, err))
	}
	if params.AuthorizeToken, err = v.authorizeToken(ctx, &p, a); err != nil {
		return linkapi.Identifier{}, err
	}
	url, err := flinks.ConnectURL(a.endpoint, params)
	if err != nil {
		log.FromContext(ctx).Error(err, "Way to Flinks Connect not made", "connection", p.scene.name())
		return linkapi.Identifier{}, linkapi.ErrUnavailable
	}
	return linkapi.NewIdentifier(url), nil
}

// params are what Flinks Connect is opened with; false if the bank's question is out
// of reach. The language is that of the spec alone: the same login in another language
// is another login at Flinks.
func (v *Visits) params(p visitor) (flinks.ConnectParams, bool) {
	var id flinks.RequestID
	if p.view.State == linkapi.StateResume {
		var ok bool
		if id, ok = v.unseal(p); !ok {
			return flinks.ConnectParams{}, false
		}
	}
	params := connectParams(p.connection(), id)
	params.RedirectURL = strings.TrimSuffix(p.scene.view.Identity.Gateway.URL, "/") + LandingPath
	params.JSRedirect = true
	params.Demo = p.scene.view.Identity.Instance == sandbox
	if p.claims.Purpose == link.Connect {
		params.Tag = v.Reconciler.Links.Keys.Tag(p.claims.UID, p.claims.Issued)
	}
	return params, true
}

// unseal is the session that the bank's question is in.
func (v *Visits) unseal(p visitor) (flinks.RequestID, bool) {
	raw, err := v.Reconciler.Links.Keys.Open(p.claims.UID, p.connection().Status.Reconnect.SealedSession)
	if err != nil {
		return flinks.RequestID{}, false
	}
	id, err := flinks.ParseRequestID(raw)
	return id, err == nil
}

// authorizeToken is for the person's browser. The error is ErrUnavailable.
func (v *Visits) authorizeToken(ctx context.Context, p *visitor, a access) (flinks.AuthorizeToken, error) {
	now := v.Reconciler.Clock.Now()
	if !v.tokens.allow(now, p.connection().UID, tokensPerHour).IsZero() {
		return flinks.AuthorizeToken{}, linkapi.ErrUnavailable
	}
	release, denied := v.admit(p, 1)
	if denied != nil {
		return flinks.AuthorizeToken{}, linkapi.ErrUnavailable
	}
	defer release()
	token, err := p.scene.flinks.GenerateAuthorizeToken(ctx, a.endpoint, a.credentials)
	if err != nil {
		_ = v.refused(ctx, *p, err)
		return flinks.AuthorizeToken{}, linkapi.ErrUnavailable
	}
	return token, nil
}

// orUnavailable is for what the instance has nothing to say about but that it cannot be
// used.
func orUnavailable(err error) error {
	if err == nil {
		return linkapi.ErrUnavailable
	}
	return err
}
