package manager

import (
	"context"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestTurnsReachConnections: more connections come at once than an instance allows calls.
// Those that have to wait are woken one after the other, long before they would ask again.
func TestTurnsReachConnections(t *testing.T) {
	const fleet = 30
	c := newFixture(t)
	c.Start()
	c.CreateInstance()
	c.Kubectl("patch", "clusterflinksinstance", c.InstanceName(), "--type=merge", "-p", `{"spec":{"limits":{"requestsPerSecond":5,"burst":2}}}`)
	c.CreateFleet(fleet)
	c.Eventually("all connections are ready", time.Minute, func(ctx context.Context) (bool, error) {
		var list v1alpha1.BankConnectionList
		err := c.Client.List(ctx, &list, client.InNamespace(c.Namespace))
		bound := 0
		for i := range list.Items {
			if list.Items[i].Status.Binding != nil {
				bound++
			}
		}
		return bound == fleet, err
	})
	if got := c.observes(); got != fleet {
		t.Errorf("%d new connections cost %d observes", fleet, got)
	}
	c.CheckCanaries()
}
