package manager

import (
	"context"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestLoginThatIsLeftOutIsObserved: what the instance is told reaches the connection
// within seconds.
func TestLoginThatIsLeftOutIsObserved(t *testing.T) {
	c := newFixture(t)
	c.Start()
	c.CreateInstance()
	id := c.Login("acme", "greatday_nomfa")
	if err := c.Sim.SetScheduled(id, true); err != nil {
		t.Fatal(err)
	}
	connection := cluster.NewConnection(c.Namespace, "acme", c.InstanceName())
	connection.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshNightly}
	c.Create(connection)
	c.Kubectl("wait", "--for=jsonpath={.status.lastObservedTime}", "bankconn/acme", "-n", c.Namespace, "--timeout=30s")
	// Flinks is asked once a day, so not before there is something to find: the key for it comes last.
	c.Kubectl("patch", "secret", "keys", "-n", c.Namespace, "--type=merge",
		"-p", `{"stringData":{"bearerToken":"`+c.Sim.Credentials().BearerToken+`"}}`)
	c.Kubectl("patch", "clusterflinksinstance", c.InstanceName(), "--type=merge", "-p", `{"spec":{"limits":{"requestsPerSecond":9}}}`)
	c.Eventually("it is observed a second time", 30*time.Second, func(context.Context) (bool, error) { return c.observes() >= 2, nil })
	if n := c.Get("acme").Status.Nightly; n == nil || !n.Enabled {
		t.Errorf("nightly: %+v", n)
	}
	// It would be read back a minute after the switch, during another test.
	c.Kubectl("delete", "bankconn", "acme", "-n", c.Namespace, "--timeout=30s")
	c.CheckCanaries()
}
