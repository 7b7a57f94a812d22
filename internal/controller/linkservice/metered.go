package linkservice

import (
	"context"

	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// metered is Flinks for one request: the budget of the instance learns of each call, and of
// what came of it.
type metered struct {
	Flinks
	instance.Meter
}

func (m metered) GenerateAuthorizeToken(ctx context.Context, e flinks.Endpoint, c flinks.Credentials) (flinks.AuthorizeToken, error) {
	m.Call()
	token, err := m.Flinks.GenerateAuthorizeToken(ctx, e, c)
	m.ReportToken(err)
	return token, err
}

func (m metered) Observe(ctx context.Context, e flinks.Endpoint, t flinks.AuthorizeToken, l flinks.LoginID) (flinks.Authorization, error) {
	m.Call()
	a, err := m.Flinks.Observe(ctx, e, t, l)
	m.Report(err)
	return a, err
}

func (m metered) GetAccountsDetail(ctx context.Context, e flinks.Endpoint, c flinks.Credentials, id flinks.RequestID) (flinks.AccountsDetail, error) {
	m.Call()
	d, err := m.Flinks.GetAccountsDetail(ctx, e, c, id)
	m.Report(err)
	return d, err
}

func (m metered) GetAccountsDetailAsync(ctx context.Context, e flinks.Endpoint, c flinks.Credentials, id flinks.RequestID) (flinks.AccountsDetail, error) {
	m.Call()
	d, err := m.Flinks.GetAccountsDetailAsync(ctx, e, c, id)
	m.Report(err)
	return d, err
}
