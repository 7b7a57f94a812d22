package manager

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestSuspendedInstanceWithKubectl: one command stops everything at an instance, and one lets it
// continue, under the RBAC that is shipped.
func TestSuspendedInstanceWithKubectl(t *testing.T) {
	c := newFixture(t)
	c.Start()
	c.CreateInstance()
	c.Login("acme", "greatday_nomfa")
	c.Login("twin", "Greatday")
	c.Create(cluster.NewConnection(c.Namespace, "acme", c.InstanceName()))
	c.Create(cluster.NewConnection(c.Namespace, "twin", c.InstanceName()))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn", "--all", "-n", c.Namespace, "--timeout=20s")

	instance := "clusterflinksinstance/" + c.InstanceName()
	c.Kubectl("patch", instance, "--type=merge", "-p", `{"spec":{"suspend":true}}`)
	c.Kubectl("wait", "--for=condition=Suspended", instance, "--timeout=20s")
	c.Kubectl("wait", `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=InstanceSuspended`, "bankconn", "--all", "-n", c.Namespace, "--timeout=20s")
	c.Sim.ResetJournal()
	c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	c.Kubectl("wait", "--for=jsonpath={.status.lastHandledRequest.reason}=InstanceSuspended", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	c.Kubectl("delete", "bankconn", "twin", "-n", c.Namespace, "--wait=false")
	c.Kubectl("wait", `--for=jsonpath={.status.conditions[?(@.type=="DeletionBlocked")].reason}=InstanceSuspended`, "bankconn/twin", "-n", c.Namespace, "--timeout=20s")
	if journal := c.Sim.Journal(); len(journal) != 0 {
		t.Errorf("suspended, the operator called %+v", journal)
	}

	c.Kubectl("patch", instance, "--type=merge", "-p", `{"spec":{"suspend":false}}`)
	c.Kubectl("wait", "--for=delete", "bankconn/twin", "-n", c.Namespace, "--timeout=30s")
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	for _, call := range c.Sim.Journal() {
		if call.LiveSessionOpened {
			t.Errorf("resumed, the operator opened a live session: %+v", call)
		}
	}
	c.CheckCanaries()
}
