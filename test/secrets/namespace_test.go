package secrets

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestNamespaceDeletion: in a namespace that terminates nothing can be created, and
// Secrets are deleted at the same time as connections, in an order that is not
// fixed. The login is still deleted at Flinks before its object goes.
func TestNamespaceDeletion(t *testing.T) {
	c := newFixture(t)
	c.Start()
	c.CreateInstance()
	c.Kubectl("create", "namespace", "doomed-"+c.Namespace)
	doomed := "doomed-" + c.Namespace
	id := c.Seed("greatday_nomfa", c.Sim.Now())
	c.Create(cluster.LoginSecret(doomed, "acme", id))
	c.Create(cluster.NewConnection(doomed, "acme", c.InstanceName()))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", doomed, "--timeout=20s")

	c.Kubectl("delete", "namespace", doomed, "--wait=false")
	c.Eventually("the login is deleted and its object gone", 30*time.Second, func(ctx context.Context) (bool, error) {
		state, _ := c.Sim.Login(id)
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: doomed, Name: "acme"}, &v1alpha1.BankConnection{})
		return state.Deleted && apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	c.eventuallyNoNamespace(doomed)
	c.CheckCanaries()
	c.CheckForbidden()
}

func (c *fixture) eventuallyNoNamespace(name string) {
	c.T.Helper()
	c.Eventually("the namespace is gone", 60*time.Second, func(ctx context.Context) (bool, error) {
		err := c.Client.Get(ctx, client.ObjectKey{Name: name}, &corev1.Namespace{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}
