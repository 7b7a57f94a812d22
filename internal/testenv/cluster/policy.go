package cluster

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// AsOperator returns a client with the rights of the operator.
func (c *Cluster) AsOperator() client.Client {
	c.T.Helper()
	as, err := client.New(c.Env.AsServiceAccount(LeaseNamespace, "flinks-operator-manager"), client.Options{})
	if err != nil {
		c.T.Fatal(err)
	}
	return as
}

// AwaitSecretPolicy waits until the admission policy for Secrets is in force, or is not: the
// API server reads its policies about once a second.
func (c *Cluster) AwaitSecretPolicy(enforced bool) {
	c.T.Helper()
	as := c.AsOperator()
	c.Eventually("the admission policy", 20*time.Second, func(ctx context.Context) (bool, error) {
		err := as.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: LeaseNamespace, Name: "of-no-purpose"}}, client.DryRunAll)
		if err != nil && !apierrors.IsForbidden(err) {
			return false, err
		}
		return enforced == (err != nil), nil
	})
}
