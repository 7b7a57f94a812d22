package manager

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/manager"
)

// rerouted reaches the simulator where it stands in for the hosts of Flinks, which are
// all that a namespaced instance can name.
type rerouted struct {
	next http.RoundTripper
	host string
}

func (r rerouted) RoundTrip(request *http.Request) (*http.Response, error) {
	if strings.HasSuffix(request.URL.Host, ".fin.ag") {
		request = request.Clone(request.Context())
		request.URL.Scheme, request.URL.Host = "http", r.host
	}
	return r.next.RoundTrip(request)
}

// TestNamespaceDeletionWithItsOwnInstance: instance, keys and loginId are deleted
// together with the connections that need them, and all logins are deleted at Flinks
// before anything of that goes.
func TestNamespaceDeletionWithItsOwnInstance(t *testing.T) {
	c := newCluster(t)
	c.start(func(o *manager.Options) {
		o.Transport = rerouted{flinks.NewTransport(), strings.TrimPrefix(c.url, "http://")}
	})
	doomed := "own-" + c.namespace
	c.kubectl("create", "namespace", doomed)
	keys := c.sim.Credentials()
	c.apply(fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: %[1]s}
stringData: {secretKey: %[2]s, apiKey: %[3]s}
---
apiVersion: connect.flinks-operator.dev/v1alpha1
kind: FlinksInstance
metadata: {name: own, namespace: %[1]s}
spec:
  instance: %[4]s
  customerId: %[5]s
  credentialsSecretRef: {name: keys}
`, doomed, keys.SecretKey, keys.APIKey, keys.Instance, keys.CustomerID))
	var logins []string
	for i := range 5 {
		name := fmt.Sprintf("acme-%d", i)
		id := c.sim.SeedLogin(seed(fmt.Sprintf("greatday_nomfa+own%d", i), c.sim.Now()))
		logins = append(logins, id)
		c.canaries = append(c.canaries, id)
		c.create(loginSecret(doomed, name, id))
		connection := newConnection(doomed, name, "own")
		connection.Spec.InstanceRef.Kind = v1alpha1.KindFlinksInstance
		c.create(connection)
	}
	c.kubectl("wait", "--for=condition=Ready", "bankconn", "--all", "-n", doomed, "--timeout=20s")
	c.kubectl("wait", "--for=jsonpath={.status.heldSecretName}=keys", "flinksinstance/own", "-n", doomed, "--timeout=20s")

	c.kubectl("delete", "namespace", doomed, "--wait=false")
	c.eventuallyNoNamespace(doomed)
	for _, id := range logins {
		if state, _ := c.sim.Login(id); !state.Deleted {
			t.Error("a login was not deleted")
		}
	}
	deletions := 0
	for _, e := range c.sim.Journal() {
		if e.Endpoint == "DeleteCard" {
			deletions++
		}
	}
	if deletions != len(logins) {
		t.Errorf("%d calls of DeleteCard for %d logins", deletions, len(logins))
	}
	c.checkCanaries()
	c.checkForbidden()
}

// TestRightToHoldWithheld: without the ClusterRole for it everything works, and the
// status says what may go wrong.
func TestRightToHoldWithheld(t *testing.T) {
	c := newCluster(t)
	withheld = append(withheld, c.namespace)
	c.kubectl("delete", "clusterrolebinding", "flinks-operator-secret-holds")
	t.Cleanup(func() { c.kubectl("apply", "-f", root(t)+"/config/rbac/secret_holds_role.yaml") })
	c.start()
	c.createInstance()
	id := c.login("acme", "greatday_nomfa+withheld")
	c.apply(c.connection("acme", ""))
	c.kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.namespace, "--timeout=20s")
	c.kubectl("wait", "--for=condition=SecretUnprotected", "bankconn/acme", "-n", c.namespace, "--timeout=5s")
	c.kubectl("delete", "bankconn", "acme", "-n", c.namespace, "--timeout=20s")
	if state, _ := c.sim.Login(id); !state.Deleted {
		t.Error("the login was not deleted")
	}
	c.checkCanaries()
}

// TestRebindAtOnce: who gives a login up does not wait for the next observe.
func TestRebindAtOnce(t *testing.T) {
	c := newCluster(t)
	c.start()
	c.createInstance()
	c.login("acme", "greatday_nomfa+old")
	c.apply(c.connection("acme", ""))
	c.kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.namespace, "--timeout=20s")
	given := c.get("acme").Status.Binding.LoginFingerprint
	id := c.sim.SeedLogin(seed("greatday_nomfa+new", c.sim.Now()))
	c.canaries = append(c.canaries, id)
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"stringData":{"loginId":%q}}`, id))
	if err := c.client.Patch(t.Context(), loginSecret(c.namespace, "acme", id), patch); err != nil {
		t.Fatal(err)
	}
	c.kubectl("annotate", "bankconn", "acme", "-n", c.namespace, v1alpha1.RebindAnnotation+"="+given)
	c.eventually("the new login is bound", 20*time.Second, func(ctx context.Context) (bool, error) {
		var acme v1alpha1.BankConnection
		err := c.client.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: "acme"}, &acme)
		bound := acme.Status.Binding
		return len(acme.Status.SupersededLogins) == 1 && bound != nil && bound.LoginFingerprint != given, err
	})
	c.kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.namespace, "--timeout=20s")
	c.checkCanaries()
	c.checkForbidden()
}

// TestAbandonAndConfirm: both are annotations, and both work at once.
func TestAbandonAndConfirm(t *testing.T) {
	c := newCluster(t)
	c.start()
	c.createInstance()
	c.createFleet(12)
	c.kubectl("wait", "--for=condition=Ready", "bankconn", "--all", "-n", c.namespace, "--timeout=40s")
	if err := c.sim.InjectFault(flinkssim.Fault{Endpoint: "DeleteCard", Status: 503, Times: -1}); err != nil {
		t.Fatal(err)
	}
	c.kubectl("delete", "bankconn", "--all", "-n", c.namespace, "--wait=false")
	c.kubectl("wait", "--for=condition=DeletionsPaused", "clusterflinksinstance/"+c.instanceName(), "--timeout=20s")
	c.kubectl("annotate", "bankconn", "customer-000", "-n", c.namespace, v1alpha1.AbandonLoginAnnotation+"=true")
	c.kubectl("wait", "--for=delete", "bankconn/customer-000", "-n", c.namespace, "--timeout=20s")
	c.sim.ClearFaults()
	until := c.sim.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	c.kubectl("annotate", "clusterflinksinstance", c.instanceName(), v1alpha1.AllowDeletionsUntilAnnotation+"="+until)
	c.kubectl("wait", "--for=delete", "bankconn", "--all", "-n", c.namespace, "--timeout=40s")
	c.eventually("the instance is in use no more", 20*time.Second, func(ctx context.Context) (bool, error) {
		var i v1alpha1.ClusterFlinksInstance
		err := c.client.Get(ctx, client.ObjectKey{Name: c.instanceName()}, &i)
		return len(i.Finalizers) == 0 && err == nil, client.IgnoreNotFound(err)
	})
	if apierrors.IsNotFound(c.client.Get(t.Context(), client.ObjectKey{Namespace: c.namespace, Name: "customer-000-login"}, loginSecret("", "", ""))) {
		t.Error("a Secret was deleted")
	}
	c.checkCanaries()
}
