package manager

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// cluster is a cluster with the operator's configuration applied, and a Flinks.
type cluster struct {
	t         *testing.T
	env       *testenv.Env
	client    client.Client
	sim       *flinkssim.Server
	url       string
	namespace string
	canaries  []string
}

var installOnce sync.Once

func newCluster(t *testing.T) *cluster {
	t.Helper()
	env := testenv.Start(t)
	c := &cluster{t: t, env: env, namespace: env.Namespace(t), sim: flinkssim.New(flinkssim.Options{})}
	installOnce.Do(func() {
		c.kubectl("apply", "-k", root(t)+"/config/default")
	})
	scheme, err := manager.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	if c.client, err = client.New(env.Config, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c.sim.Handler())
	t.Cleanup(server.Close)
	c.url = server.URL
	keys := c.sim.Credentials()
	c.canaries = append(c.canaries, keys.SecretKey, keys.APIKey)
	return c
}

func (c *cluster) instanceName() string { return "bank-" + c.namespace }

// createInstance makes a shared instance as a platform team would.
func (c *cluster) createInstance() {
	c.t.Helper()
	keys := c.sim.Credentials()
	c.apply(fmt.Sprintf(`
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
`, c.namespace, keys.SecretKey, keys.APIKey, c.instanceName(), keys.Instance, keys.CustomerID, c.url))
	c.t.Cleanup(func() { c.discard("clusterflinksinstance", c.instanceName()) })
}

// discard removes an object that no manager may be there to let go of.
func (c *cluster) discard(kind, name string) {
	c.t.Helper()
	c.kubectl("delete", kind, name, "--ignore-not-found", "--wait=false")
	if c.kubectl("get", kind, name, "--ignore-not-found") != "" {
		c.kubectl("patch", kind, name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	}
}

// login makes a Secret with a login of Flinks Capital.
func (c *cluster) login(name, username string) string {
	c.t.Helper()
	id := c.sim.SeedLogin(flinkssim.SeedOptions{Username: username, LastRefresh: c.sim.Now().Add(-time.Hour)})
	c.canaries = append(c.canaries, id)
	c.kubectl("create", "secret", "generic", name+"-login", "-n", c.namespace, "--from-literal=loginId="+id)
	return id
}

func (c *cluster) connection(name, more string) string {
	return fmt.Sprintf(`
apiVersion: connect.flinks-operator.dev/v1alpha1
kind: BankConnection
metadata: {name: %s, namespace: %s}
spec:
  instanceRef: {kind: ClusterFlinksInstance, name: %s}
  loginIdSecretRef: {name: %s-login}
%s---
`, name, c.namespace, c.instanceName(), name, more)
}

func (c *cluster) apply(manifest string) string {
	c.t.Helper()
	return c.run(strings.NewReader(manifest), "apply", "--server-side", "-f", "-")
}

func (c *cluster) kubectl(args ...string) string {
	c.t.Helper()
	return c.run(nil, args...)
}

func (c *cluster) run(input *strings.Reader, args ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, testenv.Kubectl(c.t), append([]string{"--kubeconfig", c.env.Kubeconfig}, args...)...)
	if input != nil {
		cmd.Stdin = input
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("kubectl %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// start runs a manager as its ServiceAccount, until the test ends or stop is called.
// stop returns when the manager has.
func (c *cluster) start(change ...func(*manager.Options)) (stop func()) {
	c.t.Helper()
	options := manager.Default()
	options.MetricsAddress, options.ProbeAddress, options.SessionAddress = "0", "0", "0"
	options.LeaderElectionNamespace = "flinks-system"
	options.LeaseDuration = 3 * time.Second
	for _, f := range change {
		f(&options)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- manager.Run(ctx, c.env.AsServiceAccount("flinks-system", "flinks-operator-manager"), options)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			c.t.Errorf("manager: %v", err)
		}
	})
	c.t.Cleanup(stop)
	return stop
}

func (c *cluster) get(name string) *v1alpha1.BankConnection {
	c.t.Helper()
	var connection v1alpha1.BankConnection
	if err := c.client.Get(c.t.Context(), client.ObjectKey{Namespace: c.namespace, Name: name}, &connection); err != nil {
		c.t.Fatal(err)
	}
	return &connection
}

// eventually waits until a condition holds.
func (c *cluster) eventually(what string, limit time.Duration, holds func(ctx context.Context) (bool, error)) {
	c.t.Helper()
	if err := wait.PollUntilContextTimeout(c.t.Context(), 50*time.Millisecond, limit, true, holds); err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
}

func (c *cluster) reject(sink, text string) {
	c.t.Helper()
	for _, canary := range c.canaries {
		if testenv.Leaks(text, canary) {
			c.t.Errorf("a secret is in the %s", sink)
		}
	}
}
