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
func visitOf(r *http.Request, token linkapi.Identifier) linkapi.Visit {
	if secret := visitorOf(r); secret != "" {
		return visitWith(secret, token)
	}
	return linkapi.Visit{Token: token}
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
func startVisit(w http.ResponseWriter, r *http.Request, token linkapi.Identifier) linkapi.Visit {
	secret := visitorOf(r)
	if secret == "" {
		secret = rand.Text()
	}
	setCookie(w, visitorCookie, secret, int(cookieLifetime.Seconds()))
	return visitWith(secret, token)
}

func visitWith(secret string, token linkapi.Identifier) linkapi.Visit {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(token.Reveal()))
	return linkapi.Visit{Token: token, Visitor: linkapi.NewIdentifier(base64.RawURLEncoding.EncodeToString(h.Sum(nil)))}
}
