package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
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
	// webhooksAtOnce bounds those that are read at the same time.
	webhooksAtOnce = 8
	// keysFor is how long the keys of an instance are held, and that it has none.
	keysFor = time.Minute
	// dedupeFor is longer than Flinks repeats a webhook: ten times, half an hour apart.
	dedupeFor = 6 * time.Hour
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
	places chan struct{}
	keys   *recent[session.Instance, heldKeys]
	seen   *recent[[sha256.Size]byte, time.Time]
	newest *recent[[sha256.Size]byte, string]
	// secret makes what is remembered of logins useless to anybody else.
	secret []byte
}

type heldKeys struct {
	keys  []session.Identifier
	until time.Time
}

func newWebhooks(g *Gateway) *webhooks {
	secret := make([]byte, sha256.Size)
	_, _ = rand.Read(secret) // It never fails.
	return &webhooks{
		Gateway: g, places: make(chan struct{}, webhooksAtOnce), secret: secret,
		keys:   newRecent[session.Instance, heldKeys](1024),
		seen:   newRecent[[sha256.Size]byte, time.Time](remembered),
		newest: newRecent[[sha256.Size]byte, string](remembered),
	}
}

// ServeHTTP answers exactly 200 once the hint is on record, or if there is none. With
// anything else Flinks tries again, ten times within hours.
func (h *webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		h.end(w, http.StatusServiceUnavailable, hookBusy)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(h.clock.Now().Add(webhookPatience)) // Kept by the server's own.
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

func (h *webhooks) receive(w http.ResponseWriter, r *http.Request) (status int, outcome string) {
	signature, ok := h.signature(r.Header)
	if !ok || r.Header.Get("Content-Encoding") != "" {
		return http.StatusUnauthorized, hookUnsigned
	}
	instance := session.Instance{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	keys, err := h.keysOf(r.Context(), instance)
	switch {
	case errors.Is(err, session.ErrNotFound), errors.Is(err, session.ErrInvalid):
		return http.StatusNotFound, hookUnknown
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

// keysOf are held for a minute, and so is that there are none: a flood of webhooks is
// none for the operator.
func (h *webhooks) keysOf(ctx context.Context, i session.Instance) ([]session.Identifier, error) {
	now := h.clock.Now()
	held, ok := h.keys.get(i)
	if !ok || !now.Before(held.until) {
		ctx, cancel := context.WithTimeout(ctx, quickly)
		defer cancel()
		keys, err := h.sessions.WebhookKeys(ctx, i)
		if err != nil && !errors.Is(err, session.ErrNotFound) && !errors.Is(err, session.ErrInvalid) {
			return nil, err
		}
		held = h.keys.update(i, func(heldKeys, bool) heldKeys { return heldKeys{keys, now.Add(keysFor)} })
	}
	if len(held.keys) == 0 {
		return nil, session.ErrNotFound
	}
	return held.keys, nil
}

// pass hands on that a login is worth a look, unless that was done already.
func (h *webhooks) pass(ctx context.Context, i session.Instance, n note) (status int, outcome string) {
	if n.loginID == "" {
		return http.StatusOK, hookIgnored
	}
	now := h.clock.Now()
	login := h.digest(i, n.loginID)
	this := h.digest(i, n.loginID, n.kind, n.requestID, n.lastRefresh)
	if when, ok := h.seen.get(this); ok && now.Before(when.Add(dedupeFor)) {
		return http.StatusOK, hookRepeated
	}
	if newest, ok := h.newest.get(login); ok && n.lastRefresh != "" && n.lastRefresh < newest {
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
	h.seen.update(this, func(time.Time, bool) time.Time { return now })
	h.newest.update(login, func(newest string, _ bool) string { return max(newest, n.lastRefresh) })
	return http.StatusOK, hookHinted
}

func (h *webhooks) digest(i session.Instance, parts ...string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, h.secret)
	for _, part := range append([]string{i.Namespace, i.Name}, parts...) {
		_, _ = io.WriteString(mac, part+"\x00")
	}
	copy(sum[:], mac.Sum(nil))
	return sum
}
