package client

import (
	"context"
	"net/http"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

// probedSession is a RequestId that never existed. It is not secret, and Flinks can only
// answer that it does not exist.
const probedSession = "5b0f3a6e-7d1c-4e0a-9c55-6f9a2d1e8b40"

type summaryRequest struct {
	RequestID           string `json:"RequestId"`
	WithAccountIdentity bool   `json:"WithAccountIdentity"`
	WithBalance         bool   `json:"WithBalance"`
}

// ProbeAPIKey tests whether Flinks accepts the x-api-key: it asks for the data of a
// session that never existed. nil means that the answer is about the session or the
// request, so the key is accepted. A refused key has ClassInstance. It may be repeated, and
// contacts no bank.
// Source: Flinks documentation, get accounts summary.
func (c *Client) ProbeAPIKey(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials) error {
	k := call{
		op:      flinks.OpGetAccountsSummary,
		method:  http.MethodPost,
		path:    []string{"GetAccountsSummary"},
		headers: map[string]string{headerAPIKey: opaque.Reveal(cr.APIKey.Value)},
		body:    summaryRequest{RequestID: probedSession},
		limit:   maxControlBytes,
	}
	if cr.APIKey.IsZero() {
		k.refused = flinks.CodeCredentialMissing
	}
	return sendOnly(ctx, c, ep, k, answer.keyRefusal)
}

// keyRefusal judges the answer. A refusal that is not Flinks' own counts: it is often a
// gateway in front of Flinks that checks the key, and tokens come from the same host.
func (a answer) keyRefusal() *flinks.Error {
	_, failure := a.judge(&envelopeBody{})
	switch {
	case failure == nil, failure.InSession, failure.Code == flinks.CodeSessionNonexistent, failure.Code == flinks.CodeSessionExpired:
		return nil
	case failure.Class == flinks.ClassInstance, failure.Class == flinks.ClassThrottled, failure.Class == flinks.ClassTransient:
		return failure
	case failure.Class != flinks.ClassUnknown:
		return nil // It is about the request.
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return a.failed(&envelope{}, flinks.EntryFor(flinks.CodeUnauthorized, flinks.MeaningOutOfSession))
	case a.status >= 400 && a.status < 500:
		return nil // Flinks may answer 404 for a session that never existed.
	}
	return failure
}

type envelopeBody struct{ envelope }
