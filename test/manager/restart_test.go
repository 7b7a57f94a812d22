package manager

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestRestartCostsNothing: a manager that finds 200 converged connections calls
// Flinks for none of them, writes nothing and reads no Secret.
func TestRestartCostsNothing(t *testing.T) {
	const fleet = 200
	c := newFixture(t)
	c.ReplayAtEnd()
	stop := c.Start()
	c.CreateInstance()
	c.CreateFleet(fleet)
	c.Eventually("all connections are ready and counted", time.Minute, func(ctx context.Context) (bool, error) {
		var i v1alpha1.ClusterFlinksInstance
		err := c.Client.Get(ctx, client.ObjectKey{Name: c.InstanceName()}, &i)
		counts := i.Status.Connections
		return counts != nil && counts.Total == fleet && counts.Ready == fleet, err
	})
	c.AwaitCollected(fleet)
	stop()
	if got := c.observes(); got != fleet {
		t.Errorf("%d new connections cost %d observes", fleet, got)
	}

	before := c.Audit()
	c.Sim.ResetJournal()
	reconciled := reconciles(t)
	restart := c.Start()
	c.Eventually("all connections were looked at again", time.Minute, func(context.Context) (bool, error) {
		return reconciles(t) >= reconciled+fleet, nil
	})
	restart()
	if n := len(c.Sim.Journal()); n != 0 {
		t.Errorf("the restart cost %d Flinks calls: %v", n, c.Sim.Journal())
	}
	// The operator tries once whether the policy on Secrets is in force.
	if diff := cmp.Diff(map[string]int{"create Secret": 1}, c.CallsSince(before)); diff != "" {
		t.Errorf("calls of the API server by the restart (-want +got):\n%s", diff)
	}
	c.CheckCanaries()
}

func (c *fixture) observes() int {
	n := 0
	for _, e := range c.Sim.Journal() {
		if e.Endpoint == "Authorize" && e.Mode == "cached" {
			n++
		}
	}
	return n
}

// reconciles returns how often the managers of this process reconciled a connection.
func reconciles(t *testing.T) int {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "controller" && label.GetValue() == "bankconnection" {
					n += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return n
}
