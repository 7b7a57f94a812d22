package dataclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// Source returns a token, or certificates in PEM, as they are at that moment.
type Source func(context.Context) ([]byte, error)

// maxFile bounds what is read of a file.
const maxFile = 1 << 20

// File is the content of a file that may change, such as one that the kubelet mounts.
func File(path string) Source {
	return func(context.Context) ([]byte, error) {
		f, err := os.Open(path) //nolint:gosec // The caller names its own files.
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		return io.ReadAll(io.LimitReader(f, maxFile))
	}
}

// readToken returns the token of a source.
func readToken(ctx context.Context, from Source) (string, error) {
	raw, err := from(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrToken, err)
	}
	token := string(bytes.TrimSpace(raw))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", ErrToken
	}
	return token, nil
}

// trust makes connections to servers whose certificates the authorities of a source signed. When
// they change, it makes new connections. It is safe for concurrent use.
type trust struct {
	authorities Source

	mu      sync.Mutex
	pem     []byte
	current *http.Transport
}

// transport returns what makes connections for the present authorities. While they cannot be read,
// it goes on with the last ones, because a file is not always replaced in one step.
func (t *trust) transport(ctx context.Context) (*http.Transport, error) {
	pem, err := t.authorities(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil && t.current != nil && bytes.Equal(pem, t.pem) {
		return t.current, nil
	}
	pool := x509.NewCertPool()
	readable := err == nil && pool.AppendCertsFromPEM(pem)
	switch {
	case readable:
		if t.current != nil {
			t.current.CloseIdleConnections()
		}
		t.pem, t.current = bytes.Clone(pem), newTransport(pool)
	case t.current == nil && err != nil:
		return nil, fmt.Errorf("%w: %w", ErrAuthorities, err)
	case t.current == nil:
		return nil, ErrAuthorities
	}
	return t.current, nil
}

func (t *trust) closeIdle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil {
		t.current.CloseIdleConnections()
	}
}

// headerTimeout is longer than the operator takes to begin an answer.
const headerTimeout = 150 * time.Second

// newTransport returns a transport without a proxy, which would see that there is a token. It
// speaks HTTP/1.1, where a replica that disappears costs one read and not all of them.
func newTransport(pool *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  headerTimeout,
		MaxConnsPerHost:        64,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true,
	}
}
