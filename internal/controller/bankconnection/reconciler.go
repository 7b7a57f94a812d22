// Package bankconnection is the shell around the lifecycle of a BankConnection. A reconcile reads
// the facts, performs the one action that lifecycle.Decide names, and records the outcome as
// lifecycle.Record says. No decision is made here, and nothing that is held in memory is needed
// for safety.
package bankconnection

import (
	"context"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Flinks is the part of Flinks that a connection needs. All errors are
// *flinks.Error.
type Flinks interface {
	instance.TokenSource
	// Observe reads the state of a login. No bank is contacted; repeatable.
	Observe(context.Context, flinks.Endpoint, flinks.AuthorizeToken, flinks.LoginID) (flinks.Authorization, error)
	// Refresh opens a live session. It may text a code to a customer and is NOT
	// repeatable: at most one request is sent.
	Refresh(context.Context, flinks.Endpoint, flinks.AuthorizeToken, flinks.LoginID) (flinks.Authorization, error)
	// RefreshAsync does the same where Flinks offers AuthorizeAsync: it goes on after an
	// answer of class pending. It is NOT repeatable: at most one request is sent.
	RefreshAsync(context.Context, flinks.Endpoint, flinks.AuthorizeToken, flinks.LoginID) (flinks.Authorization, error)
	// PollRefresh asks how a session goes that RefreshAsync began; repeatable.
	PollRefresh(context.Context, flinks.Endpoint, flinks.AuthorizeToken, flinks.LoginID, flinks.RequestID) (flinks.Authorization, error)
	// GetAccountsDetail asks for the data of a session, of the accounts with the given ids;
	// repeatable.
	GetAccountsDetail(context.Context, flinks.Endpoint, flinks.Credentials, flinks.RequestID, ...string) (flinks.AccountsDetail, error)
	// GetAccountsDetailAsync asks again after a pending answer; repeatable.
	GetAccountsDetailAsync(context.Context, flinks.Endpoint, flinks.Credentials, flinks.RequestID) (flinks.AccountsDetail, error)
	// SetScheduledRefresh switches Flinks' own nightly refresh of a login on or off;
	// repeatable.
	SetScheduledRefresh(context.Context, flinks.Endpoint, flinks.Credentials, flinks.LoginID, bool) error
	// DeleteCard deletes a login for good. Repeatable: class gone means that
	// there is no such login.
	DeleteCard(context.Context, flinks.Endpoint, flinks.Credentials, flinks.LoginID) error
}

// Reconciler reconciles BankConnections.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live does both without the cache, which ends with the manager.
	Live client.Client
	// Logins of the same process.
	Logins *login.Reader
	// Protection keeps the Secrets of logins.
	Protection finalizer.SecretProtection
	// Secrets writes those that are delivered.
	Secrets          secret.Writer
	IneligibleLogins *instance.IneligibleLogins
	Deletions        *instance.Deletions
	// Admission lets calls through within the limits of the instance.
	Admission instance.Admission
	// Flinks returns a client that reports its calls to the meter.
	Flinks   func(instance.Meter) Flinks
	Clock    clock.PassiveClock
	Recorder events.EventRecorder
	// Audit gets a record of what people and applications did.
	Audit *audit.Log
	// Inflight are the live calls that are out.
	Inflight *Inflight

	memory memory
}
