package manager

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// calls counts the calls to Flinks by operation and by code of the operator's
// catalogue: labels out of closed sets, and nothing that names a login.
var calls = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "flinks_operator_calls_total",
	Help: "Calls to Flinks by operation and code; OK for success.",
}, []string{"operation", "code"})

func init() { metrics.Registry.MustRegister(calls) }

// counted is a client whose calls are counted.
type counted struct{ *flinksclient.Client }

func count(op flinks.Operation, err error) {
	code := flinks.CodeOK
	if remote, ok := errors.AsType[*flinks.Error](err); ok {
		code = remote.Code
	}
	calls.WithLabelValues(string(op), string(code)).Inc()
}

func (c counted) ProbeAPIKey(ctx context.Context, e flinks.Endpoint, cr flinks.Credentials) error {
	err := c.Client.ProbeAPIKey(ctx, e, cr)
	count(flinks.OpGetAccountsSummary, err)
	return err
}

func (c counted) GenerateAuthorizeToken(ctx context.Context, e flinks.Endpoint, cr flinks.Credentials) (flinks.AuthorizeToken, error) {
	token, err := c.Client.GenerateAuthorizeToken(ctx, e, cr)
	count(flinks.OpGenerateAuthorizeToken, err)
	return token, err
}

func (c counted) Observe(ctx context.Context, e flinks.Endpoint, t flinks.AuthorizeToken, l flinks.LoginID) (flinks.Authorization, error) {
	a, err := c.Client.Observe(ctx, e, t, l)
	count(flinks.OpObserve, err)
	return a, err
}

func (c counted) Refresh(ctx context.Context, e flinks.Endpoint, t flinks.AuthorizeToken, l flinks.LoginID) (flinks.Authorization, error) {
	a, err := c.Client.Refresh(ctx, e, t, l)
	count(flinks.OpRefresh, err)
	return a, err
}

func (c counted) GetAccountsDetail(ctx context.Context, e flinks.Endpoint, cr flinks.Credentials, r flinks.RequestID) (flinks.AccountsDetail, error) {
	d, err := c.Client.GetAccountsDetail(ctx, e, cr, r)
	count(flinks.OpGetAccountsDetail, err)
	return d, err
}

func (c counted) GetAccountsDetailAsync(ctx context.Context, e flinks.Endpoint, cr flinks.Credentials, r flinks.RequestID) (flinks.AccountsDetail, error) {
	d, err := c.Client.GetAccountsDetailAsync(ctx, e, cr, r)
	count(flinks.OpGetAccountsDetailAsync, err)
	return d, err
}

func (c counted) DeleteCard(ctx context.Context, e flinks.Endpoint, cr flinks.Credentials, l flinks.LoginID) error {
	err := c.Client.DeleteCard(ctx, e, cr, l)
	count(flinks.OpDeleteCard, err)
	return err
}

func (c counted) SetScheduledRefresh(ctx context.Context, e flinks.Endpoint, cr flinks.Credentials, l flinks.LoginID, active bool) error {
	err := c.Client.SetScheduledRefresh(ctx, e, cr, l, active)
	count(flinks.OpSetScheduledRefresh, err)
	return err
}

func (c counted) GetNightlyRefreshStatus(ctx context.Context, e flinks.Endpoint, cr flinks.Credentials) (flinks.NightlyStatus, error) {
	status, err := c.Client.GetNightlyRefreshStatus(ctx, e, cr)
	count(flinks.OpGetNightlyRefreshStatus, err)
	return status, err
}
