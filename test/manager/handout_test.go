package manager

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

const handsOut = "  reconnect: {delivery: Secret}\n  sessionHandOff: Secret\n  deletionPolicy: Retain\n"

// askedOf makes a connection whose bank asks its person something.
func (c *cluster) askedOf(name string) {
	c.t.Helper()
	c.createInstance()
	c.login(name, "Greatday")
	c.apply(c.connection(name, handsOut))
	c.kubectl("wait", "--for=condition=Ready", "bankconn/"+name, "-n", c.namespace, "--timeout=20s")
	c.kubectl("annotate", "bankconn", name, "-n", c.namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	c.kubectl("wait", "--for=condition=UserActionRequired", "bankconn/"+name, "-n", c.namespace, "--timeout=20s")
}

// secret is a Secret of the test's namespace, and whether there is one.
func (c *cluster) secret(ctx context.Context, name string) (*corev1.Secret, bool, error) {
	s := &corev1.Secret{}
	err := c.client.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, s)
	return s, err == nil, client.IgnoreNotFound(err)
}

// TestHandoutsUnderShippedRBAC: link and session are written, taken back, and go with
// their connection.
func TestHandoutsUnderShippedRBAC(t *testing.T) {
	c := newCluster(t)
	c.start()
	c.askedOf("acme")
	c.eventually("the person is counted", 20*time.Second, func(context.Context) (bool, error) {
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
	c.kubectl("wait", "--for=jsonpath={.status.session.expirationTime}", "bankconn/acme", "-n", c.namespace, "--timeout=30s")
	if _, ok, err := c.secret(t.Context(), "acme-session"); err != nil || !ok {
		t.Errorf("no session: %v", err)
	}
	if _, ok, err := c.secret(t.Context(), "acme-reconnect"); err != nil || ok {
		t.Errorf("the link is still there: %v", err)
	}
	c.kubectl("delete", "bankconn", "acme", "-n", c.namespace, "--timeout=30s")
	c.eventually("the session goes with its connection", 30*time.Second, func(ctx context.Context) (bool, error) {
		_, ok, err := c.secret(ctx, "acme-session")
		return !ok, err
	})
	c.checkCanaries()
	c.checkForbidden()
}

// TestHandoutsWithheld: without the grant, the person is wanted all the same.
func TestHandoutsWithheld(t *testing.T) {
	c := newCluster(t)
	withheld = append(withheld, c.namespace)
	c.kubectl("delete", "clusterrolebinding", "flinks-operator-secret-delivery")
	t.Cleanup(func() { c.kubectl("apply", "-k", root(t)+"/config/default") })
	c.eventually("the grant is gone", 20*time.Second, func(ctx context.Context) (bool, error) {
		as, err := client.New(c.env.AsServiceAccount("flinks-system", "flinks-operator-manager"), client.Options{})
		if err != nil {
			return false, err
		}
		return apierrors.IsForbidden(as.Delete(ctx, loginSecret(c.namespace, "nobody", ""))), nil
	})
	c.start()
	c.askedOf("acme")
	c.kubectl("wait", "--for=condition=SecretNotDelivered", "bankconn/acme", "-n", c.namespace, "--timeout=5s")
	if got := c.get("acme"); got.Status.Reconnect.URL != "" || got.Status.Reconnect.SecretName != "" {
		t.Errorf("reconnect: %+v", got.Status.Reconnect)
	}
	c.kubectl("delete", "bankconn", "acme", "-n", c.namespace, "--timeout=30s")
	c.checkCanaries()
}

// gauge is the value of a metric for the test's instance; -1 if there is none.
func (c *cluster) gauge(name string) float64 {
	c.t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if family.GetName() == name && label.GetName() == "instance" && label.GetValue() == c.instanceName() {
					return m.GetGauge().GetValue()
				}
			}
		}
	}
	return -1
}
