package client

import (
	"context"
	"net/http"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

type accountsRequest struct {
	RequestID           string   `json:"RequestId"`
	WithAccountIdentity bool     `json:"WithAccountIdentity"`
	WithKYC             bool     `json:"WithKYC"`
	WithTransactions    bool     `json:"WithTransactions"`
	AccountsFilter      []string `json:"AccountsFilter,omitempty"`
}

type accountsBody struct {
	envelope
	InstitutionID looseInt      `json:"InstitutionId"`
	Login         *wireLogin    `json:"Login"`
	Accounts      []wireAccount `json:"Accounts"`
	Tag           looseString   `json:"Tag"`
}

// wireAccount declares only what is kept: holder, number and balance are never decoded.
type wireAccount struct {
	ID       looseString `json:"Id"`
	Type     looseString `json:"Type"`
	Currency looseString `json:"Currency"`
}

// GetAccountsDetail asks for the data of a session, the least that Flinks offers: no
// transactions, no identity, no KYC; of the accounts with the given ids, or of all accounts
// of the login if there are none. The first answer is usually Pending. It may be repeated.
// Source: Flinks documentation, get accounts detail.
func (c *Client) GetAccountsDetail(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials, req flinks.RequestID, accounts ...string) (flinks.AccountsDetail, error) {
	return c.accounts(ctx, ep, cr, req, call{
		op:     flinks.OpGetAccountsDetail,
		method: http.MethodPost,
		path:   []string{"GetAccountsDetail"},
		body:   accountsRequest{RequestID: opaque.Reveal(req.Value), AccountsFilter: accounts},
	})
}

// GetAccountsDetailAsync asks again for data that was Pending. It may be repeated.
// Source: Flinks documentation, get accounts detail async.
func (c *Client) GetAccountsDetailAsync(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials, req flinks.RequestID) (flinks.AccountsDetail, error) {
	return c.accounts(ctx, ep, cr, req, call{
		op:     flinks.OpGetAccountsDetailAsync,
		method: http.MethodGet,
		path:   []string{"GetAccountsDetailAsync", opaque.Reveal(req.Value)},
	})
}

func (c *Client) accounts(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials, req flinks.RequestID, k call) (flinks.AccountsDetail, error) {
	k.headers = map[string]string{headerAPIKey: opaque.Reveal(cr.APIKey.Value)}
	k.long, k.limit = true, maxDataBytes
	if req.IsZero() {
		k.refused = flinks.CodeInvalidCall
	}
	return send(ctx, c, ep, k, answer.accountsDetail)
}

const maxAccountType = 32

func (a answer) accountsDetail() (flinks.AccountsDetail, *flinks.Error) {
	var body accountsBody
	status, failure := a.judge(&body)
	switch {
	case failure != nil && failure.Class == flinks.ClassPending:
		return flinks.AccountsDetail{Pending: true}, nil
	case failure != nil:
		return flinks.AccountsDetail{}, failure
	case status != http.StatusOK || body.Accounts == nil && body.Login == nil:
		return flinks.AccountsDetail{}, a.unreadable()
	}
	detail := flinks.AccountsDetail{
		Accounts:      body.kept(),
		Institution:   institutionName(body.Institution),
		InstitutionID: int(body.InstitutionID),
	}
	detail.Tag, _ = flinks.ParseTag(body.Tag.text)
	if body.Login != nil {
		// A missing or odd date is no reason to lose the accounts.
		detail.LastRefresh, _ = parseTime(body.Login.LastRefresh)
		detail.Login, _ = flinks.ParseLoginID([]byte(body.Login.ID.text))
		detail.ScheduledRefresh = bool(body.Login.IsScheduledRefresh)
	}
	return detail, nil
}

func (b *accountsBody) kept() []flinks.Account {
	var out []flinks.Account
	for _, w := range b.Accounts {
		if len(out) == flinks.MaxAccounts {
			break
		}
		if guid.Is(w.ID.text) {
			out = append(out, flinks.Account{ID: w.ID.text, Type: letters(w.Type, maxAccountType), Currency: currency(w.Currency)})
		}
	}
	return out
}

func currency(s looseString) string {
	if c := letters(s, 3); len(c) == 3 {
		return strings.ToUpper(c)
	}
	return ""
}
