package client

import (
	"context"
	"net/http"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

type tokenBody struct {
	envelope
	Token looseString `json:"Token"`
}

// GenerateAuthorizeToken mints a single-use token. It may be repeated: unused tokens
// cost nothing and expire. A refused secret has ClassInstance: it is a fault of the
// instance and must not be counted against a connection.
// Source: Flinks documentation, generate authorize token.
func (c *Client) GenerateAuthorizeToken(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials) (flinks.AuthorizeToken, error) {
	k := call{
		op:      flinks.OpGenerateAuthorizeToken,
		method:  http.MethodPost,
		path:    []string{"GenerateAuthorizeToken"},
		headers: map[string]string{headerAuthKey: opaque.Reveal(cr.SecretKey.Value)},
		body:    struct{}{},
		limit:   maxControlBytes,
	}
	if cr.SecretKey.IsZero() {
		k.refused = flinks.CodeCredentialMissing
	}
	return send(ctx, c, ep, k, answer.token)
}

func (a answer) token() (flinks.AuthorizeToken, *flinks.Error) {
	var body tokenBody
	if _, failure := a.judge(&body); failure != nil {
		return flinks.AuthorizeToken{}, failure
	}
	token, err := flinks.ParseAuthorizeToken([]byte(body.Token.text))
	if err != nil {
		return flinks.AuthorizeToken{}, a.unreadable()
	}
	return token, nil
}
