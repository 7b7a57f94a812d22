package client_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/flinkstest"
)

// derivedHost is the host that a client derives for the instance of these tests. Nothing
// here resolves it: a proxy does.
const derivedHost = "toolbox-api.private.fin.ag"

// flinksBehindProxy serves TLS as the derived host, and returns its address and the bundle
// to trust it by.
func flinksBehindProxy(t *testing.T, requests *atomic.Int32, handle http.HandlerFunc) (address, bundle string) {
	t.Helper()
	key := flinkstest.Must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority"}, DNSNames: []string{derivedHost},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<34, 0), // Whatever the time is.
		IsCA: true, BasicConstraintsValid: true,
	}
	der := flinkstest.Must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handle(w, r)
	}))
	server.Config.ErrorLog = discard()
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// proxied returns the derived endpoint by a proxy.
func proxied(t *testing.T, proxy, bundle string) flinks.Endpoint {
	t.Helper()
	ep := flinkstest.Must[flinks.Endpoint](t)(flinks.EndpointFor("toolbox", "43387ca6-0391-4c82-857d-70d95f087ecb"))
	return flinkstest.Must[flinks.Endpoint](t)(ep.By(flinks.Network{Proxy: proxy, CABundle: bundle}))
}

// asked reads a CONNECT, and reports whether it is one to the derived host.
func asked(r *bufio.Reader) bool {
	req, err := http.ReadRequest(r)
	return err == nil && req.Method == http.MethodConnect && req.Host == derivedHost+":443" && req.Header.Get("Flinks-Auth-Key") == ""
}

// tunnel carries bytes both ways until either side ends.
func tunnel(conn net.Conn, r io.Reader, address string) {
	up, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(up, r); _ = up.Close() })
	both.Go(func() { _, _ = io.Copy(conn, up); _ = conn.Close() })
	both.Wait()
}

// TestProxyThatDies: a live call by a proxy reaches Flinks at most once, and what is known of
// it is exact, at whatever stage the proxy dies.
func TestProxyThatDies(t *testing.T) {
	ok := reply(http.StatusOK, liveOK)
	for name, tt := range map[string]struct {
		dies     func(conn net.Conn, r *bufio.Reader, address string)
		flinks   http.HandlerFunc
		delivery flinks.Delivery
		requests int32
	}{
		"at once":          {func(net.Conn, *bufio.Reader, string) {}, ok, flinks.NotSent, 0},
		"when it is asked": {func(_ net.Conn, r *bufio.Reader, _ string) { asked(r) }, ok, flinks.NotSent, 0},
		"with a refusal": {func(conn net.Conn, r *bufio.Reader, _ string) {
			asked(r)
			_, _ = io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
		}, ok, flinks.NotSent, 0},
		"with an answer as from Flinks": {func(conn net.Conn, r *bufio.Reader, _ string) {
			asked(r)
			_, _ = io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: "+contentLength(liveOK)+"\r\n\r\n"+liveOK)
		}, ok, flinks.NotSent, 0},
		"once there is a tunnel": {func(conn net.Conn, r *bufio.Reader, _ string) {
			asked(r)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		}, ok, flinks.NotSent, 0},
		"in the handshake": {func(conn net.Conn, r *bufio.Reader, _ string) {
			asked(r)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			_, _ = r.ReadByte()
		}, ok, flinks.NotSent, 0},
		"before the answer": {func(conn net.Conn, r *bufio.Reader, address string) {
			asked(r)
			tunnel(conn, r, address)
		}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, flinks.Ambiguous, 1},
		"in the answer": {func(conn net.Conn, r *bufio.Reader, address string) {
			asked(r)
			tunnel(conn, r, address)
		}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", contentLength(liveOK))
			_, _ = io.WriteString(w, liveOK[:20])
		}, flinks.Ambiguous, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var requests, connections atomic.Int32
			address, bundle := flinksBehindProxy(t, &requests, tt.flinks)
			proxy := listener(t, func(_ int, conn net.Conn) {
				connections.Add(1)
				tt.dies(conn, bufio.NewReader(conn), address)
			})
			_, err := client(t, flinksclient.Options{}).Refresh(t.Context(), proxied(t, proxy, bundle), token(t), login(t))
			if e := asError(t, err); e.Delivery != tt.delivery {
				t.Errorf("%v, want %s", e, tt.delivery)
			}
			if requests.Load() != tt.requests || connections.Load() != 1 {
				t.Errorf("%d requests by %d connections, want %d by one", requests.Load(), connections.Load(), tt.requests)
			}
		})
	}
}

// TestProxyThatWorks carries all calls of a derived host; live ones on a connection of their
// own. When the settings change, the kept connection is closed.
func TestProxyThatWorks(t *testing.T) {
	var requests, connections atomic.Int32
	ended := make(chan int, 8)
	address, bundle := flinksBehindProxy(t, &requests, reply(http.StatusOK, liveOK))
	carry := func(n int, conn net.Conn) {
		connections.Add(1)
		r := bufio.NewReader(conn)
		if !asked(r) {
			t.Error("the proxy was asked for something else")
			return
		}
		tunnel(conn, r, address)
		ended <- n
	}
	first, second := listener(t, carry), listener(t, carry)
	c := client(t, flinksclient.Options{})
	for i := range 3 {
		if _, err := c.Observe(t.Context(), proxied(t, first, bundle), token(t), login(t)); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := c.Refresh(t.Context(), proxied(t, first, bundle), token(t), login(t)); err != nil {
		t.Fatal(err)
	}
	if requests.Load() != 4 || connections.Load() != 2 || <-ended != 1 {
		t.Errorf("%d requests by %d connections", requests.Load(), connections.Load())
	}
	if _, err := c.Observe(t.Context(), proxied(t, second, bundle), token(t), login(t)); err != nil {
		t.Fatal(err)
	}
	patience, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	select {
	case <-ended: // The one that the first proxy kept.
	case <-patience.Done():
		t.Error("the connection by the old proxy is kept")
	}
	c.CloseIdleConnections()
}

// TestWhatAProxyMayBe: nothing link-local, and nothing reaches a host that the bundle does not
// vouch for.
func TestWhatAProxyMayBe(t *testing.T) {
	var requests atomic.Int32
	address, bundle := flinksBehindProxy(t, &requests, reply(http.StatusOK, liveOK))
	proxy := listener(t, func(_ int, conn net.Conn) {
		r := bufio.NewReader(conn)
		asked(r)
		tunnel(conn, r, address)
	})
	for name, ep := range map[string]flinks.Endpoint{
		"link-local":         proxied(t, "http://169.254.169.254:3128", bundle),
		"without the bundle": proxied(t, proxy, ""),
	} {
		_, err := client(t, flinksclient.Options{}).Refresh(t.Context(), ep, token(t), login(t))
		if e := asError(t, err); e.Delivery != flinks.NotSent {
			t.Errorf("%s: %v", name, e)
		}
	}
	_, err := client(t, flinksclient.Options{}).Refresh(t.Context(), proxied(t, proxy, "no certificate"), token(t), login(t))
	if e := asError(t, err); e.Delivery != flinks.NotSent || e.Code != flinks.CodeInvalidCall {
		t.Errorf("a bundle without a certificate: %v", e)
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}
