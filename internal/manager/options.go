// Package manager builds and runs the operator.
package manager

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/controller/dataservice"
)

// Options of the operator's process.
type Options struct {
	// MetricsAddress serves metrics; "0" serves none.
	MetricsAddress string
	// SecureMetrics serves metrics over TLS, to clients that the API server authorizes.
	SecureMetrics bool
	// ProbeAddress serves /healthz and /readyz; "0" serves none.
	ProbeAddress string
	// ProfileAddress serves profiles, to every process that reaches it: a loopback address; "0"
	// serves none.
	ProfileAddress string
	// MemoryLimit is the memory limit of the container, a quantity; nine tenths of it are the soft
	// limit of the Go runtime. Empty for no limit.
	MemoryLimit string
	// LeaderElection lets only one of several replicas act.
	LeaderElection bool
	// LeaderElectionNamespace is where the Lease is; the pod's own if empty.
	LeaderElectionNamespace string
	// Namespace is where the operator's own Secrets are; the pod's own if empty.
	Namespace string
	// LinkAPIAddress serves the link API over TLS, to gateways that the API server
	// authorizes; "0" serves none, and then there are no links to gateways.
	LinkAPIAddress string
	// LinkAPIListener is used instead of LinkAPIAddress, if the caller has to know the
	// port. Run closes it.
	LinkAPIListener net.Listener
	// DataAPIAddress serves the data API over TLS, to applications that the API server
	// authorizes; "0" serves none.
	DataAPIAddress string
	// DataAPIListener is used instead of DataAPIAddress, if the caller has to know the port.
	// Run closes it.
	DataAPIListener net.Listener
	// DataAdvertiseIP is the address at which other replicas reach this one, to pass reads on to
	// the leader; without it they do not.
	DataAdvertiseIP string
	// DataPatience is how long an application is kept waiting while Flinks collects the data, and
	// DataWriteTimeout bounds a whole answer.
	DataPatience, DataWriteTimeout time.Duration
	// AllowUnguardedSecretWrites lets the operator write Secrets even if the
	// ValidatingAdmissionPolicy that bounds this is not in force.
	AllowUnguardedSecretWrites bool
	// AuditLogPath is the file that audit records are appended to: "-" is standard output, and
	// empty records nothing.
	AuditLogPath string
	// AuditLog is used instead of AuditLogPath.
	AuditLog io.Writer
	// ConcurrentReconciles is the number of workers for connections. At most half of them
	// hold a live session, at most a quarter another call to the same instance, and at
	// most three quarters either.
	ConcurrentReconciles int
	// LiveSessionsPerInstance limits the concurrent live sessions on one instance.
	LiveSessionsPerInstance int
	// Transport of calls to Flinks; nil for the client's own.
	Transport http.RoundTripper
	// Clock of all decisions.
	Clock clock.PassiveClock
	// LeaseDuration is how long other replicas wait for a silent leader.
	LeaseDuration time.Duration
}

// Default returns the options that the flags start from.
func Default() Options {
	return Options{
		MetricsAddress:          ":8443",
		SecureMetrics:           true,
		ProbeAddress:            ":8081",
		ProfileAddress:          "0",
		LinkAPIAddress:          ":9443",
		DataAPIAddress:          "0",
		DataPatience:            dataservice.DefaultPatience,
		DataWriteTimeout:        dataAPIWriteTimeout,
		LeaderElection:          true,
		AuditLogPath:            "-",
		ConcurrentReconciles:    32,
		LiveSessionsPerInstance: 10,
		Clock:                   clock.RealClock{},
		LeaseDuration:           15 * time.Second,
	}
}

// BindFlags makes the options settable by flags.
func (o *Options) BindFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.MetricsAddress, "metrics-bind-address", o.MetricsAddress, `address of the metrics endpoint; "0" for none`)
	fs.BoolVar(&o.SecureMetrics, "metrics-secure", o.SecureMetrics, "serve metrics over TLS to authorized clients only")
	fs.StringVar(&o.ProbeAddress, "health-probe-bind-address", o.ProbeAddress, `address of /healthz and /readyz; "0" for none`)
	fs.StringVar(&o.ProfileAddress, "pprof-bind-address", o.ProfileAddress, `loopback address of net/http/pprof, such as 127.0.0.1:6060; "0" for none`)
	fs.StringVar(&o.MemoryLimit, "memory-limit", o.MemoryLimit, "memory limit of the container, such as 512Mi; nine tenths of it are a soft limit of the Go runtime; empty for no limit")
	fs.BoolVar(&o.LeaderElection, "leader-elect", o.LeaderElection, "let only one of several replicas act")
	fs.StringVar(&o.LeaderElectionNamespace, "leader-election-namespace", o.LeaderElectionNamespace, "namespace of the Lease; the pod's own if empty")
	fs.StringVar(&o.Namespace, "namespace", o.Namespace, "namespace of the operator's own Secrets; the pod's own if empty")
	fs.StringVar(&o.LinkAPIAddress, "link-api-bind-address", o.LinkAPIAddress, `address of the link API, which the gateway calls; "0" for none`)
	fs.StringVar(&o.DataAPIAddress, "data-bind-address", o.DataAPIAddress, `address of the data API, from which applications read the data of their connections; "0" for none`)
	fs.StringVar(&o.DataAdvertiseIP, "data-advertise-ip", o.DataAdvertiseIP, "IP address at which other replicas reach the data API of this one, the pod's; without it they pass no reads on to it")
	fs.BoolVar(&o.AllowUnguardedSecretWrites, "allow-unguarded-secret-writes", o.AllowUnguardedSecretWrites, "write Secrets even if the ValidatingAdmissionPolicy flinks-operator-secrets is not in force")
	fs.StringVar(&o.AuditLogPath, "audit-log-path", o.AuditLogPath, "file that audit records are appended to; - for standard output, empty for none")
	fs.IntVar(&o.ConcurrentReconciles, "concurrent-reconciles", o.ConcurrentReconciles, "connections reconciled at once; at most half of them hold a live session, a quarter another call to the same instance, three quarters either")
	fs.IntVar(&o.LiveSessionsPerInstance, "live-sessions-per-instance", o.LiveSessionsPerInstance, "live sessions at once on one Flinks instance")
}

func (o *Options) validate() error {
	if o.ConcurrentReconciles < 4 {
		return fmt.Errorf("concurrent-reconciles must be at least 4, is %d", o.ConcurrentReconciles)
	}
	if o.LiveSessionsPerInstance < 1 {
		return fmt.Errorf("live-sessions-per-instance must be at least 1, is %d", o.LiveSessionsPerInstance)
	}
	if !isLoopback(o.ProfileAddress) {
		return fmt.Errorf("pprof-bind-address must be a loopback address, is %q", o.ProfileAddress)
	}
	if _, err := memoryGoal(o.MemoryLimit); err != nil {
		return err
	}
	return nil
}
