package gateway

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// visitorCookie is the cookie with a random secret of the browser. No other site can set it,
// so that a person who sends a link to another cannot choose it.
const visitorCookie = "__Host-visitor"

// What rand.Text returns, which makes the secrets.
const (
	visitorLength   = 26
	visitorAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// visitOf returns the visit of a link by the browser of a request. The operator gets a secret
// that is for this link alone.
func (p trustedProxies) visitOf(r *http.Request, token linkapi.Identifier) linkapi.Visit {
	return p.visitWith(r, visitorOf(r), token)
}

func visitorOf(r *http.Request) string {
	cookie, err := r.Cookie(visitorCookie)
	if err != nil || len(cookie.Value) != visitorLength || strings.Trim(cookie.Value, visitorAlphabet) != "" {
		return ""
	}
	return cookie.Value
}

// startVisit does as visitOf does, and gives the browser a secret if it has none. It is for
// pages and clicks: if only a click gave one, two tabs that are clicked at the same time would
// get two. Each prolongs the cookie.
func (p trustedProxies) startVisit(w http.ResponseWriter, r *http.Request, token linkapi.Identifier) linkapi.Visit {
	secret := visitorOf(r)
	if secret == "" {
		secret = rand.Text()
	}
	setCookie(w, visitorCookie, secret, int(cookieLifetime.Seconds()))
	return p.visitWith(r, secret, token)
}

// visitWith returns the visit of a browser with a secret, which is empty if it has none.
func (p trustedProxies) visitWith(r *http.Request, secret string, token linkapi.Identifier) linkapi.Visit {
	visit := linkapi.Visit{Token: token}
	if client := p.clientOf(r); client.IsValid() {
		visit.Client = linkapi.NewIdentifier(client.String())
	}
	if secret != "" {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(token.Reveal()))
		visit.Visitor = linkapi.NewIdentifier(base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
	}
	return visit
}
