package secrets

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

const handsOut = "  reconnect: {link: {destination: Secret}}\n  sessionHandOff: {destination: Secret}\n  accounts: All\n  deletionPolicy: Retain\n"

// askedOf makes a connection whose bank asks its person something.
func (c *fixture) askedOf(name string) {
	c.T.Helper()
	c.CreateInstance()
	c.Login(name, "Greatday")
	c.Apply(c.Connection(name, handsOut))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/"+name, "-n", c.Namespace, "--timeout=20s")
	c.Kubectl("annotate", "bankconn", name, "-n", c.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	c.Kubectl("wait", "--for=condition=UserActionRequired", "bankconn/"+name, "-n", c.Namespace, "--timeout=20s")
}

// secret returns a Secret of the test's namespace, and whether it exists.
func (c *fixture) secret(ctx context.Context, name string) (*corev1.Secret, bool, error) {
	s := &corev1.Secret{}
	err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: name}, s)
	return s, err == nil, client.IgnoreNotFound(err)
}

// TestHandoutsUnderShippedRBAC: link and session are written, taken back, and go with
// their connection.
func TestHandoutsUnderShippedRBAC(t *testing.T) {
	c := newFixture(t)
	c.Start()
	c.askedOf("acme")
	c.Eventually("the person is counted", 20*time.Second, func(context.Context) (bool, error) {
		return c.gauge("flinks_operator_connections_user_action_required") == 1, nil
	})
	if got := c.gauge("flinks_operator_connections_overdue"); got != 0 {
		t.Errorf("%v persons are overdue", got)
	}
	s, ok, err := c.secret(t.Context(), "acme-reconnect")
	if err != nil || !ok {
		t.Fatalf("no link: %v", err)
	}
	if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(t.Context(), string(s.Data["url"])); err != nil {
		t.Fatalf("answering: %v", err)
	}
	c.Kubectl("wait", "--for=jsonpath={.status.session.expirationTime}", "bankconn/acme", "-n", c.Namespace, "--timeout=30s")
	if _, ok, err := c.secret(t.Context(), "acme-session"); err != nil || !ok {
		t.Errorf("no session: %v", err)
	}
	if _, ok, err := c.secret(t.Context(), "acme-reconnect"); err != nil || ok {
		t.Errorf("the link is still there: %v", err)
	}
	c.Kubectl("delete", "bankconn", "acme", "-n", c.Namespace, "--timeout=30s")
	c.Eventually("the session goes with its connection", 30*time.Second, func(ctx context.Context) (bool, error) {
		_, ok, err := c.secret(ctx, "acme-session")
		return !ok, err
	})
	c.CheckCanaries()
	c.CheckForbidden()
}

// TestHandoutsWithheld: without the grant, the person is wanted all the same.
func TestHandoutsWithheld(t *testing.T) {
	c := newFixture(t)
	c.Withhold()
	c.Kubectl("delete", "clusterrolebinding", "flinks-operator-secret-delivery")
	t.Cleanup(func() { c.Kubectl("apply", "-k", cluster.Root(t)+"/config/default") })
	c.Eventually("the grant is gone", 20*time.Second, func(ctx context.Context) (bool, error) {
		as, err := client.New(c.Env.AsServiceAccount("flinks-system", "flinks-operator-manager"), client.Options{})
		if err != nil {
			return false, err
		}
		return apierrors.IsForbidden(as.Delete(ctx, cluster.LoginSecret(c.Namespace, "nobody", ""))), nil
	})
	c.Start()
	c.askedOf("acme")
	c.Kubectl("wait", "--for=condition=SecretNotDelivered", "bankconn/acme", "-n", c.Namespace, "--timeout=5s")
	if got := c.Get("acme"); got.Status.Reconnect.Link.URL != "" || got.Status.Reconnect.Link.SecretName != "" {
		t.Errorf("reconnect: %+v", got.Status.Reconnect)
	}
	// Its session may still be open, which is all that the deletion waits for.
	c.Kubectl("delete", "bankconn", "acme", "-n", c.Namespace, "--wait=false")
	c.Kubectl("wait", "--for=condition=DeletionBlocked", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	c.Kubectl("patch", "bankconn", "acme", "-n", c.Namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	c.CheckCanaries()
}

// gauge returns the value of a metric for the test's instance; -1 without one.
func (c *fixture) gauge(name string) float64 {
	c.T.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		c.T.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if family.GetName() == name && label.GetName() == "instance" && label.GetValue() == c.InstanceName() {
					return m.GetGauge().GetValue()
				}
			}
		}
	}
	return -1
}
