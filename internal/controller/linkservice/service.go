// Package linkservice answers the gateway: what the page of a link shows, that a customer asks
// for a live session, the way to Flinks Connect, that a new login is kept, and that a webhook
// speaks of a login. Every replica has a service. It opens no live session and reconciles
// nothing: what is asked for goes into the status of the BankConnection, and the leader does it.
package linkservice

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/link"
)

// Flinks is the part of Flinks that links need. All errors are *flinks.Error, and every call
// may be repeated: none contacts a bank.
type Flinks interface {
	instance.TokenSource
	// Observe reads the state of a login.
	Observe(context.Context, flinks.Endpoint, flinks.AuthorizeToken, flinks.LoginID) (flinks.Authorization, error)
	// GetAccountsDetail asks for the data of a session.
	GetAccountsDetail(context.Context, flinks.Endpoint, flinks.Credentials, flinks.RequestID, ...string) (flinks.AccountsDetail, error)
	// GetAccountsDetailAsync asks again after a pending answer.
	GetAccountsDetailAsync(context.Context, flinks.Endpoint, flinks.Credentials, flinks.RequestID) (flinks.AccountsDetail, error)
}

// Service implements linkapi.Backend.
//
// It holds in memory how often Flinks was called for a link, how far the verification of a new
// login got, and what it recorded lately. A replica that restarts verifies the login from the
// beginning, and may record once more what changes nothing.
type Service struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Logins of the same process.
	Logins *login.Reader
	// Keys returns the keys that links are signed with. It does not block.
	Keys func() link.Keys
	// Admission lets calls through within the limits of the instance.
	Admission instance.Admission
	// Flinks returns a client that reports its calls to the meter.
	Flinks func(instance.Meter) Flinks
	// Secrets are written for new logins.
	Secrets  secret.Writer
	Clock    clock.PassiveClock
	Recorder events.EventRecorder
	// Audit gets a record of what customers did.
	Audit *audit.Log
	// OtherLogins counts the customers of an instance who came back with another login than the
	// bound one.
	OtherLogins func(instance.Key)

	tokens, checks, refusals, notifications, proofs, records limiter[types.UID]
	browserProofs                                            limiter[browser]
	polls                                                    pacer[types.UID]
	recorded                                                 pacer[sighting]
	verifications                                            verifications
	logos                                                    logos
}

const (
	// How often Flinks may be called for one link within an hour. A customer who tries
	// again and again needs less; a stolen link gets no more.
	tokensPerHour, checksPerHour = 20, 30
	// proofsPerHour bounds the tickets that are tried for one connection, by all browsers together: for
	// each, a Secret is read.
	proofsPerHour = 1000
	// notificationsPerHour bounds what webhooks for one login bring about.
	notificationsPerHour = 60
)
