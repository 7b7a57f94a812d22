package secrets

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
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/manager"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
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
	c := newFixture(t)
	c.Start(func(o *manager.Options) {
		o.Transport = rerouted{flinksclient.NewTransport(), strings.TrimPrefix(c.URL, "http://")}
	})
	doomed := "own-" + c.Namespace
	c.Kubectl("create", "namespace", doomed)
	keys := c.Sim.Credentials()
	c.Apply(fmt.Sprintf(`
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
		id := c.Seed(fmt.Sprintf("greatday_nomfa+own%d", i), c.Sim.Now())
		logins = append(logins, id)
		c.Create(cluster.LoginSecret(doomed, name, id))
		connection := cluster.NewConnection(doomed, name, "own")
		connection.Spec.InstanceRef.Kind = v1alpha1.KindFlinksInstance
		c.Create(connection)
	}
	c.Kubectl("wait", "--for=condition=Ready", "bankconn", "--all", "-n", doomed, "--timeout=20s")
	c.Kubectl("wait", "--for=jsonpath={.status.protectedSecretName}=keys", "flinksinstance/own", "-n", doomed, "--timeout=20s")

	c.Kubectl("delete", "namespace", doomed, "--wait=false")
	c.eventuallyNoNamespace(doomed)
	for _, id := range logins {
		if state, _ := c.Sim.Login(id); !state.Deleted {
			t.Error("a login was not deleted")
		}
	}
	deletions := 0
	for _, e := range c.Sim.Journal() {
		if e.Endpoint == "DeleteCard" {
			deletions++
		}
	}
	if deletions != len(logins) {
		t.Errorf("%d calls of DeleteCard for %d logins", deletions, len(logins))
	}
	c.CheckCanaries()
	c.CheckForbidden()
}

// TestRightToHoldWithheld: without the ClusterRole for it everything works, and the
// status says what may go wrong.
func TestRightToHoldWithheld(t *testing.T) {
	c := newFixture(t)
	c.Withhold()
	c.Kubectl("delete", "clusterrolebinding", "flinks-operator-secret-holds")
	t.Cleanup(func() { c.Kubectl("apply", "-f", cluster.Root(t)+"/config/rbac/secret_holds_role.yaml") })
	c.Start()
	c.CreateInstance()
	id := c.Login("acme", "greatday_nomfa+withheld")
	c.Apply(c.Connection("acme", ""))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	c.Kubectl("wait", "--for=condition=SecretUnprotected", "bankconn/acme", "-n", c.Namespace, "--timeout=5s")
	c.Kubectl("delete", "bankconn", "acme", "-n", c.Namespace, "--timeout=20s")
	if state, _ := c.Sim.Login(id); !state.Deleted {
		t.Error("the login was not deleted")
	}
	c.CheckCanaries()
}

// TestRebindAtOnce: who gives a login up does not wait for the next observe.
func TestRebindAtOnce(t *testing.T) {
	c := newFixture(t)
	c.Start()
	c.CreateInstance()
	c.Login("acme", "greatday_nomfa+old")
	c.Apply(c.Connection("acme", ""))
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	given := c.Get("acme").Status.Binding.LoginFingerprint
	id := c.Seed("greatday_nomfa+new", c.Sim.Now())
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"stringData":{"loginId":%q}}`, id))
	if err := c.Client.Patch(t.Context(), cluster.LoginSecret(c.Namespace, "acme", id), patch); err != nil {
		t.Fatal(err)
	}
	c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, v1alpha1.RebindAnnotation+"="+given)
	c.Eventually("the new login is bound", 20*time.Second, func(ctx context.Context) (bool, error) {
		var acme v1alpha1.BankConnection
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: "acme"}, &acme)
		bound := acme.Status.Binding
		return len(acme.Status.SupersededLogins) == 1 && bound != nil && bound.LoginFingerprint != given, err
	})
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	c.CheckCanaries()
	c.CheckForbidden()
}

// TestAbandonAndConfirm: both are annotations, and both work at once.
func TestAbandonAndConfirm(t *testing.T) {
	c := newFixture(t)
	c.Start()
	c.CreateInstance()
	c.CreateFleet(12)
	c.Kubectl("wait", "--for=condition=Ready", "bankconn", "--all", "-n", c.Namespace, "--timeout=40s")
	if err := c.Sim.InjectFault(flinkssim.Fault{Endpoint: "DeleteCard", Status: 503, Times: -1}); err != nil {
		t.Fatal(err)
	}
	c.Kubectl("delete", "bankconn", "--all", "-n", c.Namespace, "--wait=false")
	c.Kubectl("wait", "--for=condition=DeletionsPaused", "clusterflinksinstance/"+c.InstanceName(), "--timeout=20s")
	c.Kubectl("annotate", "bankconn", "customer-000", "-n", c.Namespace, v1alpha1.AbandonLoginAnnotation+"=true")
	c.Kubectl("wait", "--for=delete", "bankconn/customer-000", "-n", c.Namespace, "--timeout=20s")
	c.Sim.ClearFaults()
	until := c.Sim.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	c.Kubectl("annotate", "clusterflinksinstance", c.InstanceName(), v1alpha1.AllowDeletionsUntilAnnotation+"="+until)
	c.Kubectl("wait", "--for=delete", "bankconn", "--all", "-n", c.Namespace, "--timeout=40s")
	c.Kubectl("wait", "--for=condition=DeletionsPaused=False", "clusterflinksinstance/"+c.InstanceName(), "--timeout=20s")
	c.Eventually("the instance is in use no more", 20*time.Second, func(ctx context.Context) (bool, error) {
		var i v1alpha1.ClusterFlinksInstance
		err := c.Client.Get(ctx, client.ObjectKey{Name: c.InstanceName()}, &i)
		return len(i.Finalizers) == 0 && err == nil, client.IgnoreNotFound(err)
	})
	if apierrors.IsNotFound(c.Client.Get(t.Context(), client.ObjectKey{Namespace: c.Namespace, Name: "customer-000-login"}, cluster.LoginSecret("", "", ""))) {
		t.Error("a Secret was deleted")
	}
	c.CheckCanaries()
}
