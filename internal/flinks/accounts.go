package flinks

import (
	"context"
	"net/http"
	"strings"
	"time"
)

const (
	maxAccounts    = 100
	maxAccountType = 32
)

// Account is one bank account of a login, without anything personal.
type Account struct {
	ID       string // GUID
	Type     string // letters, for instance Chequing; empty when absent or odd
	Currency string // three letters, for instance CAD; empty when absent or odd
}

// AccountsDetail is the outcome of a data call.
type AccountsDetail struct {
	// Pending: Flinks is still collecting. Ask GetAccountsDetailAsync every 10 s, for at
	// most 30 minutes. All other fields are zero.
	Pending bool
	// Accounts holds at most 100 accounts; those without a GUID are dropped.
	Accounts []Account
	// LastRefresh is when the data was read from the bank, UTC; zero when never or not said.
	LastRefresh time.Time
	// Login is the login that the data belongs to; zero when not said.
	Login LoginID
	// ScheduledRefresh is the flag of Flinks' own nightly refresh.
	ScheduledRefresh bool
	// Institution is the bank's name, sanitised; may be empty.
	Institution string
	// InstitutionID is Flinks' number of the bank; 0 when absent.
	InstitutionID int
	// Tag is that of the Connect link with which the login was linked; zero when absent or
	// odd.
	Tag Tag
}

type accountsRequest struct {
	RequestID           string `json:"RequestId"`
	WithAccountIdentity bool   `json:"WithAccountIdentity"`
	WithKYC             bool   `json:"WithKYC"`
	WithTransactions    bool   `json:"WithTransactions"`
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
// transactions, no identity, no KYC. The first answer is usually Pending. It may be
// repeated.
// Source: Flinks documentation, get accounts detail.
func (c *Client) GetAccountsDetail(ctx context.Context, ep Endpoint, cr Credentials, req RequestID) (AccountsDetail, error) {
	return c.accounts(ctx, ep, cr, req, call{
		op:     OpGetAccountsDetail,
		method: http.MethodPost,
		path:   []string{"GetAccountsDetail"},
		body:   accountsRequest{RequestID: req.value()},
	})
}

// GetAccountsDetailAsync asks again for data that was Pending. It may be repeated.
// Source: Flinks documentation, get accounts detail async.
func (c *Client) GetAccountsDetailAsync(ctx context.Context, ep Endpoint, cr Credentials, req RequestID) (AccountsDetail, error) {
	return c.accounts(ctx, ep, cr, req, call{
		op:     OpGetAccountsDetailAsync,
		method: http.MethodGet,
		path:   []string{"GetAccountsDetailAsync", req.value()},
	})
}

func (c *Client) accounts(ctx context.Context, ep Endpoint, cr Credentials, req RequestID, k call) (AccountsDetail, error) {
	if req.IsZero() {
		return AccountsDetail{}, refused(k.op, CodeInvalidCall)
	}
	k.headers = map[string]string{headerAPIKey: cr.APIKey.value()}
	k.long, k.limit = true, maxDataBytes
	a, failure := c.do(ctx, ep, k)
	if failure != nil {
		return AccountsDetail{}, failure
	}
	detail, failure := a.accountsDetail()
	if failure != nil {
		return AccountsDetail{}, failure
	}
	return detail, nil
}

func (a answer) accountsDetail() (AccountsDetail, *Error) {
	var body accountsBody
	status, failure := a.judge(&body)
	switch {
	case failure != nil && failure.Class == ClassPending:
		return AccountsDetail{Pending: true}, nil
	case failure != nil:
		return AccountsDetail{}, failure
	case status != http.StatusOK || body.Accounts == nil && body.Login == nil:
		return AccountsDetail{}, a.unreadable()
	}
	detail := AccountsDetail{
		Accounts:      body.kept(),
		Institution:   institutionName(body.Institution),
		InstitutionID: int(body.InstitutionID),
	}
	detail.Tag, _ = ParseTag(body.Tag.text)
	if body.Login != nil {
		// A missing or odd date is no reason to lose the accounts.
		detail.LastRefresh, _ = parseTime(body.Login.LastRefresh)
		detail.Login, _ = ParseLoginID([]byte(body.Login.ID.text))
		detail.ScheduledRefresh = bool(body.Login.IsScheduledRefresh)
	}
	return detail, nil
}

func (b *accountsBody) kept() []Account {
	var out []Account
	for _, w := range b.Accounts {
		if len(out) == maxAccounts {
			break
		}
		if isGUID(w.ID.text) {
			out = append(out, Account{ID: w.ID.text, Type: letters(w.Type, maxAccountType), Currency: currency(w.Currency)})
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
