// Package dataservice finds the data that applications read through the data API: it asks Flinks
// for a session of the bound login, and hands the answer on as it comes. It stores nothing and
// reconciles nothing. The leader alone has it, because the limits of an instance are the leader's.
package dataservice

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Flinks is the part of Flinks that reading needs. All errors are *flinks.Error, and every call
// may be repeated: none contacts a bank.
type Flinks interface {
	instance.TokenSource
	// Observe reads the state of a login.
	Observe(context.Context, flinks.Endpoint, flinks.AuthorizeToken, flinks.LoginID) (flinks.Authorization, error)
	// StreamAccountsDetail asks for the data of a session.
	StreamAccountsDetail(context.Context, flinks.Endpoint, flinks.Credentials, flinks.RequestID, flinks.DataRequest) (flinks.DataStream, error)
	// StreamAccountsDetailAsync asks again after a pending answer.
	StreamAccountsDetailAsync(context.Context, flinks.Endpoint, flinks.Credentials, flinks.RequestID, time.Duration) (flinks.DataStream, error)
}

// Service implements dataapi.Backend.
//
// It holds in memory which sessions Flinks is still collecting data for, how often connections
// are read, and what time of data a look last found. A process that restarts begins again.
type Service struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Logins of the same process.
	Logins *login.Reader
	// Admission lets calls through within the limits of the instance.
	Admission instance.Admission
	// Flinks returns a client that reports its calls to the meter.
	Flinks func(instance.Meter) Flinks
	Clock  clock.PassiveClock
	// Audit gets a record of each read.
	Audit *audit.Log
	// Patience is how long a caller is kept waiting while Flinks collects the data, and for the
	// beginning of each of its answers.
	Patience time.Duration

	memory memory
}

// DefaultPatience is how long a caller is kept waiting.
const DefaultPatience = 30 * time.Second

const (
	// pollPace is how often Flinks may be asked for data that it is collecting.
	pollPace = 10 * time.Second
	// lookPace is how often a caller that has the newest known data makes the operator look for
	// newer data.
	lookPace = time.Minute
	// readsPerMinute bounds the reads of one connection that cost calls.
	readsPerMinute = 10
	// sessionLife is how long Flinks keeps a session that it collects data for, and idleLife how
	// long one that no call touches; both with a margin.
	sessionLife, idleLife = 28 * time.Minute, 7 * time.Minute
	// maxRemembered bounds the connections that are remembered.
	maxRemembered = 4096
)

// nameOf names a connection.
type nameOf = types.NamespacedName
