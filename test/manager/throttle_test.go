package manager

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestThrottledInstanceSaysSo as soon as a connection is told, and no longer than it
// lasts; the instance need not be edited for that.
func TestThrottledInstanceSaysSo(t *testing.T) {
	c := newFixture(t)
	c.Start()
	c.CreateInstance()
	id := c.Login("acme", "greatday_nomfa")
	c.Create(cluster.NewConnection(c.Namespace, "acme", c.InstanceName()))
	c.Eventually("the connection is bound", time.Minute, func(ctx context.Context) (bool, error) {
		var connection v1alpha1.BankConnection
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: "acme"}, &connection)
		return connection.Status.Binding != nil, err
	})
	fault := flinkssim.Fault{Endpoint: "Authorize", LoginID: id, FlinksCode: "TOO_MANY_REQUESTS", RetryAfter: 3 * time.Second}
	if err := c.Sim.InjectFault(fault); err != nil {
		t.Fatal(err)
	}
	connection := c.Get("acme")
	metav1.SetMetaDataAnnotation(&connection.ObjectMeta, v1alpha1.RefreshRequestedAtAnnotation, "1")
	if err := c.Client.Update(t.Context(), connection); err != nil {
		t.Fatal(err)
	}
	paused := func(want bool) func(context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			var i v1alpha1.ClusterFlinksInstance
			err := c.Client.Get(ctx, client.ObjectKey{Name: c.InstanceName()}, &i)
			return meta.IsStatusConditionTrue(i.Status.Conditions, v1alpha1.ConditionCallsPaused) == want, err
		}
	}
	c.Eventually("the instance is paused", 20*time.Second, paused(true))
	c.Eventually("the pause is over", 20*time.Second, paused(false))
	c.CheckCanaries()
}
