package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// maxWebhook is far above the data of one login.
	maxWebhook = 32 << 20
	// maxWebhooks bounds the webhooks that the gateway reads at the same time. They take
	// little memory, but a client that does not finish its body occupies one of them for as
	// long as Limits.WebhookBody.
	maxWebhooks, maxWebhooksPerClient = 64, 8
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

// announcesData has the ResponseTypes of webhooks that announce data of a login.
var announcesData = map[string]bool{"KYC": true, "GetAccountsDetail": true}

// webhookHandler receives the webhooks of Flinks. It believes nothing of one but that a
// login may have new data.
type webhookHandler struct {
	backend     linkapi.Backend
	proxies     trustedProxies
	signatures  signatureHeaders
	bodyTimeout time.Duration
	received    *prometheus.CounterVec

	reading *semaphore
	keys    *keyCache
	replays *replayFilter
}

// handle answers 200 once the operator has recorded the notification, or if there is
// nothing to do. After any other answer Flinks tries again, ten times within hours.
func (h *webhookHandler) handle(w http.ResponseWriter, r *http.Request) {
	status, outcome := h.receive(w, r)
	h.received.WithLabelValues(outcome).Inc()
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	w.WriteHeader(status)
}

func (h *webhookHandler) receive(w http.ResponseWriter, r *http.Request) (status int, outcome string) {
	signature, ok := h.signatures.find(r.Header)
	switch {
	case !ok:
		return http.StatusUnauthorized, hookUnsigned
	case len(r.Header.Values("Content-Encoding")) > 0: // The signature is of the body as it was sent.
		return http.StatusUnsupportedMediaType, hookMalformed
	case r.ContentLength > maxWebhook:
		return http.StatusRequestEntityTooLarge, hookTooLarge
	}
	client := h.proxies.clientOf(r)
	instance := linkapi.Instance{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	if !h.reading.tryAcquire(client) {
		return http.StatusServiceUnavailable, hookBusy
	}
	defer h.reading.release(client)
	keys, err := h.keys.keysOf(r.Context(), instance)
	switch {
	case errors.Is(err, linkapi.ErrNotFound):
		// The same answer as for a wrong signature tells nothing to a client that guesses names.
		return http.StatusUnauthorized, hookUnknown
	case err != nil:
		return http.StatusServiceUnavailable, hookFailed
	}
	return h.verify(w, r, instance, keys, signature)
}

func (h *webhookHandler) verify(w http.ResponseWriter, r *http.Request, i linkapi.Instance, keys []linkapi.Identifier, signature []byte) (status int, outcome string) {
	// Longer than the server allows other requests. Sockets know the real time only.
	_ = http.NewResponseController(w).SetReadDeadline(clock.RealClock{}.Now().Add(h.bodyTimeout))
	payload, signed, err := readSigned(http.MaxBytesReader(w, r.Body, maxWebhook), keys, signature)
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		return http.StatusRequestEntityTooLarge, hookTooLarge
	case err != nil && !errors.Is(err, errNotJSON):
		return http.StatusBadRequest, hookMalformed // The body is incomplete.
	case !signed:
		return http.StatusUnauthorized, hookUnsigned
	case err != nil:
		return http.StatusBadRequest, hookMalformed
	}
	return h.notify(r.Context(), i, payload)
}

// notify tells the operator that a login may have new data, unless it did so already.
func (h *webhookHandler) notify(ctx context.Context, i linkapi.Instance, p webhookPayload) (status int, outcome string) {
	switch {
	case p.loginID() == "" || !announcesData[p.responseType]:
		return http.StatusOK, hookIgnored
	case h.replays.isReplay(i, p):
		return http.StatusOK, hookRepeated
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := h.backend.Notify(ctx, i, linkapi.NewIdentifier(p.loginID()))
	switch {
	case errors.Is(err, linkapi.ErrInvalid):
		return http.StatusOK, hookIgnored
	case err != nil:
		return http.StatusServiceUnavailable, hookFailed
	}
	h.replays.add(i, p)
	return http.StatusOK, hookNotified
}
