package client

import (
	"context"
	"net/http"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

const maxRefreshState = 64

type nightlyBody struct {
	envelope
	Cards []struct {
		LoginID   looseString `json:"LoginId"`
		Date      looseString `json:"LastRefreshDate"`
		State     looseString `json:"LastRefreshState"`
		ErrorCode looseString `json:"LastRefreshErrorCode"`
	} `json:"IneligibleCards"`
}

// GetNightlyRefreshStatus asks once for a whole instance. It needs the BearerToken,
// which many instances do not have; without one the call is refused here with
// CodeCredentialMissing. It may be repeated.
// Source: Flinks documentation, get nightly refresh status.
func (c *Client) GetNightlyRefreshStatus(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials) (flinks.NightlyStatus, error) {
	k := call{
		op:      flinks.OpGetNightlyRefreshStatus,
		method:  http.MethodGet,
		path:    []string{"GetNightlyRefreshStatus"},
		headers: map[string]string{"Authorization": "Bearer " + opaque.Reveal(cr.BearerToken.Value)},
		limit:   maxDataBytes, // one row per login of the instance
	}
	if cr.BearerToken.IsZero() {
		k.refused = flinks.CodeCredentialMissing
	}
	return send(ctx, c, ep, k, answer.nightlyStatus)
}

func (a answer) nightlyStatus() (flinks.NightlyStatus, *flinks.Error) {
	var body nightlyBody
	if _, failure := a.judge(&body); failure != nil {
		return flinks.NightlyStatus{}, failure
	}
	return body.result(), nil
}

func (b *nightlyBody) result() flinks.NightlyStatus {
	var out flinks.NightlyStatus
	for _, card := range b.Cards {
		login, err := flinks.ParseLoginID([]byte(card.LoginID.text))
		if err != nil {
			continue
		}
		entry := flinks.IneligibleLogin{Login: login, State: letters(card.State, maxRefreshState)}
		entry.LastRefresh, _ = parseTime(card.Date)
		if card.ErrorCode.present() {
			// These outcomes are those of bank sessions.
			entry.Code = lookupRemote(card.ErrorCode.text, true).Code
		}
		out.Ineligible = append(out.Ineligible, entry)
	}
	return out
}

type scheduleRequest struct {
	LoginID     string `json:"LoginId"`
	IsActivated bool   `json:"IsActivated"`
}

// SetScheduledRefresh switches Flinks' own nightly refresh of a login on or off. It may
// be repeated. The answer is a sentence in some instances and an object in others, so
// only the status counts; read the flag back with Observe.
// Source: Flinks documentation, set scheduled refresh.
func (c *Client) SetScheduledRefresh(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials, login flinks.LoginID, active bool) error {
	k := call{
		op:      flinks.OpSetScheduledRefresh,
		method:  http.MethodPatch,
		path:    []string{"SetScheduledRefresh"},
		headers: cardHeaders(cr),
		body:    scheduleRequest{LoginID: opaque.Reveal(login.Value), IsActivated: active},
		limit:   maxControlBytes,
	}
	if login.IsZero() {
		k.refused = flinks.CodeInvalidCall
	}
	return sendOnly(ctx, c, ep, k, answer.scheduling)
}

// scheduling judges like a deletion, whose shapes it shares (except for the 404:
// here no loginId is in the path), but an empty 2xx will do.
func (a answer) scheduling() *flinks.Error {
	if a.success() && len(a.body) == 0 {
		return nil
	}
	return a.deletion()
}
