package gateway

import (
	"net/http"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// maxToken is more than the length of any token.
	maxToken      = 256
	tokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

	// cookieName is the cookie with the token of the link whose button was clicked, for the
	// landing page.
	cookieName = "__Host-link"
	// cookieLifetime is more than Flinks Connect takes.
	cookieLifetime = 2 * time.Hour
)

// parseToken reports whether a text can be a token, so that the operator is not asked
// about one that cannot.
func parseToken(s string) (linkapi.Identifier, bool) {
	if len(s) < 16 || len(s) > maxToken || strings.Trim(s, tokenAlphabet) != "" {
		return linkapi.Identifier{}, false
	}
	return linkapi.NewIdentifier(s), true
}

func setTokenCookie(w http.ResponseWriter, token linkapi.Identifier) {
	setCookie(w, token.Reveal(), int(cookieLifetime.Seconds()))
}

func clearTokenCookie(w http.ResponseWriter) { setCookie(w, "", -1) }

// setCookie sets SameSite to Lax, which is enough: only the scripts of the gateway's own
// pages use the cookie.
func setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
