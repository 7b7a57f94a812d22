package cluster

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/flinks-operator/flinks-operator/internal/manager"
)

// LeaseNamespace is where the operator is installed.
const LeaseNamespace = "flinks-system"

// Start runs a manager as its ServiceAccount, until the test ends or stop is called.
// stop returns when the manager has.
func (c *Cluster) Start(change ...func(*manager.Options)) (stop func()) {
	c.T.Helper()
	options := manager.Default()
	options.MetricsAddress, options.ProbeAddress, options.LinkAPIAddress = "0", "0", "0"
	options.LeaderElectionNamespace, options.Namespace = LeaseNamespace, LeaseNamespace
	options.LeaseDuration = 3 * time.Second
	options.AuditLog = Records
	for _, f := range change {
		f(&options)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.T.Context()))
	done := make(chan error, 1)
	go func() {
		done <- manager.Run(ctx, c.Env.AsServiceAccount(LeaseNamespace, "flinks-operator-manager"), options)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			c.T.Errorf("manager: %v", err)
		}
	})
	c.T.Cleanup(stop)
	return stop
}

// Eventually waits until a condition holds; also in a cleanup.
func (c *Cluster) Eventually(what string, limit time.Duration, holds func(ctx context.Context) (bool, error)) {
	c.T.Helper()
	if err := wait.PollUntilContextTimeout(context.WithoutCancel(c.T.Context()), 50*time.Millisecond, limit, true, holds); err != nil {
		c.T.Fatalf("%s: %v", what, err)
	}
}
