package client_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/flinkstest"
)

// answerNames makes every name have this one address.
func answerNames(t *testing.T, address string) {
	t.Helper()
	was := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = was })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go serveNames(far, netip.MustParseAddr(address))
		return near, nil
	}}
}

// serveNames answers the questions of one connection, in the format of DNS over TCP.
func serveNames(conn net.Conn, address netip.Addr) {
	defer func() { _ = conn.Close() }()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		raw := make([]byte, length)
		if _, err := io.ReadFull(conn, raw); err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(raw) != nil || len(m.Questions) != 1 {
			return
		}
		m.Response, m.Additionals = true, nil
		header := dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: m.Questions[0].Type, Class: dnsmessage.ClassINET}
		switch {
		case header.Type == dnsmessage.TypeA && address.Is4():
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: address.As4()}}}
		case header.Type == dnsmessage.TypeAAAA && address.Is6():
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: address.As16()}}}
		}
		packed, err := m.Pack()
		if err != nil || binary.Write(conn, binary.BigEndian, uint16(len(packed))) != nil {
			return
		}
		if _, err := conn.Write(packed); err != nil {
			return
		}
	}
}

// connects calls an endpoint, and returns the errors of the connections that the client
// tried to make.
func connects(t *testing.T, ep flinks.Endpoint) (failures []error) {
	t.Helper()
	var mu sync.Mutex
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{ConnectDone: func(_, _ string, err error) {
		mu.Lock()
		defer mu.Unlock()
		failures = append(failures, err)
	}})
	_, err := client(t, flinksclient.Options{}).GenerateAuthorizeToken(ctx, ep, credentials(t))
	if e := asError(t, err); e.Delivery != flinks.NotSent || e.Code != flinks.CodeNotSent {
		t.Error(e)
	}
	mu.Lock()
	defer mu.Unlock()
	return failures
}

// TestHostsOfFlinksAreOnTheInternet: a name server that lies about them makes the client
// call nothing inside the network of the cluster.
func TestHostsOfFlinksAreOnTheInternet(t *testing.T) {
	derived := flinkstest.Must[flinks.Endpoint](t)(flinks.EndpointFor("toolbox", customerID))
	for _, address := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "169.254.1.2"} {
		t.Run(address, func(t *testing.T) {
			answerNames(t, address)
			expectRefused(t, connects(t, derived))
		})
	}
}

// TestNoEndpointIsLinkLocal: no endpoint that an administrator configures can lead to the
// metadata of the machine.
func TestNoEndpointIsLinkLocal(t *testing.T) {
	for _, url := range []string{"http://169.254.1.2", "http://[::ffff:169.254.1.2]", "http://0.0.0.0:1"} {
		expectRefused(t, connects(t, endpoint(t, url)))
	}
	answerNames(t, "169.254.1.2")
	expectRefused(t, connects(t, endpoint(t, "http://proxy.example")))
}

func expectRefused(t *testing.T, failures []error) {
	t.Helper()
	for _, err := range failures {
		if err == nil || !strings.Contains(err.Error(), "refused by the client") {
			t.Errorf("a connection was attempted: %v", err)
		}
	}
	if len(failures) == 0 {
		t.Error("nothing was resolved")
	}
}

// TestConfiguredEndpointsMayBePrivate: a simulator or a proxy is in the cluster.
func TestConfiguredEndpointsMayBePrivate(t *testing.T) {
	s := serve(t, reply(200, tokenOK))
	answerNames(t, "127.0.0.1")
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	for _, url := range []string{s.URL, "http://flinks.example" + port} {
		if _, err := client(t, flinksclient.Options{}).GenerateAuthorizeToken(t.Context(), endpoint(t, url), credentials(t)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
