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

// Outcomes of webhooks, for the metric.
const (
	hookNotified  = "notified"
	hookRepeated  = "repeated"
	hookIgnored   = "ignored"
	hookUnsigned  = "unsigned"
	hookMalformed = "malformed"
	hookTooLarge  = "too_large"
	hookUnknown   = "unknown_instance"
	hookLimited   = "limited"
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

	limits  *webhookLimits
	keys    *keyCache
	replays *replayFilter
}

// handle answers 200 once the operator has recorded the notification, or if there is
// nothing to do. After any other answer Flinks tries again, ten times within hours.
func (h *webhookHandler) handle(w http.ResponseWriter, r *http.Request) {
	status, outcome := h.receive(w, r)
	h.received.WithLabelValues(outcome).Inc()
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60")
	}
	w.WriteHeader(status)
}

// receive checks the limits of the sender before anything else. It treats an instance that
// does not exist as one that exists with other keys, and reads the whole body in either
// case: a client that does not know the keys cannot tell which names exist.
func (h *webhookHandler) receive(w http.ResponseWriter, r *http.Request) (status int, outcome string) {
	i := linkapi.Instance{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	client := h.proxies.clientOf(r)
	admission := h.limits.admit(webhookSender{client, i}, r.ContentLength)
	if admission == nil {
		return http.StatusTooManyRequests, hookLimited
	}
	signature, ok := h.signatures.find(r.Header)
	switch {
	case !ok:
		return http.StatusUnauthorized, hookUnsigned
	case len(r.Header.Values("Content-Encoding")) > 0: // The signature is of the body as it was sent.
		return http.StatusUnsupportedMediaType, hookMalformed
	case r.ContentLength > maxWebhook:
		return http.StatusRequestEntityTooLarge, hookTooLarge
	case !admission.reading.tryAcquire(client):
		return http.StatusServiceUnavailable, hookBusy
	}
	defer admission.reading.release(client)
	keys, err := h.keys.keysOf(r.Context(), client, i)
	if err != nil && !errors.Is(err, linkapi.ErrNotFound) && admission.proven {
		return http.StatusServiceUnavailable, hookFailed // The sender knows that the instance exists.
	}
	payload, status, outcome := h.read(w, r, admission, keys, signature)
	switch {
	case status == http.StatusOK:
		return h.notify(r.Context(), i, payload)
	case outcome == hookUnsigned && errors.Is(err, linkapi.ErrNotFound):
		outcome = hookUnknown
	case outcome == hookUnsigned && err != nil:
		outcome = hookFailed
	}
	return status, outcome
}

// read reads the body, and verifies its signature.
func (h *webhookHandler) read(w http.ResponseWriter, r *http.Request, a *admission, keys []linkapi.Identifier, signature []byte) (p webhookPayload, status int, outcome string) {
	// Longer than the server allows other requests. Sockets know the real time only.
	_ = http.NewResponseController(w).SetReadDeadline(clock.RealClock{}.Now().Add(h.bodyTimeout))
	p, signed, err := readSigned(http.MaxBytesReader(w, a.body(r.Body), maxWebhook), h.keys.padded(keys), signature)
	if signed {
		a.signed()
	}
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case errors.Is(err, errTooMuch):
		return p, http.StatusTooManyRequests, hookLimited
	case tooLarge:
		return p, http.StatusRequestEntityTooLarge, hookTooLarge
	case err != nil && !errors.Is(err, errNotJSON):
		return p, http.StatusBadRequest, hookMalformed // The body is incomplete.
	case !signed:
		return p, http.StatusUnauthorized, hookUnsigned
	case err != nil:
		return p, http.StatusBadRequest, hookMalformed
	}
	return p, http.StatusOK, ""
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
