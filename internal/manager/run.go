package manager

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/bankconnection"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/linkservice"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// leaseName is the name of the Lease that the leader holds.
const leaseName = "flinks-operator"

// reconcileTimeout is longer than the longest live call and the writes around it.
const reconcileTimeout = lifecycle.LiveCallTimeout + time.Minute

// NewScheme returns a scheme with the types that the operator reads and writes.
func NewScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	return scheme, v1alpha1.AddToScheme(scheme)
}

// Run runs the operator until ctx is done, and then until the live calls under way are
// recorded, which takes some minutes at most. It returns nil after an orderly stop.
func Run(ctx context.Context, cfg *rest.Config, o Options) error {
	if err := o.validate(); err != nil {
		return err
	}
	o.limitMemory()
	scheme, err := NewScheme()
	if err != nil {
		return fmt.Errorf("building the scheme: %w", err)
	}
	mgr, err := ctrl.NewManager(cfg, options(scheme, o))
	if err != nil {
		return fmt.Errorf("building the manager: %w", err)
	}
	if err := addProbes(mgr); err != nil {
		return fmt.Errorf("adding probes: %w", err)
	}
	records, closeRecords, err := o.openAuditLog(func(err error) { mgr.GetLogger().Error(err, "Audit record not written") })
	if err != nil {
		return err
	}
	defer closeRecords()
	inflight, err := addControllers(ctx, mgr, o, records)
	if err != nil {
		return fmt.Errorf("adding controllers: %w", err)
	}
	if err := addConnectionMetrics(mgr); err != nil {
		return fmt.Errorf("adding metrics: %w", err)
	}
	err = mgr.Start(ctx)
	// Another replica may lead by now. The calls under way are recorded all the same.
	inflight.Wait()
	return err
}

func options(scheme *runtime.Scheme, o Options) ctrl.Options {
	renew, retry := o.LeaseDuration*2/3, o.LeaseDuration*2/15
	return ctrl.Options{
		Scheme: scheme,
		Cache:  cache.Options{DefaultTransform: (&compactor{}).compact},
		Client: client.Options{Cache: &client.CacheOptions{
			// A reconcile that follows a write sees it, so that an old cache does not
			// repeat an action.
			EnableReadYourWritesConsistency: new(true),
		}},
		Controller: config.Controller{
			ReconciliationTimeout: reconcileTimeout,
			// Names are checked process-wide, and tests restart the manager.
			SkipNameValidation: new(true),
		},
		Metrics:                       metricsOptions(o),
		HealthProbeBindAddress:        o.ProbeAddress,
		PprofBindAddress:              o.ProfileAddress,
		LeaderElection:                o.LeaderElection,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       o.LeaderElectionNamespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &o.LeaseDuration,
		RenewDeadline:                 &renew,
		RetryPeriod:                   &retry,
	}
}

func metricsOptions(o Options) metricsserver.Options {
	m := metricsserver.Options{BindAddress: o.MetricsAddress, SecureServing: o.SecureMetrics}
	if o.SecureMetrics {
		m.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return m
}

// addProbes adds the health checks. A manager that waits for the lease is ready: otherwise
// a rollout would wait for it for ever.
func addProbes(mgr ctrl.Manager) error {
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	return mgr.AddReadyzCheck("caches", func(req *http.Request) error {
		if !mgr.GetCache().WaitForCacheSync(req.Context()) {
			return fmt.Errorf("caches are not filled yet")
		}
		return nil
	})
}

// AddIndexes adds the cache indexes that the reconcilers and the link service read.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	if err := instance.AddIndexes(ctx, indexer); err != nil {
		return err
	}
	if err := login.AddIndexes(ctx, indexer); err != nil {
		return err
	}
	if err := linkservice.AddIndexes(ctx, indexer); err != nil {
		return err
	}
	return refreshpolicy.AddIndexes(ctx, indexer)
}

func addControllers(ctx context.Context, mgr ctrl.Manager, o Options, records *audit.Log) (*bankconnection.Inflight, error) {
	if err := AddIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	live, err := newLive(mgr)
	if err != nil {
		return nil, err
	}
	api, err := newLinkAPI(ctx, o, live)
	if err != nil {
		return nil, err
	}
	data, err := newDataAPI(ctx, o, live)
	if err != nil {
		return nil, err
	}
	guard, err := addSecretGuard(ctx, mgr, o, live)
	if err != nil {
		return nil, err
	}
	all := NewReconcilers(Parts{
		Client: mgr.GetClient(), Live: live, Links: api.links(), MayWriteSecrets: guard.mayWrite,
		Flinks: flinksclient.New(flinksclient.Options{UserAgent: "flinks-operator", Transport: o.Transport}),
		Budget: budget.New(o.ConcurrentReconciles, o.LiveSessionsPerInstance),
		Clock:  o.Clock, Recorder: mgr.GetEventRecorder("flinks-operator"), Audit: records,
		DataPatience: o.DataPatience,
	})
	if err := all.Policies.SetupWithManager(mgr); err != nil {
		return nil, err
	}
	for _, r := range all.Instances {
		// One instance that hangs must not keep the others from being probed.
		if err := r.SetupWithManager(mgr, controller.Options{MaxConcurrentReconciles: o.ConcurrentReconciles / 4}); err != nil {
			return nil, err
		}
	}
	if err := api.add(mgr, all.LinkService); err != nil {
		return nil, err
	}
	if err := data.add(mgr, all.DataService); err != nil {
		return nil, err
	}
	return all.Connections.Inflight, all.Connections.SetupWithManager(mgr, controller.Options{MaxConcurrentReconciles: o.ConcurrentReconciles})
}

// newLive returns a client without a cache: the manager's client would start a watch of
// every Secret after a write of one.
func newLive(mgr ctrl.Manager) (client.Client, error) {
	live, err := client.New(mgr.GetConfig(), client.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
	})
	if err != nil {
		return nil, fmt.Errorf("building a client without a cache: %w", err)
	}
	return live, nil
}
