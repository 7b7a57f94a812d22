package flinks

import (
	"context"
	"net/http"
)

const (
	headerAuthKey = "Flinks-Auth-Key" // the secret or a token, depending on the call
	headerAPIKey  = "X-Api-Key"
)

type tokenBody struct {
	envelope
	Token looseString `json:"Token"`
}

// GenerateAuthorizeToken mints a single-use token. It may be repeated: unused tokens
// cost nothing and expire. A refused secret has ClassInstance: it is a fault of the
// instance and must not be counted against a connection.
// Source: Flinks documentation, generate authorize token.
func (c *Client) GenerateAuthorizeToken(ctx context.Context, ep Endpoint, cr Credentials) (AuthorizeToken, error) {
	if cr.SecretKey.IsZero() {
		return AuthorizeToken{}, refused(OpGenerateAuthorizeToken, CodeCredentialMissing)
	}
	a, failure := c.do(ctx, ep, call{
		op:      OpGenerateAuthorizeToken,
		method:  http.MethodPost,
		path:    []string{"GenerateAuthorizeToken"},
		headers: map[string]string{headerAuthKey: cr.SecretKey.value()},
		body:    struct{}{},
		limit:   maxControlBytes,
	})
	if failure != nil {
		return AuthorizeToken{}, failure
	}
	var body tokenBody
	if _, failure := a.judge(&body); failure != nil {
		return AuthorizeToken{}, failure
	}
	token, err := ParseAuthorizeToken([]byte(body.Token.text))
	if err != nil {
		return AuthorizeToken{}, a.unreadable()
	}
	return token, nil
}
