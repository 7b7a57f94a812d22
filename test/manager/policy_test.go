package manager

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/manager"
)

// TestPolicyEditsReachConnections: within seconds, for a fleet, by one write each and
// without a call.
func TestPolicyEditsReachConnections(t *testing.T) {
	const fleet = 100
	// Seconds on a machine that has nothing else to do.
	const patience = 30 * time.Second
	c := newFixture(t)
	c.Start(func(o *manager.Options) { o.LeaseDuration = 15 * time.Second })
	c.CreateInstance()
	c.createPolicy("240h")
	c.CreateFleet(fleet, func(connection *v1alpha1.BankConnection) {
		connection.Spec.RefreshPolicyRef = &v1alpha1.RefreshPolicyReference{Name: "shared"}
		connection.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain
	})
	c.Kubectl("wait", "--for=condition=Ready", "refreshpolicy/shared", "-n", c.Namespace, "--timeout=20s")
	c.Kubectl("wait", fmt.Sprintf("--for=jsonpath={.status.connections}=%d", fleet), "refreshpolicy/shared", "-n", c.Namespace, "--timeout=20s")
	hours := func(p *v1alpha1.EffectivePolicy) float64 {
		if p == nil || p.Interval == nil {
			return 0
		}
		return p.Interval.Hours()
	}
	c.eventuallyAll("all follow the policy", time.Minute, func(b *v1alpha1.BankConnection) bool {
		return hours(b.Status.RefreshPolicy) == 240 && b.Status.NextRefreshTime != nil
	})
	c.AwaitCollected(fleet)
	before := c.Audit()
	c.Sim.ResetJournal()

	c.Kubectl("patch", "refreshpolicy", "shared", "-n", c.Namespace, "--type=merge", "-p", `{"spec":{"interval":"48h"}}`)
	c.eventuallyAll("the edit reaches all", patience, func(b *v1alpha1.BankConnection) bool {
		return hours(b.Status.RefreshPolicy) == 48 && b.Status.NextRefreshTime.Before(c.in(60*time.Hour)) && b.Generation == 1
	})
	c.Kubectl("delete", "refreshpolicy", "shared", "-n", c.Namespace)
	c.Kubectl("wait", "--for=condition=PolicyMissing", "bankconn/customer-000", "-n", c.Namespace, "--timeout=30s")
	c.eventuallyAll("all tell that it is missing", patience, func(b *v1alpha1.BankConnection) bool {
		return isMissing(b) && b.Status.NextRefreshTime == nil && isReady(b)
	})
	c.createPolicy("48h")
	c.eventuallyAll("all plan as before", patience, func(b *v1alpha1.BankConnection) bool {
		return b.Status.NextRefreshTime.Before(c.in(60*time.Hour)) && !isMissing(b)
	})
	if n := len(c.Sim.Journal()); n != 0 {
		t.Errorf("edits of the policy cost %d calls", n)
	}
	calls := c.CallsSince(before)
	maps.DeleteFunc(calls, func(kind string, _ int) bool { return !strings.Contains(kind, " BankConnection") })
	if diff := cmp.Diff(map[string]int{"update BankConnection/status with resourceVersion": 3 * fleet}, calls); diff != "" {
		t.Errorf("three changes of the policy (-want +got):\n%s", diff)
	}
	// What goes with the namespace would be written during another test.
	c.Kubectl("delete", "bankconn", "--all", "-n", c.Namespace, "--timeout=60s")
	c.CheckCanaries()
	c.CheckForbidden()
	c.CheckContract()
}

func (c *fixture) in(d time.Duration) *metav1.Time { return &metav1.Time{Time: c.Sim.Now().Add(d)} }

func isReady(b *v1alpha1.BankConnection) bool {
	return meta.IsStatusConditionTrue(b.Status.Conditions, v1alpha1.ConditionReady)
}

func isMissing(b *v1alpha1.BankConnection) bool {
	return meta.IsStatusConditionTrue(b.Status.Conditions, v1alpha1.ConditionPolicyMissing)
}

// createPolicy creates the policy that the fleet names.
func (c *fixture) createPolicy(interval string) {
	c.T.Helper()
	c.Apply(fmt.Sprintf(`
apiVersion: connect.flinks-operator.dev/v1alpha1
kind: RefreshPolicy
metadata: {name: shared, namespace: %s}
spec: {type: Scheduled, interval: %s}
`, c.Namespace, interval))
}

// eventuallyAll waits until something holds for all connections.
func (c *fixture) eventuallyAll(what string, limit time.Duration, holds func(*v1alpha1.BankConnection) bool) {
	c.T.Helper()
	c.Eventually(what, limit, func(ctx context.Context) (bool, error) {
		var list v1alpha1.BankConnectionList
		if err := c.Client.List(ctx, &list, client.InNamespace(c.Namespace)); err != nil {
			return false, err
		}
		for i := range list.Items {
			if !holds(&list.Items[i]) {
				return false, nil
			}
		}
		return len(list.Items) > 0, nil
	})
}
