package manager

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestInstanceEdits: a change of the limits reaches all connections of an instance, and
// changes none of them; each goes on working.
func TestInstanceEdits(t *testing.T) {
	const fleet = 20
	c := newFixture(t)
	c.ReplayAtEnd()
	stop := c.Start()
	defer stop()
	c.CreateInstance()
	c.CreateFleet(fleet)
	ready := func(ctx context.Context) (bool, error) {
		var i v1alpha1.ClusterFlinksInstance
		err := c.Client.Get(ctx, client.ObjectKey{Name: c.InstanceName()}, &i)
		counts := i.Status.Connections
		return counts != nil && counts.Ready == fleet && i.Status.ObservedGeneration == i.Generation, err
	}
	c.Eventually("all connections are ready and counted", time.Minute, ready)
	c.AwaitCollected(fleet)
	versions := func() map[string]string {
		var list v1alpha1.BankConnectionList
		if err := c.Client.List(t.Context(), &list, client.InNamespace(c.Namespace)); err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, b := range list.Items {
			found[b.Name] = b.ResourceVersion
		}
		return found
	}
	before, reconciled := versions(), reconciles(t)
	i := &v1alpha1.ClusterFlinksInstance{ObjectMeta: metav1.ObjectMeta{Name: c.InstanceName()}}
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"limits":{"burst":300}}}`))
	if err := c.Client.Patch(t.Context(), i, patch); err != nil {
		t.Fatal(err)
	}
	c.Eventually("the edit is noted, and all connections were looked at", time.Minute, func(ctx context.Context) (bool, error) {
		ok, err := ready(ctx)
		return ok && reconciles(t) >= reconciled+fleet, err
	})
	for name, version := range versions() {
		if version != before[name] {
			t.Errorf("%s was written", name)
		}
	}
	c.CheckCanaries()
}
