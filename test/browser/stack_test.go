package browser

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/gateway"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// stack is what all tests share: one manager under the RBAC that is shipped, one
// gateway as its ServiceAccount, and the proxy before it that has the certificate.
// The manager and every Flinks have one clock, which tests move forward.
type stack struct {
	clock      *flinkssim.VirtualClock
	gateway    string // its public address
	gatewayLog *buffer
	wire       *wire
	keys       link.Keys
}

var (
	stackOnce   sync.Once
	sharedStack *stack
)

func theStack(t *testing.T) *stack {
	t.Helper()
	stackOnce.Do(func() {
		s := &stack{clock: flinkssim.NewVirtualClock(), gatewayLog: &buffer{}, wire: &wire{text: map[string][]string{}}}
		c := cluster.New(t) // installs what is shipped
		operator := s.startManager(c)
		s.readKeys(c)
		s.startGateway(c, operator)
		sharedStack = s
	})
	if sharedStack == nil {
		t.Fatal("there is no gateway: see the test that was to start it")
	}
	return sharedStack
}

// startManager returns the address of its link API.
func (s *stack) startManager(c *cluster.Cluster) net.Addr {
	c.T.Helper()
	listener, err := new(net.ListenConfig).Listen(context.WithoutCancel(c.T.Context()), "tcp", "127.0.0.1:0")
	if err != nil {
		c.T.Fatal(err)
	}
	o := manager.Default()
	o.MetricsAddress, o.ProbeAddress = "0", "0"
	o.LinkAPIListener, o.Namespace, o.LeaderElectionNamespace = listener, cluster.LeaseNamespace, cluster.LeaseNamespace
	o.LeaseDuration, o.Clock, o.AuditLog = 3*time.Second, s.clock, cluster.Records
	ctx, cancel := context.WithCancel(context.Background()) // it outlives the test that needs it first
	done := make(chan error, 1)
	go func() {
		done <- manager.Run(ctx, c.Env.AsServiceAccount(cluster.LeaseNamespace, "flinks-operator-manager"), o)
	}()
	testenv.AtEnd(func() error { cancel(); return <-done })
	return listener.Addr()
}

// readKeys waits for the keys that links are signed with, to make links that the
// operator would not.
func (s *stack) readKeys(c *cluster.Cluster) {
	c.T.Helper()
	secret := ownSecret(c, "flinks-operator-links")
	for _, secret := range secret.Data { // The first one that the operator makes.
		key, err := link.NewKey(secret, time.Time{})
		if err != nil {
			c.T.Fatal(err)
		}
		if s.keys, err = link.NewKeys(key); err != nil {
			c.T.Fatal(err)
		}
	}
}

func ownSecret(c *cluster.Cluster, name string) *corev1.Secret {
	c.T.Helper()
	var secret corev1.Secret
	c.Eventually("Secret "+name, patience, func(ctx context.Context) (bool, error) {
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: cluster.LeaseNamespace, Name: name}, &secret)
		return err == nil, client.IgnoreNotFound(err)
	})
	return &secret
}

// startGateway starts it as a cluster would: with a token of its ServiceAccount,
// and with nothing but the certificate that it knows the operator by.
func (s *stack) startGateway(c *cluster.Cluster, address net.Addr) {
	c.T.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.LeaseNamespace, Name: "flinks-operator-gateway"}}
	token := authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{linkapi.Audience}}}
	if err := c.Client.SubResource("token").Create(c.T.Context(), account, &token); err != nil {
		c.T.Fatal(err)
	}
	directory, err := os.MkdirTemp("", "flinks-gateway-")
	if err != nil {
		c.T.Fatal(err)
	}
	testenv.AtEnd(func() error { return os.RemoveAll(directory) })
	file := filepath.Join(directory, "token")
	if err := os.WriteFile(file, []byte(token.Status.Token), 0o600); err != nil {
		c.T.Fatal(err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(ownSecret(c, "flinks-operator-link-api-tls").Data["ca.crt"]) {
		c.T.Fatal("the operator has no certificate")
	}
	const service = "flinks-operator-link-api." + cluster.LeaseNamespace + ".svc"
	operator, err := linkapi.NewClient(linkapi.ClientOptions{
		URL: "https://" + service, TokenFile: file, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", address.String())
			},
		},
	})
	if err != nil {
		c.T.Fatal(err)
	}
	behind := httptest.NewServer(gateway.NewGateway(gateway.Config{
		Backend: operator, Clock: clock.RealClock{}, Limits: gateway.DefaultLimits(),
		Log:            slog.New(slog.NewTextHandler(s.gatewayLog, &slog.HandlerOptions{Level: slog.LevelDebug})),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	}).Public())
	s.gateway = named(httptest.NewTLSServer(s.wire.proxy(behind)), "connect.test")
}

// gatewayOf returns the address of a gateway whose backend is not the operator.
func gatewayOf(t *testing.T, backend linkapi.Backend) string {
	t.Helper()
	server := httptest.NewTLSServer(gateway.NewGateway(gateway.Config{
		Backend: backend, Clock: clock.RealClock{}, Limits: gateway.DefaultLimits(), Log: slog.New(slog.DiscardHandler),
	}).Public())
	t.Cleanup(server.Close)
	return named(server, "connect.test")
}

// signed returns a link with these claims.
func (s *stack) signed(t *testing.T, claims link.Claims) string {
	t.Helper()
	token, err := s.keys.Token(claims)
	if err != nil {
		t.Fatal(err)
	}
	return s.gateway + "/c/" + token
}

// program returns a client that opens links without being a browser.
func (s *stack) program() *http.Client {
	known := certified().Client().Transport.(*http.Transport).Clone()
	known.TLSClientConfig.ServerName = certified().Certificate().DNSNames[0]
	known.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
	return &http.Client{Transport: known}
}

// forward returns a proxy to a server, which sees the host that the browser asked for.
func forward(to string) *httputil.ReverseProxy {
	target, err := url.Parse(to)
	if err != nil {
		panic(err) // a server of ours
	}
	return &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
	}}
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
