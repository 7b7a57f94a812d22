package instance

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// TokenSource is what most calls need of Flinks before they are made.
type TokenSource interface {
	// GenerateAuthorizeToken asks for a single-use token. It may be called any
	// number of times: unused tokens die alone. Errors are *flinks.Error; class
	// instance means that the keys or the customerId are refused.
	GenerateAuthorizeToken(context.Context, flinks.Endpoint, flinks.Credentials) (flinks.AuthorizeToken, error)
}

// Flinks is the part of Flinks that an instance needs.
type Flinks interface {
	TokenSource
	// ProbeAPIKey finds out whether Flinks accepts the x-api-key; repeatable. Errors are
	// *flinks.Error; class instance means that the key is refused.
	ProbeAPIKey(context.Context, flinks.Endpoint, flinks.Credentials) error
	// GetNightlyRefreshStatus lists the logins that nightly refresh leaves out, of the
	// whole instance; repeatable. Errors are *flinks.Error.
	GetNightlyRefreshStatus(context.Context, flinks.Endpoint, flinks.Credentials) (flinks.NightlyStatus, error)
}

// Reconciler finds out whether Flinks accepts the keys of an instance, and counts
// its connections. One Reconciler serves one Kind.
type Reconciler struct {
	Kind   v1alpha1.InstanceKind
	Client client.Client
	// Flinks returns a client that reports its calls to the meter.
	Flinks           func(Meter) Flinks
	CredentialCache  *CredentialCache
	ProbeQueue       *ProbeQueue
	IneligibleLogins *IneligibleLogins
	Budget           *budget.Budget
	Protection       finalizer.SecretProtection
	// Tally counts the connections of the instances of Kind; the watch of connections updates it.
	Tally *Tally
	// Deletions are shared with the reconciler of connections.
	Deletions *Deletions
	Clock     clock.PassiveClock
	Recorder  events.EventRecorder
	// Audit gets a record of what administrators did.
	Audit *audit.Log

	// notUntil paces probes that failed. It may be lost at any time.
	notUntil sync.Map // Key → pace
	// nightlyNotUntil does the same for nightly checks that could not be made.
	nightlyNotUntil sync.Map // Key → pace
}

type pace struct {
	generation int64
	until      time.Time
}
