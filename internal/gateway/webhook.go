package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"net/http"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/session"
)

const (
	// maxWebhook is far above the data of one login.
	maxWebhook = 32 << 20
	// webhookPatience bounds the reading of one webhook.
	webhookPatience = time.Minute
)

// The two header names that Flinks' documents know.
const (
	signatureHeader      = "flinks-authenticity-key"
	signatureHeaderNewer = "X-Flinks-Signature"
)

// Outcomes of webhooks, for the metric.
const (
	hookHinted    = "hinted"
	hookRepeated  = "repeated"
	hookIgnored   = "ignored"
	hookUnsigned  = "unsigned"
	hookMalformed = "malformed"
	hookTooLarge  = "too_large"
	hookUnknown   = "unknown_instance"
	hookBusy      = "busy"
	hookFailed    = "failed"
)

// webhooks receives what Flinks pushes. Nothing of it is trusted but that it is worth a
// look at one login.
type webhooks struct {
	*Gateway
	places *places
	keys   *keyring
	seen   *seen
}

func newWebhooks(g *Gateway) *webhooks {
	return &webhooks{Gateway: g, places: newPlaces(), keys: newKeyring(g.sessions, g.clock), seen: newSeen()}
}

// ServeHTTP answers exactly 200 once the hint is on record, or if there is none. With
// anything else Flinks tries again, ten times within hours.
func (h *webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from := h.addressOf(r)
	if !h.places.take(from) {
		h.end(w, http.StatusServiceUnavailable, hookBusy)
		return
	}
	defer h.places.leave(from)
	ctx, cancel := context.WithTimeout(r.Context(), webhookPatience)
	defer cancel()
	deadline, _ := ctx.Deadline()
	_ = http.NewResponseController(w).SetReadDeadline(deadline) // Without it that of the server holds.
	status, outcome := h.receive(w, r)
	h.end(w, status, outcome)
}

func (h *webhooks) end(w http.ResponseWriter, status int, outcome string) {
	h.metrics.webhooks.WithLabelValues(outcome).Inc()
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	w.WriteHeader(status)
}

// receive answers an instance that does not exist like a wrong signature: nobody is told
// which there are.
func (h *webhooks) receive(w http.ResponseWriter, r *http.Request) (status int, outcome string) {
	signature, ok := h.signature(r.Header)
	switch {
	case !ok:
		return http.StatusUnauthorized, hookUnsigned
	case r.Header.Get("Content-Encoding") != "":
		return http.StatusUnsupportedMediaType, hookMalformed
	case r.ContentLength > maxWebhook:
		return http.StatusRequestEntityTooLarge, hookTooLarge
	}
	instance := session.Instance{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	keys, err := h.keys.of(r.Context(), instance)
	switch {
	case errors.Is(err, session.ErrNotFound):
		return http.StatusUnauthorized, hookUnknown
	case err != nil:
		return http.StatusServiceUnavailable, hookFailed
	}
	note, signed, err := read(http.MaxBytesReader(w, r.Body, maxWebhook), keys, signature)
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		return http.StatusRequestEntityTooLarge, hookTooLarge
	case err != nil && !errors.Is(err, errNotJSON):
		return http.StatusBadRequest, hookMalformed // It broke off.
	case !signed:
		return http.StatusUnauthorized, hookUnsigned
	case err != nil:
		return http.StatusBadRequest, hookMalformed
	}
	return h.pass(r.Context(), instance, note)
}

// read reads a webhook once, from its raw bytes: what it says, and whether one of the
// keys signed it. Only what it says of the login is kept.
func read(body io.Reader, keys []session.Identifier, signature []byte) (n note, signed bool, err error) {
	var macs []hash.Hash
	var writers []io.Writer
	for _, key := range keys {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		macs, writers = append(macs, mac), append(writers, mac)
	}
	raw := io.TeeReader(body, io.MultiWriter(writers...))
	n, parseErr := parseNote(raw)
	if _, err := io.Copy(io.Discard, raw); err != nil {
		return n, false, err
	}
	for _, mac := range macs {
		if hmac.Equal(mac.Sum(nil), signature) {
			signed = true
		}
	}
	return n, signed, parseErr
}

// signature is the one that a webhook carries. With two it is not clear which one Flinks made.
func (h *webhooks) signature(header http.Header) (mac []byte, ok bool) {
	var found []string
	for _, name := range h.signatureHeaders {
		found = append(found, header.Values(name)...)
	}
	if len(found) != 1 {
		return nil, false
	}
	mac, err := base64.StdEncoding.Strict().DecodeString(found[0])
	return mac, err == nil && len(mac) == sha256.Size
}

// The webhooks that say that there is something new about a login.
const (
	kindIdentity = "KYC"
	kindAccounts = "GetAccountsDetail"
)

// pass hands on that a login is worth a look, unless that was done already.
func (h *webhooks) pass(ctx context.Context, i session.Instance, n note) (status int, outcome string) {
	if n.loginID == "" || (n.kind != kindIdentity && n.kind != kindAccounts) {
		return http.StatusOK, hookIgnored
	}
	now := h.clock.Now()
	if h.seen.isOld(now, i, n) {
		return http.StatusOK, hookRepeated
	}
	ctx, cancel := context.WithTimeout(ctx, quickly)
	defer cancel()
	err := h.sessions.Hint(ctx, i, session.NewIdentifier(n.loginID))
	switch {
	case errors.Is(err, session.ErrInvalid):
		return http.StatusOK, hookIgnored
	case err != nil:
		return http.StatusServiceUnavailable, hookFailed
	}
	h.seen.remember(now, i, n)
	return http.StatusOK, hookHinted
}
