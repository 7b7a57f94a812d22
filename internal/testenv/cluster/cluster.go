// Package cluster gives tests a cluster as a platform team has it: what config/default
// ships is installed, there is a Flinks of its own for each test, and the operator
// runs under the rights that it is shipped with.
package cluster

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controlplane"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/replay"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// Cluster is a namespace of a cluster with the operator's configuration applied, and
// a Flinks for one test. Its fields are for reading.
type Cluster struct {
	T         *testing.T
	Env       *testenv.Env
	Client    client.Client
	Sim       *flinkssim.Server
	URL       string // of the simulator
	Namespace string
	canaries  []string
	exchanges *replay.Recorder
}

var installOnce sync.Once

// New makes a namespace and a Flinks for a test. The first one installs what is
// shipped.
func New(t *testing.T, change ...func(*flinkssim.Options)) *Cluster {
	t.Helper()
	env := testenv.Start(t)
	// Logins of other tests are those of other customers.
	options := flinkssim.Options{CustomerID: string(uuid.NewUUID())}
	for _, f := range change {
		f(&options)
	}
	c := &Cluster{T: t, Env: env, Namespace: env.Namespace(t), Sim: flinkssim.New(options)}
	installOnce.Do(func() {
		c.Kubectl("apply", "-k", filepath.Join(Root(t), "config", "default"))
		c.AwaitSecretPolicy(true)
	})
	scheme, err := manager.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	if c.Client, err = client.New(env.Config, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	c.exchanges = &replay.Recorder{Clock: clock.RealClock{}}
	server := httptest.NewServer(c.exchanges.Wrap(c.Sim.Handler()))
	t.Cleanup(server.Close)
	c.URL = server.URL
	keys := c.Sim.Credentials()
	c.Guard(keys.SecretKey, keys.APIKey)
	return c
}

// Root returns the source tree.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// InstanceName returns the name of the shared instance of this test.
func (c *Cluster) InstanceName() string { return "bank-" + c.Namespace }

// CreateInstance makes a shared instance as a platform team would.
func (c *Cluster) CreateInstance() {
	c.T.Helper()
	keys := c.Sim.Credentials()
	c.Apply(fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: %[1]s}
stringData: {secretKey: %[2]s, apiKey: %[3]s}
---
apiVersion: connect.flinks-operator.dev/v1alpha1
kind: ClusterFlinksInstance
metadata: {name: %[4]s}
spec:
  instance: %[5]s
  customerId: %[6]s
  credentialsSecretRef: {name: keys, namespace: %[1]s}
  endpoints: {api: "%[7]s", connect: "%[7]s"}
  limits: {requestsPerSecond: 1000, burst: 1000}
`, c.Namespace, keys.SecretKey, keys.APIKey, c.InstanceName(), keys.Instance, keys.CustomerID, c.URL))
	c.T.Cleanup(func() { c.Discard("clusterflinksinstance", c.InstanceName()) })
}

// Discard removes an object, even if no manager runs that would remove its finalizer.
func (c *Cluster) Discard(kind, name string) {
	c.T.Helper()
	c.Kubectl("delete", kind, name, "--ignore-not-found", "--wait=false")
	if c.Kubectl("get", kind, name, "--ignore-not-found") != "" {
		c.Kubectl("patch", kind, name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	}
}

// Seed makes a login at Flinks that was linked earlier, and returns its loginId.
func (c *Cluster) Seed(username string, lastRefresh time.Time) string {
	c.T.Helper()
	id := c.Sim.SeedLogin(flinkssim.SeedOptions{Username: username, LastRefresh: lastRefresh})
	c.Guard(id)
	return id
}

// Login makes a login at Flinks, and a Secret with its loginId.
func (c *Cluster) Login(name, username string) string {
	c.T.Helper()
	id := c.Seed(username, c.Sim.Now().Add(-time.Hour))
	c.Kubectl("create", "secret", "generic", name+"-login", "-n", c.Namespace, "--from-literal=loginId="+id)
	return id
}

// Connection returns the manifest of a BankConnection for that login; more is the rest of its spec.
func (c *Cluster) Connection(name, more string) string {
	return fmt.Sprintf(`
apiVersion: connect.flinks-operator.dev/v1alpha1
kind: BankConnection
metadata: {name: %s, namespace: %s}
spec:
  instanceRef: {kind: ClusterFlinksInstance, name: %s}
  loginIdSecretRef: {name: %s-login}
%s---
`, name, c.Namespace, c.InstanceName(), name, more)
}

// Get reads a BankConnection.
func (c *Cluster) Get(name string) *v1alpha1.BankConnection {
	c.T.Helper()
	var connection v1alpha1.BankConnection
	if err := c.Client.Get(c.T.Context(), client.ObjectKey{Namespace: c.Namespace, Name: name}, &connection); err != nil {
		c.T.Fatal(err)
	}
	return &connection
}
