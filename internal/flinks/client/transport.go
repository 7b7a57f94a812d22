package client

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	tlsHandshakeTimeout = 10 * time.Second
	// Shorter than the idle limit of common load balancers, so that it is this side
	// that closes a kept connection.
	idleConnTimeout    = 30 * time.Second
	maxIdleConns       = 32
	maxIdlePerHost     = 8
	maxResponseHeaders = 64 << 10
)

// NewTransport returns the transport that New uses for configured endpoints when it is given
// none: own connection pool, TLS 1.2 or newer, HTTP/1.1, proxy from the process environment,
// bounded headers and idle connections, no connection to a link-local address. Wrap it to
// observe calls.
//
// HTTP/2 is off on purpose: its client repeats requests that a server refused or
// abandoned (REFUSED_STREAM, GOAWAY), and one lost connection would make every live
// call on it ambiguous at once.
func NewTransport() *http.Transport { return newTransport(&dialer{allowsPrivate: true}) }

func newTransport(d *dialer) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  d.proxy,
		DialContext:            d.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    tlsHandshakeTimeout,
		MaxIdleConns:           maxIdleConns,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxResponseHeaders,
		DisableCompression:     true,
		Protocols:              protocols,
	}
}

// freshOnly returns a transport that never reuses a connection. net/http repeats a
// request that failed on a reused connection when it thinks that is safe, and even
// where it does not, a kept connection that the server has just closed fails in a way
// that cannot be told from a lost answer. On a new connection neither happens.
//
// A RoundTripper of another type is used as it is: then it is the missing GetBody of
// every request that keeps net/http from sending a body twice.
func freshOnly(rt http.RoundTripper) http.RoundTripper {
	t, ok := rt.(*http.Transport)
	if !ok {
		return rt
	}
	fresh := t.Clone()
	fresh.DisableKeepAlives = true
	return fresh
}

// transports are those of one kind of endpoint.
type transports struct {
	// pooled keeps connections; fresh does not.
	pooled, fresh http.RoundTripper
}

func (t transports) closeIdle() {
	for _, rt := range []http.RoundTripper{t.pooled, t.fresh} {
		if closer, ok := rt.(interface{ CloseIdleConnections() }); ok {
			closer.CloseIdleConnections()
		}
	}
}

func transportsOf(rt http.RoundTripper) transports { return transports{rt, freshOnly(rt)} }

// attempt watches how far one request gets, to tell "never sent" from "perhaps sent".
type attempt struct {
	body    *sentinelBody // nil for requests without a body
	asked   atomic.Bool   // the transport began to look for a connection
	gotConn atomic.Bool   // and got one
}

func (a *attempt) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { a.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { a.gotConn.Store(true) },
	})
}

// delivery returns what is known about a request that has failed.
//
// With a body the answer is exact: Flinks cannot act upon a request whose body it never
// got, and from here on the body refuses to be read. The trace hooks alone would leave
// a gap, because net/http writes in a goroutine that may still run after an error.
//
// Without a body only a missing connection is proof, and only from a transport that
// reports connections at all.
func (a *attempt) delivery() flinks.Delivery {
	if a.body != nil && a.body.withhold() {
		return flinks.NotSent
	}
	if a.body == nil && a.asked.Load() && !a.gotConn.Load() {
		return flinks.NotSent
	}
	return flinks.Ambiguous
}

const (
	bodyUntouched int32 = iota
	bodyTaken
	bodyWithheld
)

var errWithheld = errors.New("flinks: the request was given up before it was sent")

// sentinelBody notes whether anything of the request body was read. It cannot be rewound.
type sentinelBody struct {
	state atomic.Int32
	rest  []byte
}

// Read hands the body out, unless it was withheld first.
func (b *sentinelBody) Read(p []byte) (int, error) {
	if !b.state.CompareAndSwap(bodyUntouched, bodyTaken) && b.state.Load() == bodyWithheld {
		return 0, errWithheld
	}
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close does nothing; the body holds no resources.
func (b *sentinelBody) Close() error { return nil }

// withhold makes the body refuse to be read, and reports whether nothing of it was read yet.
func (b *sentinelBody) withhold() bool {
	return b.state.CompareAndSwap(bodyUntouched, bodyWithheld)
}
