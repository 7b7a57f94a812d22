package linkapi

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// trust makes connections to whoever the certificate authorities in a file vouch for.
// A file that changes makes new connections.
type trust struct {
	file string

	mu      sync.Mutex
	pem     []byte
	current *http.Transport
}

// transport is the one for the file as it now is. While the file cannot be read the
// last one serves on: it is replaced in steps. The error is ErrCA.
func (t *trust) transport() (http.RoundTripper, error) {
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

// newTransport goes straight to the operator: a proxy would see the tokens. It speaks
// HTTP/1.1, where a replica that is gone costs one call and not all of them.
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
