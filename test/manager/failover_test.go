package manager

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestLeaderDiesDuringALiveSession: the one that takes over finds a claim without a
// result, and starts no session.
func TestLeaderDiesDuringALiveSession(t *testing.T) {
	c := newCluster(t)
	stop := c.start()
	c.createInstance()
	id := c.login("acme", "Greatday")
	c.apply(c.connection("acme", ""))
	c.kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.namespace, "--timeout=20s")

	if err := c.sim.InjectFault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Hang: true, Commit: true}); err != nil {
		t.Fatal(err)
	}
	c.kubectl("annotate", "bankconn", "acme", "-n", c.namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	c.eventually("a live session is open", 20*time.Second, func(context.Context) (bool, error) {
		state, _ := c.sim.Login(id)
		return state.LiveOpened == 1, nil
	})
	stop()
	if phase := c.get("acme").Status.Refresh.Phase; phase != v1alpha1.RefreshClaimed && phase != v1alpha1.RefreshUnknown {
		t.Errorf("phase is %s", phase)
	}

	reconciled := reconciles(t)
	c.start()
	c.kubectl("label", "bankconn", "acme", "-n", c.namespace, "touched=yes")
	c.kubectl("annotate", "bankconn", "acme", "-n", c.namespace, "--overwrite", "connect.flinks-operator.dev/refresh-requested-at=2")
	c.kubectl("wait", "--for=jsonpath={.status.lastHandledRequest.result}=Refused", "bankconn/acme", "-n", c.namespace, "--timeout=20s")
	c.eventually("the new leader looked at it", 20*time.Second, func(context.Context) (bool, error) {
		return reconciles(t) > reconciled, nil
	})
	if stats := c.sim.LiveStats(); stats.Opened != 1 || len(stats.Overlaps) != 0 {
		t.Errorf("live sessions: %+v", stats)
	}
	if reason := c.get("acme").Status.LastHandledRequest.Reason; reason != v1alpha1.ReasonSessionOpen {
		t.Errorf("refused with %q", reason)
	}
	c.checkCanaries()
}

// TestTwoManagersDoTheWorkOnce: the second waits for the lease and takes over when
// the first one goes.
func TestTwoManagersDoTheWorkOnce(t *testing.T) {
	c := newCluster(t)
	first := c.start()
	c.createInstance()
	c.login("one", "greatday_nomfa+one")
	c.apply(c.connection("one", ""))
	c.kubectl("wait", "--for=condition=Ready", "bankconn/one", "-n", c.namespace, "--timeout=20s")
	c.start()
	first()
	c.login("two", "greatday_nomfa+two")
	c.apply(c.connection("two", ""))
	c.kubectl("wait", "--for=condition=Ready", "bankconn/two", "-n", c.namespace, "--timeout=20s")
	if got := c.observes(); got != 2 {
		t.Errorf("%d observes for two connections", got)
	}
}

// TestNamespaceDeletion: in a namespace that terminates nothing can be created, and
// Secrets are deleted at the same time as connections, in an order that nobody
// controls. The login is still deleted at Flinks before its object goes.
func TestNamespaceDeletion(t *testing.T) {
	c := newCluster(t)
	c.start()
	c.createInstance()
	c.kubectl("create", "namespace", "doomed-"+c.namespace)
	doomed := "doomed-" + c.namespace
	id := c.sim.SeedLogin(seed("greatday_nomfa", c.sim.Now()))
	c.canaries = append(c.canaries, id)
	c.create(loginSecret(doomed, "acme", id))
	c.create(newConnection(doomed, "acme", c.instanceName()))
	c.kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", doomed, "--timeout=20s")

	c.kubectl("delete", "namespace", doomed, "--wait=false")
	c.eventually("the login is deleted and its object gone", 30*time.Second, func(ctx context.Context) (bool, error) {
		state, _ := c.sim.Login(id)
		err := c.client.Get(ctx, client.ObjectKey{Namespace: doomed, Name: "acme"}, &v1alpha1.BankConnection{})
		return state.Deleted && apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	c.eventuallyNoNamespace(doomed)
	c.checkCanaries()
	c.checkForbidden()
}

func (c *cluster) eventuallyNoNamespace(name string) {
	c.t.Helper()
	c.eventually("the namespace is gone", 60*time.Second, func(ctx context.Context) (bool, error) {
		err := c.client.Get(ctx, client.ObjectKey{Name: name}, &corev1.Namespace{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}
