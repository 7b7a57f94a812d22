package manager

import (
	"context"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestLoginThatIsLeftOutIsObserved: what the instance is told reaches the connection
// within seconds.
func TestLoginThatIsLeftOutIsObserved(t *testing.T) {
	c := newCluster(t)
	c.start()
	c.createInstance()
	c.kubectl("patch", "secret", "keys", "-n", c.namespace, "--type=merge",
		"-p", `{"stringData":{"bearerToken":"`+c.sim.Credentials().BearerToken+`"}}`)
	if err := c.sim.SetKnobs(func(k *flinkssim.Knobs) { k.NightlyWorks = false }); err != nil {
		t.Fatal(err)
	}
	id := c.login("acme", "greatday_nomfa")
	if err := c.sim.SetScheduled(id, true); err != nil {
		t.Fatal(err)
	}
	connection := newConnection(c.namespace, "acme", c.instanceName())
	connection.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshNightly}
	c.create(connection)
	c.eventually("it is observed a second time", 30*time.Second, func(context.Context) (bool, error) { return c.observes() >= 2, nil })
	if n := c.get("acme").Status.Nightly; n == nil || !n.Enabled {
		t.Errorf("nightly: %+v", n)
	}
	// It would be read back a minute after the switch, during another test.
	c.kubectl("delete", "bankconn", "acme", "-n", c.namespace, "--timeout=30s")
	c.checkCanaries()
}
