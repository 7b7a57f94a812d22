package secrets

import (
	"context"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// withoutPolicy takes the binding of the admission policy away for one test.
func (c *fixture) withoutPolicy() (restore func()) {
	c.T.Helper()
	c.Kubectl("delete", "validatingadmissionpolicybinding", "flinks-operator-secrets")
	restore = func() {
		c.Kubectl("apply", "-f", cluster.Root(c.T)+"/config/rbac/secret_policy.yaml")
		c.AwaitSecretPolicy(true)
	}
	c.T.Cleanup(restore)
	c.AwaitSecretPolicy(false)
	return restore
}

// policyEnforced returns the value of the metric.
func (c *fixture) policyEnforced() float64 {
	c.T.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		c.T.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "flinks_operator_secret_policy_enforced" {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}

// TestWithoutThePolicy: no Secret is written, all else works and says so. The manager notices
// by itself when the policy is there.
func TestWithoutThePolicy(t *testing.T) {
	c := newFixture(t)
	restore := c.withoutPolicy()
	before := len(cluster.Logs.String())
	c.Start()
	c.askedOf("acme")
	c.Kubectl("wait", "--for=jsonpath={.status.conditions[?(@.type=='SecretNotDelivered')].reason}=SecretWriteUnguarded", "bankconn/acme", "-n", c.Namespace, "--timeout=5s")
	if _, ok, err := c.secret(t.Context(), "acme-reconnect"); err != nil || ok {
		t.Errorf("a Secret was written: %v", err)
	}
	if c.policyEnforced() != 0 {
		t.Error("the metric says that the policy is in force")
	}
	if log := cluster.Logs.String()[before:]; !strings.Contains(log, "Admission policy for Secrets checked") || !strings.Contains(log, "not in force") {
		t.Error("the log says nothing of the policy")
	}
	restore()
	c.Eventually("the manager notices the policy", 20*time.Second, func(context.Context) (bool, error) { return c.policyEnforced() == 1, nil })
	c.CheckCanaries()
	c.CheckForbidden()
}

// TestUnguardedWritesAllowed: an administrator may do without the policy.
func TestUnguardedWritesAllowed(t *testing.T) {
	c := newFixture(t)
	c.withoutPolicy()
	c.Start(func(o *manager.Options) { o.AllowUnguardedSecretWrites = true })
	c.askedOf("acme")
	c.Eventually("the link is delivered", 10*time.Second, func(ctx context.Context) (bool, error) {
		_, ok, err := c.secret(ctx, "acme-reconnect")
		return ok, err
	})
	if c.policyEnforced() != 0 {
		t.Error("the metric says that the policy is in force")
	}
	c.CheckCanaries()
}

// TestPolicyThatCannotBeProven: RBAC refuses the dry run before the policy is asked, so the
// manager does not know, and writes nothing.
func TestPolicyThatCannotBeProven(t *testing.T) {
	c := newFixture(t)
	c.Withhold()
	c.Kubectl("delete", "clusterrolebinding", "flinks-operator-secret-delivery")
	c.Kubectl("delete", "rolebinding", "flinks-operator-bootstrap-secrets", "-n", cluster.LeaseNamespace)
	t.Cleanup(func() { c.Kubectl("apply", "-k", cluster.Root(t)+"/config/default") })
	c.Eventually("the rights are gone", 20*time.Second, func(ctx context.Context) (bool, error) {
		err := c.AsOperator().Create(ctx, cluster.LoginSecret(cluster.LeaseNamespace, "x", ""), client.DryRunAll)
		return err != nil && !strings.Contains(err.Error(), "flinks-operator creates"), nil
	})
	before := len(cluster.Logs.String())
	c.Start()
	c.Eventually("the manager says so", 20*time.Second, func(context.Context) (bool, error) {
		return strings.Contains(cluster.Logs.String()[before:], `"policy":"unknown"`), nil
	})
	if c.policyEnforced() != 0 {
		t.Error("the metric says that the policy is in force")
	}
}
