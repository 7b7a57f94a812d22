package cluster

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Create creates an object.
func (c *Cluster) Create(o client.Object) {
	c.T.Helper()
	if err := c.Client.Create(c.T.Context(), o); err != nil {
		c.T.Fatal(err)
	}
}

// LoginSecret returns the Secret of a connection.
func LoginSecret(namespace, name, id string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name + "-login"},
		Data:       map[string][]byte{"loginId": []byte(id)},
	}
}

// NewConnection returns a connection of a shared instance whose login is in its LoginSecret.
func NewConnection(namespace, name, instance string) *v1alpha1.BankConnection {
	return &v1alpha1.BankConnection{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.BankConnectionSpec{
			InstanceRef:      v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: instance},
			LoginIDSecretRef: v1alpha1.LoginIDSecretReference{Name: name + "-login"},
		},
	}
}

// CreateFleet makes connections with a login each.
func (c *Cluster) CreateFleet(n int, change ...func(*v1alpha1.BankConnection)) {
	c.T.Helper()
	for i := range n {
		name := fmt.Sprintf("customer-%03d", i)
		id := c.Seed(fmt.Sprintf("greatday_nomfa+%d", i), c.Sim.Now().Add(-time.Hour))
		c.Create(LoginSecret(c.Namespace, name, id))
		connection := NewConnection(c.Namespace, name, c.InstanceName())
		for _, f := range change {
			f(connection)
		}
		c.Create(connection)
	}
}

// AwaitCollected waits until the data of that many connections of the test was collected, after which the
// operator has nothing to do for them.
func (c *Cluster) AwaitCollected(count int) {
	c.T.Helper()
	c.Eventually(fmt.Sprintf("the data of %d connections is collected", count), time.Minute, func(ctx context.Context) (bool, error) {
		var list v1alpha1.BankConnectionList
		err := c.Client.List(ctx, &list, client.InNamespace(c.Namespace))
		collected := 0
		for i := range list.Items {
			if r := list.Items[i].Status.Refresh; r != nil && r.State == v1alpha1.RefreshSucceeded {
				collected++
			}
		}
		return collected >= count, err
	})
}
