package manager

import (
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/bankconnection"
	"github.com/flinks-operator/flinks-operator/internal/controller/dataservice"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/linkservice"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// Parts are what the reconcilers of one process consist of.
type Parts struct {
	// Client reads from the cache and writes to the API server. It must have the indexes
	// that AddIndexes adds.
	Client client.Client
	// Live reads from the API server too.
	Live client.Client
	// MayWriteSecrets reports whether Secrets may be written; nil if they always may.
	MayWriteSecrets func() bool
	// Flinks is the client of all reconcilers.
	Flinks *flinksclient.Client
	// Budget is shared, because the limits of an instance hold for all its callers.
	Budget   *budget.Budget
	Clock    clock.PassiveClock
	Recorder events.EventRecorder
	// Audit gets records of what people and applications did; nil for none.
	Audit *audit.Log
	// Links to gateways; nil if the link API is not served.
	Links *login.Links
	// DataPatience is how long an application is kept waiting for data.
	DataPatience time.Duration
}

// Reconcilers are those of one process, and its link service. They share their memory.
type Reconcilers struct {
	// Instances has one reconciler for each Kind.
	Instances   []*instance.Reconciler
	Connections *bankconnection.Reconciler
	Policies    *refreshpolicy.Reconciler
	// LinkService answers the gateway; nil without links.
	LinkService *linkservice.Service
	// DataService answers applications.
	DataService *dataservice.Service
}

// NewReconcilers builds the reconcilers of one process.
func NewReconcilers(p Parts) *Reconcilers {
	remote, secrets := p.Flinks.WithObserver(countCalls), secret.Reader{Live: p.Live}
	credentials := &instance.CredentialCache{Secrets: secrets, Clock: p.Clock}
	probes, ineligible := instance.NewProbeQueue(), instance.NewIneligibleLogins()
	deletions := &instance.Deletions{Client: p.Client}
	protection := finalizer.SecretProtection{Live: p.Live, Instances: p.Client}
	all := &Reconcilers{Policies: &refreshpolicy.Reconciler{
		Client: p.Client, Clock: p.Clock, Recorder: p.Recorder, Tally: refreshpolicy.NewTally(),
	}}
	for _, kind := range []v1alpha1.InstanceKind{v1alpha1.KindFlinksInstance, v1alpha1.KindClusterFlinksInstance} {
		all.Instances = append(all.Instances, &instance.Reconciler{
			Kind: kind, Client: p.Client, CredentialCache: credentials, ProbeQueue: probes, IneligibleLogins: ineligible,
			Flinks: func(m instance.Meter) instance.Flinks { return remote.WithObserver(m.Observe) },
			Budget: p.Budget, Protection: protection, Deletions: deletions, Clock: p.Clock, Recorder: p.Recorder,
			Audit: p.Audit, Tally: instance.NewTally(kind),
		})
	}
	admission, writer := instance.Admission{Budget: p.Budget, Clock: p.Clock}, secret.Writer{Live: p.Live, MayWrite: p.MayWriteSecrets}
	logins := &login.Reader{
		Client: p.Client, Live: p.Live, Secrets: secrets, Instances: instance.Resolver{Client: p.Client}, CredentialCache: credentials,
		ProbeQueue: probes, Deletions: deletions, Admission: admission, Clock: p.Clock, Links: p.Links,
	}
	all.Connections = &bankconnection.Reconciler{
		Client: p.Client, Live: p.Live, Logins: logins, Protection: protection, Secrets: writer, IneligibleLogins: ineligible, Deletions: deletions,
		Admission: admission, Clock: p.Clock, Recorder: p.Recorder, Audit: p.Audit, Inflight: &bankconnection.Inflight{},
		Flinks: func(m instance.Meter) bankconnection.Flinks { return remote.WithObserver(m.Observe) },
	}
	all.DataService = &dataservice.Service{
		Client: p.Client, Logins: logins, Admission: admission, Clock: p.Clock, Audit: p.Audit, Patience: p.DataPatience,
		Flinks: func(m instance.Meter) dataservice.Flinks { return remote.WithObserver(m.Observe) },
	}
	if p.Links != nil {
		all.LinkService = &linkservice.Service{
			Client: p.Client, Live: p.Live, Logins: logins, Keys: p.Links.Keys, Admission: admission, Secrets: writer,
			Clock: p.Clock, Recorder: p.Recorder, Audit: p.Audit, OtherLogins: countOtherLogin,
			Flinks: func(m instance.Meter) linkservice.Flinks { return remote.WithObserver(m.Observe) },
		}
	}
	return all
}
