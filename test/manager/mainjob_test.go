package manager

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestMainJobWithKubectl does what the README says, with kubectl, under the RBAC
// that is shipped.
func TestMainJobWithKubectl(t *testing.T) {
	c := newCluster(t)
	c.start()
	c.createInstance()
	c.kubectl("wait", "--for=condition=Ready", "clusterflinksinstance/"+c.instanceName(), "--timeout=20s")
	plain := c.login("plain", "greatday_nomfa")
	asked := c.login("asked", "Greatday")
	c.apply(c.connection("plain", "") + c.connection("asked", "  deletionPolicy: Retain\n"))
	c.kubectl("wait", "--for=condition=Ready", "bankconn", "--all", "-n", c.namespace, "--timeout=20s")

	table := c.kubectl("get", "bankconn", "-o", "wide", "-n", c.namespace)
	header := regexp.MustCompile(`\s{2,}`).Split(strings.SplitN(table, "\n", 2)[0], -1)
	want := "NAME READY REASON INSTITUTION LAST REFRESH NEXT REFRESH AGE RECONNECT EXPIRY INSTANCE"
	if got := strings.Join(header, " "); got != want {
		t.Errorf("columns: %q, want %q", got, want)
	}
	for _, cell := range []string{"Refreshed", "FlinksCapital", c.instanceName()} {
		if !strings.Contains(table, cell) {
			t.Errorf("%q is not in\n%s", cell, table)
		}
	}

	for _, name := range []string{"plain", "asked"} {
		c.kubectl("annotate", "bankconn", name, "-n", c.namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	}
	c.kubectl("wait", "--for=jsonpath={.status.lastHandledRequest.result}=Succeeded", "bankconn/plain", "-n", c.namespace, "--timeout=20s")
	c.kubectl("wait", "--for=condition=UserActionRequired", "bankconn/asked", "-n", c.namespace, "--timeout=20s")
	link := c.kubectl("get", "bankconn", "asked", "-n", c.namespace, "-o", "jsonpath={.status.reconnect.url}")
	if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(t.Context(), link); err != nil {
		t.Fatalf("answering: %v", err)
	}
	c.kubectl("wait", "--for=jsonpath={.status.lastHandledRequest.result}=Succeeded", "bankconn/asked", "-n", c.namespace, "--timeout=30s")
	c.kubectl("wait", "--for=condition=Ready", "bankconn/asked", "-n", c.namespace, "--timeout=5s")
	c.kubectl("wait", "--for=jsonpath={.status.refresh.phase}=Succeeded", "bankconn", "--all", "-n", c.namespace, "--timeout=30s")

	description := c.kubectl("describe", "bankconn", "asked", "-n", c.namespace)
	for _, text := range []string{"Refreshed", "MFARequired", "The bank asked a question", "Accounts:"} {
		if !strings.Contains(description, text) {
			t.Errorf("%q is not in the description:\n%s", text, description)
		}
	}

	c.kubectl("delete", "bankconn", "plain", "asked", "-n", c.namespace, "--timeout=30s")
	if state, _ := c.sim.Login(plain); !state.Deleted {
		t.Error("deletionPolicy Delete did not delete the login")
	}
	if state, _ := c.sim.Login(asked); state.Deleted {
		t.Error("deletionPolicy Retain deleted the login")
	}
	if stats := c.sim.LiveStats(); stats.MaxPerLogin > 1 || stats.Opened != 2 || len(stats.Overlaps) != 0 {
		t.Errorf("live sessions: %+v", stats)
	}
	c.reject("description", description)
	c.checkCanaries()
	c.checkForbidden()
}

// checkCanaries looks for loginIds and keys in all that the operator wrote.
func (c *cluster) checkCanaries() {
	c.t.Helper()
	c.reject("log", logs.String())
	if strings.Contains(logs.String(), "Response Body") {
		// As a hex dump, in which no spelling would be found.
		c.t.Error("client-go logs bodies")
	}
	for _, kind := range []string{"events", "bankconnections", "refreshpolicies", "clusterflinksinstances", "leases", "events.events.k8s.io"} {
		c.reject(kind, c.kubectl("get", kind, "--all-namespaces", "-o", "yaml", "--show-managed-fields"))
	}
	c.reject("metrics", gathered(c.t))
	c.reject("audit log", c.audit())
}

// gathered is the text of all metrics of this process.
func gathered(t *testing.T) string {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, family := range families {
		text.WriteString(family.String())
	}
	return text.String()
}

func (c *cluster) audit() string {
	c.t.Helper()
	audit, err := os.ReadFile(c.env.AuditLog)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(audit)
}

// withheld are the namespaces of tests that take rights away from the operator.
var withheld []string

// checkForbidden makes sure that the operator never asked for what it may not have.
func (c *cluster) checkForbidden() {
	c.t.Helper()
	for line := range strings.Lines(c.audit()) {
		if strings.Contains(line, `"code":403`) && strings.Contains(line, "flinks-operator-manager") &&
			!strings.Contains(line, "being terminated") &&
			!slices.ContainsFunc(withheld, func(namespace string) bool { return strings.Contains(line, namespace) }) {
			c.t.Errorf("forbidden: %s", line)
		}
	}
}
