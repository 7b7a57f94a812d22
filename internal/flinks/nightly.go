package flinks

import (
	"context"
	"net/http"
	"time"
)

const maxRefreshState = 64

// NightlyStatus lists the logins that Flinks' own nightly refresh leaves out.
type NightlyStatus struct {
	// Ineligible logins have nightly refresh switched on and are not refreshed. A login
	// that is absent is either fine or not switched on.
	Ineligible []IneligibleLogin
}

// IneligibleLogin is one login that nightly refresh leaves out.
type IneligibleLogin struct {
	Login       LoginID   // match it with LoginID.Equal
	LastRefresh time.Time // UTC; zero = never, or not said
	State       string    // what the last refresh was doing: at most 64 letters, else empty
	Code        Code      // its error; empty when there was none
}

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
func (c *Client) GetNightlyRefreshStatus(ctx context.Context, ep Endpoint, cr Credentials) (NightlyStatus, error) {
	if cr.BearerToken.IsZero() {
		return NightlyStatus{}, refused(OpGetNightlyRefreshStatus, CodeCredentialMissing)
	}
	a, failure := c.do(ctx, ep, call{
		op:      OpGetNightlyRefreshStatus,
		method:  http.MethodGet,
		path:    []string{"GetNightlyRefreshStatus"},
		headers: map[string]string{"Authorization": "Bearer " + cr.BearerToken.value()},
		limit:   maxDataBytes, // one row per login of the instance
	})
	if failure != nil {
		return NightlyStatus{}, failure
	}
	var body nightlyBody
	if _, failure := a.judge(&body); failure != nil {
		return NightlyStatus{}, failure
	}
	return body.status(), nil
}

func (b *nightlyBody) status() NightlyStatus {
	var out NightlyStatus
	for _, card := range b.Cards {
		login, err := ParseLoginID([]byte(card.LoginID.text))
		if err != nil {
			continue
		}
		entry := IneligibleLogin{Login: login, State: letters(card.State, maxRefreshState)}
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
func (c *Client) SetScheduledRefresh(ctx context.Context, ep Endpoint, cr Credentials, login LoginID, active bool) error {
	if login.IsZero() {
		return refused(OpSetScheduledRefresh, CodeInvalidCall)
	}
	a, failure := c.do(ctx, ep, call{
		op:      OpSetScheduledRefresh,
		method:  http.MethodPatch,
		path:    []string{"SetScheduledRefresh"},
		headers: c.cardHeaders(cr),
		body:    scheduleRequest{LoginID: login.value(), IsActivated: active},
		limit:   maxControlBytes,
	})
	if failure == nil {
		failure = a.scheduling()
	}
	if failure != nil {
		return failure
	}
	return nil
}

// scheduling judges like a deletion, whose shapes it shares (except for the 404:
// here no loginId is in the path), but an empty 2xx will do.
func (a answer) scheduling() *Error {
	if a.success() && len(a.body) == 0 {
		return nil
	}
	return a.deletion()
}
