package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// maxToken is more than the length of any token.
	maxToken      = 256
	tokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

	// cookieName is the cookie with the link whose button was clicked, for the landing page.
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

// openedLink is the link whose button was clicked, as the cookie has it.
type openedLink struct {
	token linkapi.Identifier
	// tagDigest is the digest of the tag that Flinks Connect was opened with; empty if it was
	// opened without one.
	tagDigest string
}

// hasTag reports in constant time whether Flinks Connect was opened with a tag.
func (l openedLink) hasTag(tag string) bool {
	return l.tagDigest != "" && subtle.ConstantTimeCompare([]byte(l.tagDigest), []byte(digestOf(tag))) == 1
}

// tagDigestOf returns the digest of the tag in a URL of Flinks Connect; empty if it has
// none.
func tagDigestOf(connect linkapi.Identifier) string {
	u, err := url.Parse(connect.Reveal())
	if err != nil || u.Query().Get("tag") == "" {
		return ""
	}
	return digestOf(u.Query().Get("tag"))
}

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// readLinkCookie returns the link of the cookie, if the request has one.
func readLinkCookie(r *http.Request) (l openedLink, ok bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return l, false
	}
	var token string
	token, l.tagDigest, _ = strings.Cut(cookie.Value, ".")
	l.token, ok = parseToken(token)
	return l, ok
}

func setLinkCookie(w http.ResponseWriter, l openedLink) {
	value := l.token.Reveal()
	if l.tagDigest != "" {
		value += "." + l.tagDigest
	}
	setCookie(w, cookieName, value, int(cookieLifetime.Seconds()))
}

func clearLinkCookie(w http.ResponseWriter) { setCookie(w, cookieName, "", -1) }

// setCookie sets SameSite to Lax, which is enough: only the scripts of the gateway's own
// pages use the cookies.
func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
