package linkapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

const tlsSecret = "flinks-operator-link-api-tls"

// gateways call two replicas without a pause. The kubelet keeps the file with the authorities.
type gateways struct {
	c  *cluster.Cluster
	ca string
	// calls of each of the four.
	calls [4]atomic.Int64
	fails atomic.Int64
}

// startGateways makes two calls at a time to each replica: one over the connections of a gateway, and one
// over a connection of its own.
func startGateways(c *cluster.Cluster, urls [2]string) (g *gateways, stop func()) {
	c.T.Helper()
	ca, token := c.LinkAPIFiles()
	g = &gateways{c: c, ca: ca}
	ctx, cancel := context.WithCancel(c.T.Context())
	var running sync.WaitGroup
	for i, url := range urls {
		asked, err := linkapi.NewClient(linkapi.ClientOptions{URL: url, CAFile: ca, TokenFile: token})
		if err != nil {
			c.T.Fatal(err)
		}
		running.Go(func() { g.load(ctx, &g.calls[2*i], func() bool { return asks(ctx, asked) }) })
		running.Go(func() { g.load(ctx, &g.calls[2*i+1], func() bool { return g.connects(ctx, url) }) })
	}
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	c.T.Cleanup(stop)
	return g, stop
}

func (g *gateways) load(ctx context.Context, calls *atomic.Int64, call func() bool) {
	for ctx.Err() == nil {
		ok := call()
		if ctx.Err() != nil {
			return
		}
		calls.Add(1)
		if !ok {
			g.fails.Add(1)
		}
	}
}

func asks(ctx context.Context, asked *linkapi.Client) bool {
	v, err := asked.View(ctx, linkapi.Visit{Token: linkapi.NewIdentifier("x")})
	return err == nil && v.State == linkapi.StateLinkInvalid
}

// connects reports whether a gateway trusts the certificate that it is shown.
func (g *gateways) connects(ctx context.Context, url string) bool {
	authorities, err := os.ReadFile(g.ca)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(authorities) {
		return false
	}
	conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", strings.TrimPrefix(url, "https://"))
	return err == nil && conn.Close() == nil
}

// work lets them make calls for a while, none of which may fail.
func (g *gateways) work(when string) {
	g.c.T.Helper()
	for i := range g.calls {
		before := g.calls[i].Load()
		g.c.Eventually("calls "+when, 30*time.Second, func(context.Context) (bool, error) { return g.calls[i].Load() > before+10, nil })
	}
	if n := g.fails.Swap(0); n != 0 {
		g.c.T.Errorf("%s, %d calls fail", when, n)
	}
}

// secret returns what the Secret holds.
func (g *gateways) secret(ctx context.Context) (map[string][]byte, error) {
	var s corev1.Secret
	err := g.c.Client.Get(ctx, client.ObjectKey{Namespace: cluster.LeaseNamespace, Name: tlsSecret}, &s)
	return s.Data, err
}

// deliver does what the kubelet does: the file is replaced in one step.
func (g *gateways) deliver() {
	g.c.T.Helper()
	data, err := g.secret(g.c.T.Context())
	if err == nil {
		err = os.WriteFile(g.ca+".new", data["ca.crt"], 0o600)
	}
	if err == nil {
		err = os.Rename(g.ca+".new", g.ca)
	}
	if err != nil {
		g.c.T.Fatal(err)
	}
}

// TestRenewalUnderLoad: the operator renews its certificate, and no call of a gateway fails, though the
// gateway hears of the next authority late and no process restarts.
func TestRenewalUnderLoad(t *testing.T) {
	c := newCluster(t)
	c.Kubectl("delete", "secret", tlsSecret, "-n", cluster.LeaseNamespace, "--ignore-not-found")
	// Certificates are checked against the clock of this machine, so the first one is old.
	made := c.Sim.Now().Add(-62 * 24 * time.Hour)
	clock := clocktesting.NewFakePassiveClock(made)
	urls := [2]string{}
	for i := range urls {
		urls[i], _ = c.StartServing(func(o *manager.Options) { o.Clock = clock })
	}
	g, stop := startGateways(c, urls)
	first := served(t.Context(), t, urls[0])
	g.work("with the first certificate")

	clock.SetTime(made.Add(61 * 24 * time.Hour))
	c.Eventually("the next certificate is announced", 20*time.Second, func(ctx context.Context) (bool, error) {
		data, err := g.secret(ctx)
		return bytes.Count(data["ca.crt"], []byte("BEGIN")) == 2, err
	})
	g.work("before the gateway has the next authority")
	g.deliver()
	g.work("after the gateway has both authorities")

	clock.SetTime(made.Add(62 * 24 * time.Hour))
	c.Eventually("both replicas serve the next certificate", 20*time.Second, func(ctx context.Context) (bool, error) {
		clock.SetTime(clock.Now().Add(time.Minute)) // The slower one reads it the next time.
		one, other := served(ctx, t, urls[0]), served(ctx, t, urls[1])
		return bytes.Equal(one, other) && !bytes.Equal(one, first), nil
	})
	g.work("with the next certificate")
	g.deliver()
	g.work("after the renewal")
	stop()
	data, err := g.secret(t.Context())
	block, _ := pem.Decode(data["tls.crt"])
	if err != nil || block == nil || !bytes.Equal(block.Bytes, served(t.Context(), t, urls[0])) || data["next.crt"] != nil {
		t.Errorf("the Secret holds another certificate, %v", err)
	}
	c.CheckForbidden()
	// Other tests have clocks of their own.
	c.Kubectl("delete", "secret", tlsSecret, "-n", cluster.LeaseNamespace)
}
