package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// serving is a server and where it listens.
type serving struct {
	*http.Server

	listener net.Listener
}

// serve runs servers until ctx is done or one of them ends, and then stops them in their
// order, after beforeStop.
func serve(ctx context.Context, servers []*serving, beforeStop func()) error {
	ended := make(chan error, len(servers))
	for _, s := range servers {
		go func() { ended <- s.Serve(s.listener) }()
	}
	var err error
	select {
	case <-ctx.Done():
		beforeStop()
	case err = <-ended:
		err = fmt.Errorf("serving: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	for _, s := range servers {
		if stopErr := s.Shutdown(ctx); stopErr != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// pause lets time pass after ctx is done.
func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d)
	defer cancel()
	<-ctx.Done()
}

// certificate is read again when its file has changed.
type certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	changed time.Time
	pair    *tls.Certificate
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.certFile)
	if err == nil && (c.pair == nil || !info.ModTime().Equal(c.changed)) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(c.certFile, c.keyFile); err == nil {
			c.pair, c.changed = &pair, info.ModTime()
		}
	}
	if c.pair == nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	return c.pair, nil // The old one is better than none.
}
