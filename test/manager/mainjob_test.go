package manager

import (
	"regexp"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestMainJobWithKubectl does what the README says, with kubectl, under the RBAC
// that is shipped, and with either reading of what Flinks leaves open.
func TestMainJobWithKubectl(t *testing.T) {
	for name, reading := range map[string]func(*flinkssim.Knobs){
		"strict": (*flinkssim.Knobs).Strict,
		"kind":   (*flinkssim.Knobs).Kind,
	} {
		t.Run(name, func(t *testing.T) { mainJob(t, reading) })
	}
}

func mainJob(t *testing.T, reading func(*flinkssim.Knobs)) {
	c := newFixture(t)
	c.ReplayAtEnd()
	if err := c.Sim.SetKnobs(reading); err != nil {
		t.Fatal(err)
	}
	c.Start()
	c.CreateInstance()
	c.Kubectl("wait", "--for=condition=Ready", "clusterflinksinstance/"+c.InstanceName(), "--timeout=20s")
	plain := c.Login("plain", "greatday_nomfa")
	asked := c.Login("asked", "Greatday")
	c.Apply(c.Connection("plain", "") + c.Connection("asked", "  deletionPolicy: Retain\n"))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn", "--all", "-n", c.Namespace, "--timeout=20s")

	table := c.Kubectl("get", "bankconn", "-o", "wide", "-n", c.Namespace)
	header := regexp.MustCompile(`\s{2,}`).Split(strings.SplitN(table, "\n", 2)[0], -1)
	want := "NAME READY REASON INSTITUTION LAST REFRESH NEXT REFRESH AGE USER ACTION LINK EXPIRY INSTANCE"
	if got := strings.Join(header, " "); got != want {
		t.Errorf("columns: %q, want %q", got, want)
	}
	for _, cell := range []string{"Refreshed", "FlinksCapital", c.InstanceName()} {
		if !strings.Contains(table, cell) {
			t.Errorf("%q is not in\n%s", cell, table)
		}
	}

	for _, name := range []string{"plain", "asked"} {
		c.Kubectl("annotate", "bankconn", name, "-n", c.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	}
	c.Kubectl("wait", "--for=jsonpath={.status.lastHandledRequest.result}=Succeeded", "bankconn/plain", "-n", c.Namespace, "--timeout=20s")
	c.Kubectl("wait", "--for=condition=UserActionRequired=False", "bankconn/plain", "-n", c.Namespace, "--timeout=5s")
	c.Kubectl("wait", "--for=condition=UserActionRequired", "bankconn/asked", "-n", c.Namespace, "--timeout=20s")
	link := c.Kubectl("get", "bankconn", "asked", "-n", c.Namespace, "-o", "jsonpath={.status.reconnect.link.url}")
	if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(t.Context(), link); err != nil {
		t.Fatalf("answering: %v", err)
	}
	c.Kubectl("wait", "--for=jsonpath={.status.lastHandledRequest.result}=Succeeded", "bankconn/asked", "-n", c.Namespace, "--timeout=30s")
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/asked", "-n", c.Namespace, "--timeout=5s")
	c.Kubectl("wait", "--for=condition=UserActionRequired=False", "bankconn/asked", "-n", c.Namespace, "--timeout=5s")
	c.Kubectl("wait", "--for=jsonpath={.status.refresh.state}=Succeeded", "bankconn", "--all", "-n", c.Namespace, "--timeout=30s")

	description := c.Kubectl("describe", "bankconn", "asked", "-n", c.Namespace)
	for _, text := range []string{"Refreshed", "MFARequired", "The bank asked a question", "Accounts:"} {
		if !strings.Contains(description, text) {
			t.Errorf("%q is not in the description:\n%s", text, description)
		}
	}

	c.Kubectl("delete", "bankconn", "plain", "asked", "-n", c.Namespace, "--timeout=30s")
	if state, _ := c.Sim.Login(plain); !state.Deleted {
		t.Error("deletionPolicy Delete did not delete the login")
	}
	if state, _ := c.Sim.Login(asked); state.Deleted {
		t.Error("deletionPolicy Retain deleted the login")
	}
	if stats := c.Sim.LiveStats(); stats.MaxPerLogin > 1 || stats.Opened != 2 || len(stats.Overlaps) != 0 {
		t.Errorf("live sessions: %+v", stats)
	}
	c.Reject("description", description)
	c.CheckCanaries()
	c.CheckForbidden()
	c.CheckContract()
}
