package linkapi

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// ErrCA is an error of NewClient: the file has no certificate authorities. The error does
// not contain the name of the file.
var ErrCA = errors.New("linkapi: the certificate authorities of the operator cannot be read")

// caTransport makes connections to servers whose certificates the authorities in a file
// signed. When the file changes, it makes new connections.
type caTransport struct {
	file string

	mu      sync.Mutex
	pem     []byte
	current *http.Transport
}

// get returns the transport for the present content of the file. While the file cannot be
// read, it returns the last one, because a file is not always replaced in one step. The
// error is ErrCA.
func (t *caTransport) get() (http.RoundTripper, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pem, err := os.ReadFile(t.file)
	pool := x509.NewCertPool()
	switch {
	case err == nil && t.current != nil && bytes.Equal(pem, t.pem):
		return t.current, nil
	case err != nil || !pool.AppendCertsFromPEM(pem):
		if t.current == nil {
			return nil, ErrCA
		}
		return t.current, nil
	}
	if t.current != nil {
		t.current.CloseIdleConnections()
	}
	t.pem, t.current = pem, newTransport(pool)
	return t.current, nil
}

// newTransport returns a transport that uses no proxy, because a proxy would see the
// tokens. It speaks HTTP/1.1, where a replica that disappears costs one call and not all
// of them.
func newTransport(pool *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		MaxConnsPerHost:        64,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
		DisableCompression:     true,
	}
}
