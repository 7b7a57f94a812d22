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

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// maxWebhook is far above the data of one login.
	maxWebhook = 32 << 20
	// webhooksAtOnce bounds those that are read at the same time. They take little memory,
	// but whoever sends none to an end takes a place for as long as Limits.Webhook.
	webhooksAtOnce, webhooksOfOne = 64, 8
)

// The two header names that Flinks' documents know.
const (
	signatureHeader      = "flinks-authenticity-key"
	signatureHeaderNewer = "X-Flinks-Signature"
)

// Outcomes of webhooks, for the metric.
const (
	hookNotified  = "notified"
	hookRepeated  = "repeated"
	hookIgnored   = "ignored"
	hookUnsigned  = "unsigned"
	hookMalformed = "malformed"
	hookTooLarge  = "too_large"
	hookUnknown   = "unknown_instance"
	hookBusy      = "busy"
	hookFailed    = "failed"
)

// notifyingKinds are those whose login has something new to see.
var notifyingKinds = map[string]bool{"KYC": true, "GetAccountsDetail": true}

// webhooks receives what Flinks pushes. Nothing of it is trusted but that it is worth a
// look at one login.
type webhooks struct {
	*Gateway

	places   *places
	keys     *keyring
	passedOn *passedOn
}

func newWebhooks(g *Gateway) *webhooks {
	return &webhooks{
		Gateway: g, places: newPlaces(webhooksAtOnce, webhooksOfOne),
		keys: newKeyring(g.backend, g.clock), passedOn: newPassedOn(g.clock),
	}
}

// ServeHTTP answers exactly 200 once the notification is on record, or if there is none. With
// anything else Flinks tries again, ten times within hours.
func (h *webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, outcome := h.receive(w, r)
	h.metrics.webhooks.WithLabelValues(outcome).Inc()
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	w.WriteHeader(status)
}

func (h *webhooks) receive(w http.ResponseWriter, r *http.Request) (status int, outcome string) {
	signature, ok := h.signature(r.Header)
	switch {
	case !ok:
		return http.StatusUnauthorized, hookUnsigned
	case len(r.Header.Values("Content-Encoding")) > 0: // The signature is of what was sent.
		return http.StatusUnsupportedMediaType, hookMalformed
	case r.ContentLength > maxWebhook:
		return http.StatusRequestEntityTooLarge, hookTooLarge
	}
	who := h.addressOf(r)
	instance := linkapi.Instance{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	if !h.places.take(who) {
		return http.StatusServiceUnavailable, hookBusy
	}
	defer h.places.leave(who)
	keys, err := h.keys.of(r.Context(), instance)
	switch {
	case errors.Is(err, linkapi.ErrNotFound):
		// As for a wrong signature: whoever guesses names learns nothing.
		return http.StatusUnauthorized, hookUnknown
	case err != nil:
		return http.StatusServiceUnavailable, hookFailed
	}
	return h.judge(w, r, instance, keys, signature)
}

func (h *webhooks) judge(w http.ResponseWriter, r *http.Request, i linkapi.Instance, keys []linkapi.Identifier, signature []byte) (status int, outcome string) {
	// Longer than the server allows others; sockets know the real time alone.
	_ = http.NewResponseController(w).SetReadDeadline(clock.RealClock{}.Now().Add(h.webhookPatience))
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
	return h.pass(r.Context(), i, note)
}

// read reads a webhook once, from its raw bytes: what it says, and whether one of the
// keys signed it. Only what it says of the login is kept.
func read(body io.Reader, keys []linkapi.Identifier, signature []byte) (n note, signed bool, err error) {
	var macs []hash.Hash
	var writers []io.Writer
	for _, key := range keys {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		macs, writers = append(macs, mac), append(writers, mac)
	}
	raw := io.TeeReader(body, io.MultiWriter(writers...))
	n, parseErr := parseNote(raw)
	if _, err := io.Copy(io.Discard, raw); err != nil {
		return note{}, false, err
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

// pass hands on that a login is worth a look, unless that was done already.
func (h *webhooks) pass(ctx context.Context, i linkapi.Instance, n note) (status int, outcome string) {
	switch {
	case n.who() == "" || !notifyingKinds[n.kind]:
		return http.StatusOK, hookIgnored
	case h.passedOn.knows(i, n):
		return http.StatusOK, hookRepeated
	}
	ctx, cancel := context.WithTimeout(ctx, quickly)
	defer cancel()
	err := h.backend.Notify(ctx, i, linkapi.NewIdentifier(n.who()))
	switch {
	case errors.Is(err, linkapi.ErrInvalid):
		return http.StatusOK, hookIgnored
	case err != nil:
		return http.StatusServiceUnavailable, hookFailed
	}
	h.passedOn.add(i, n)
	return http.StatusOK, hookNotified
}
