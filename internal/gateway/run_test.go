package gateway

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// codeOf returns the status of a GET on a connection of its own; 0 if there is no answer.
func codeOf(t *testing.T, l net.Listener, path string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, "http://"+l.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	res, err := (&http.Client{Timeout: patience}).Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// The gateway stops in order: load balancers send no new clients, then it accepts no new
// connections, and then it answers the requests in progress.
func TestStopping(t *testing.T) {
	s := newFixture(t)
	public, private := listener(t), listener(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	s.before = func(context.Context) { arrived <- struct{}{}; <-release }
	draining, drained := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	ended, answered := make(chan error, 1), make(chan int, 1)
	go func() {
		ended <- s.gateway.serve(ctx, public, private, func() { close(draining); <-drained })
	}()
	if got := codeOf(t, private, "/readyz"); got != 200 {
		t.Errorf("/readyz is %d in the beginning", got)
	}
	go func() { answered <- codeOf(t, public, "/c/"+aToken) }()
	<-arrived
	stop()
	<-draining
	if ready, alive, page := codeOf(t, private, "/readyz"), codeOf(t, private, "/healthz"), codeOf(t, public, "/landed"); ready != 503 || alive != 200 || page != 200 {
		t.Errorf("while it drains, /readyz is %d, /healthz %d, and a page %d", ready, alive, page)
	}
	close(drained)
	for codeOf(t, public, "/landed") != 0 { //nolint:revive // Until it accepts no new connections.
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended before its last answer: %v", err)
	case <-answered:
		t.Fatal("the operator had not answered yet")
	default:
	}
	close(release)
	if got, err := <-answered, <-ended; got != 200 || err != nil {
		t.Errorf("the last answer is %d, and the end %v", got, err)
	}
}

func TestServingEndsWhenAListenerDoes(t *testing.T) {
	s := newFixture(t)
	public, private := listener(t), listener(t)
	_ = private.Close()
	if err := s.gateway.serve(t.Context(), public, private, func() { t.Error("drained") }); err == nil {
		t.Error("no error")
	}
	if got := codeOf(t, public, "/landed"); got != 0 {
		t.Errorf("half of it goes on: %d", got)
	}
}

func TestPrivate(t *testing.T) {
	s := newFixture(t)
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 200, "/c/" + aToken: 404, "/landed": 404, "/webhooks/toolbox": 404, "/debug/pprof/": 404,
	} {
		w := httptest.NewRecorder()
		s.gateway.Private(func() bool { return true }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s is %d", path, w.Code)
		}
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	ca, _ := writeCertificate(t, dir, 1)
	options := func() Options {
		o := Default()
		o.Listener, o.PrivateAddress, o.Drain = listener(t), "0", 0
		o.LinkAPIURL, o.LinkAPICAFile, o.LinkAPITokenFile = "https://operator.test:9443", ca, ca
		return o
	}
	t.Run("it ends in order", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := Run(ctx, options()); err != nil {
			t.Error(err)
		}
	})
	taken := listener(t)
	defer func() { _ = taken.Close() }()
	for name, change := range map[string]func(*Options){
		"no operator":             func(o *Options) { o.LinkAPIURL = "" },
		"an operator in the open": func(o *Options) { o.LinkAPIURL = "http://operator.test" },
		"no token":                func(o *Options) { o.LinkAPITokenFile = "" },
		"no authority":            func(o *Options) { o.LinkAPICAFile = "" },
		"no certificate":          func(o *Options) { o.CertFile, o.KeyFile = "/nowhere", "/nowhere" },
		"an invalid address":      func(o *Options) { o.Listener, o.Address = nil, "nowhere" },
		"an address that is busy": func(o *Options) { o.Listener, o.Address = nil, taken.Addr().String() },
		"probes that are busy":    func(o *Options) { o.PrivateAddress = taken.Addr().String() },
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			defer func(l net.Listener) { _ = l.Close() }(o.Listener)
			change(&o)
			if err := Run(t.Context(), o); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestFlags(t *testing.T) {
	o := Default()
	fs := flag.NewFlagSet("gateway", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o.BindFlags(fs)
	err := fs.Parse(strings.Fields(`--bind-address=:1 --health-probe-bind-address=:2 --link-api-url=https://x --link-api-ca-file=a
		--link-api-token-file=b --tls-cert-file=c --tls-key-file=d --webhook-signature-header=X-S --trusted-proxy-cidrs=10.0.0.0/8,fd00::/8`))
	want := Options{
		Address: ":1", PrivateAddress: ":2", LinkAPIURL: "https://x", LinkAPICAFile: "a", LinkAPITokenFile: "b", CertFile: "c", KeyFile: "d",
		SignatureHeader: "X-S", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
		Drain: drainTime,
	}
	o.Log = nil
	if diff := cmp.Diff(want, o, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for list, want := range map[string]bool{"": true, "10.0.0.0/8 , fd00::/8,": true, "10.0.0.1": false, "10.0.0.0/40": false, "private": false} {
		if err := fs.Parse([]string{"--trusted-proxy-cidrs=" + list}); (err == nil) != want {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// writeCertificate makes a certificate that signs itself, with a number to know it by.
func writeCertificate(t *testing.T, dir string, number int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(number), NotBefore: noon, NotAfter: noon.Add(time.Hour), DNSNames: []string{"gateway.test"}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	changeFile(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), number)
	changeFile(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: rawKey}), number)
	return certFile, keyFile
}

// changeFile writes a file that is as old as its number says.
func changeFile(t *testing.T, file string, content []byte, number int64) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	when := noon.Add(time.Duration(number) * time.Second)
	if err := os.Chtimes(file, when, when); err != nil {
		t.Fatal(err)
	}
}

// A certificate that was renewed is served without a restart, and one that is broken is
// not.
func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := writeCertificate(t, dir, 1)
	l, err := listen(t.Context(), Options{Address: "127.0.0.1:0", CertFile: certFile, KeyFile: keyFile})
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(newFixture(t).public)
	go func() { _ = server.Serve(l) }()
	defer func() { _ = server.Close() }()
	number := func(most uint16) int64 {
		dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MaxVersion: most}}
		conn, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			return 0
		}
		defer func() { _ = conn.Close() }()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	var got []int64
	got = append(got, number(0), number(tls.VersionTLS12), number(tls.VersionTLS11))
	writeCertificate(t, dir, 2)
	got = append(got, number(0))
	changeFile(t, certFile, []byte("half of it"), 3)
	got = append(got, number(0))
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	got = append(got, number(0))
	writeCertificate(t, dir, 4)
	got = append(got, number(0))
	if diff := cmp.Diff([]int64{1, 1, 0, 2, 2, 2, 4}, got); diff != "" {
		t.Errorf("certificates (-want +got):\n%s", diff)
	}
}
