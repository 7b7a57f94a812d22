package client

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

type deleteBody struct {
	envelope
	// StatusCode is what this endpoint prints in place of HttpStatusCode on success.
	StatusCode looseInt `json:"StatusCode"`
}

// DeleteCard deletes a login and all its data at Flinks. nil means deleted. It may be
// repeated.
//
// A login that Flinks does not know is an *flinks.Error with ClassGone. That answer is the same
// for "already deleted" and "belongs to another customerId", so it only counts as
// deleted if instance and customerId are those under which the login was bound.
//
// Recently linked logins answer CARD_IN_USE (ClassTransient) for up to half an hour.
// Source: Flinks documentation, delete card; public clients for the unknown login.
func (c *Client) DeleteCard(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials, login flinks.LoginID) error {
	k := call{
		op:      flinks.OpDeleteCard,
		method:  http.MethodDelete,
		path:    []string{"DeleteCard", opaque.Reveal(login.Value)},
		headers: cardHeaders(cr),
		limit:   maxControlBytes,
	}
	if login.IsZero() {
		k.refused = flinks.CodeInvalidCall
	}
	return sendOnly(ctx, c, ep, k, answer.deletion)
}

// cardHeaders authorise the calls for which the documentation names no credential.
func cardHeaders(cr flinks.Credentials) map[string]string {
	h := map[string]string{}
	if cr.Card != flinks.CardSecretKey {
		h[headerAPIKey] = opaque.Reveal(cr.APIKey.Value)
	}
	if cr.Card != flinks.CardAPIKey {
		h[headerAuthKey] = opaque.Reveal(cr.SecretKey.Value)
	}
	return h
}

// deletion judges the answer. Unknown logins have been seen in five shapes:
//
//  1. text that says "Invalid LoginId", in a 2xx or 4xx;
//  2. INVALID_LOGIN with 400 or 401;
//  3. INVALID_REQUEST whose message says that the login is invalid;
//  4. 404, here only with a Flinks envelope that repeats the 404: a proxy's error page
//     for a wrong path would otherwise pass for a deletion;
//  5. a JSON body whose Message is the text of 1, with INVALID_REQUEST or no known code.
func (a answer) deletion() *flinks.Error {
	if text, quoted, ok := bareText(a.body); ok {
		return a.deletionText(text, quoted)
	}
	var body deleteBody
	how := decode(a.body, &body)
	env := &body.envelope
	if how != shapeNone && a.saysUnknownLogin(env) {
		return a.failed(env, flinks.EntryFor(flinks.CodeInvalidLogin, flinks.MeaningOutOfSession))
	}
	if a.success() && !env.isFlinks() {
		// Only a success: elsewhere StatusCode is what API gateways print.
		env.HTTPStatusCode = body.StatusCode
	}
	_, failure := a.weigh(env, how)
	return failure
}

// success reports whether the transport status is a plain success; 202 and 203 mean something
// else.
func (a answer) success() bool {
	return a.status == http.StatusOK || a.status == http.StatusCreated
}

func (a answer) clientError() bool {
	return a.status >= 400 && a.status < 500 && a.status != http.StatusTooManyRequests
}

// deletionText judges an answer that is one bare string, as older instances give.
// Success has to be a JSON string: plain text may come from a proxy, and a deletion
// that is taken for unreadable is only asked for again.
func (a answer) deletionText(text string, quoted bool) *flinks.Error {
	switch {
	case (a.success() || a.clientError()) && saysInvalidLoginID(text):
		return a.failed(&envelope{}, flinks.EntryFor(flinks.CodeInvalidLogin, flinks.MeaningOutOfSession))
	case a.success() && quoted:
		return nil
	default:
		return a.unreadable()
	}
}

// saysUnknownLogin finds shapes 1, 4 and 5 in a JSON object. A FlinksCode that is known
// and means something else (a refused key, a card in use) always wins.
func (a answer) saysUnknownLogin(env *envelope) bool {
	if !a.success() && !a.clientError() {
		return false
	}
	code := flinks.CodeUnrecognized
	if env.FlinksCode.present() {
		code = lookupRemote(env.FlinksCode.text, env.inSession()).Code
	}
	if saysInvalidLoginID(env.Message.text) {
		return code == flinks.CodeUnrecognized || code == flinks.CodeInvalidRequest
	}
	return a.op == flinks.OpDeleteCard && a.status == http.StatusNotFound && env.HTTPStatusCode == http.StatusNotFound && !env.FlinksCode.present()
}

func saysInvalidLoginID(text string) bool {
	return strings.Contains(strings.ToLower(text), "invalid loginid")
}

const maxBareText = 4096

// bareText returns a JSON string, or short plain text that is neither JSON nor HTML.
func bareText(body []byte) (text string, quoted, ok bool) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\uFEFF")))
	if len(body) == 0 || len(body) > maxBareText || bytes.ContainsAny(body[:1], "<{[") {
		return "", false, false
	}
	if body[0] != '"' {
		return string(body), false, true
	}
	if json.Unmarshal(body, &text) != nil {
		return "", false, false
	}
	return text, true, true
}
