package cluster

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/replay"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// Logs is every log line of every manager of this process.
var Logs = testenv.CaptureLog()

// Records is every audit record of every manager of this process.
var Records = &testenv.Log{}

// withheld are the namespaces of tests that take rights away from the operator.
var withheld []string

// Withhold notes that the operator lacks rights in the namespace of this test, or in others.
func (c *Cluster) Withhold(others ...string) {
	if len(others) == 0 {
		others = []string{c.Namespace}
	}
	withheld = append(withheld, others...)
}

// Guard adds to what CheckCanaries looks for.
func (c *Cluster) Guard(secrets ...string) { c.canaries = append(c.canaries, secrets...) }

// CheckCanaries looks for loginIds and keys in all that the operator wrote.
func (c *Cluster) CheckCanaries() {
	c.T.Helper()
	c.Reject("log", Logs.String())
	c.Reject("audit records", Records.String())
	if strings.Contains(Logs.String(), "Response Body") {
		// As a hex dump, in which no spelling would be found.
		c.T.Error("client-go logs bodies")
	}
	for _, kind := range []string{"events", "bankconnections", "refreshpolicies", "clusterflinksinstances", "leases", "events.events.k8s.io"} {
		c.Reject(kind, c.Kubectl("get", kind, "--all-namespaces", "-o", "yaml", "--show-managed-fields"))
	}
	c.Reject("metrics", Gathered(c.T))
	c.Reject("audit log of the API server", c.Audit())
}

// Reject fails if a text holds what is guarded.
func (c *Cluster) Reject(sink, text string) {
	c.T.Helper()
	for _, canary := range c.canaries {
		if testenv.Leaks(text, canary) {
			c.T.Errorf("a secret is in the %s", sink)
		}
	}
}

// Gathered returns the text of all metrics of this process.
func Gathered(t testing.TB) string {
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

// Audit returns the audit log of the API server.
func (c *Cluster) Audit() string {
	c.T.Helper()
	audit, err := os.ReadFile(c.Env.AuditLog)
	if err != nil {
		c.T.Fatal(err)
	}
	return string(audit)
}

// Operator is the user that the operator works as.
const Operator = "system:serviceaccount:" + LeaseNamespace + ":flinks-operator-manager"

// ReplayAtEnd computes the run again from its logs, when the managers that are
// started from now on have stopped.
func (c *Cluster) ReplayAtEnd() {
	c.T.Cleanup(func() { c.T.Logf("computing the run again: %s", c.CheckReplay(c.Namespace)) })
}

// CheckReplay makes sure that each status the operator wrote in these namespaces, and each call that
// it made for it, follows from what it had read and been answered. It returns a summary.
func (c *Cluster) CheckReplay(namespaces ...string) (summary string) {
	c.T.Helper()
	report, err := replay.Check(context.WithoutCancel(c.T.Context()), replay.Run{
		Audit: strings.NewReader(c.Audit()), Operator: Operator, Exchanges: c.exchanges.Exchanges(), Namespaces: namespaces,
	})
	switch {
	case err != nil:
		c.T.Errorf("computing the run again: %v", err)
		return ""
	case len(report.Unexplained) > 0:
		c.T.Errorf("computing the run again: %s", report)
	}
	return report.String()
}

// CheckForbidden makes sure that the operator never asked for what it may not have, but for
// the dry runs by which it finds out what would be refused.
func (c *Cluster) CheckForbidden() {
	c.T.Helper()
	for line := range strings.Lines(c.Audit()) {
		if strings.Contains(line, `"code":403`) && strings.Contains(line, "flinks-operator-manager") && !strings.Contains(line, "dryRun=All") &&
			!strings.Contains(line, "being terminated") &&
			!slices.ContainsFunc(withheld, func(namespace string) bool { return strings.Contains(line, namespace) }) {
			c.T.Errorf("forbidden: %s", line)
		}
	}
}
