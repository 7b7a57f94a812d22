package manager

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

const (
	apiHeaderTimeout = 5 * time.Second
	apiReadTimeout   = 10 * time.Second
	apiIdleTimeout   = 2 * time.Minute
	apiDrainTimeout  = 20 * time.Second
	maxAPIHeader     = 16 << 10
	// maxAPIConnections is more than the clients in a cluster need; a gateway opens at most 64.
	maxAPIConnections = 512
	// ownSecretsLook is how often a process looks whether it is time to read its Secrets.
	ownSecretsLook = time.Second
)

// apiServer serves an API to clients in the cluster, over TLS.
type apiServer struct {
	// clients are those that it serves, in errors.
	clients     string
	address     string
	listener    net.Listener // instead of the address
	certificate *certificate
	handler     http.Handler
	// writeTimeout bounds a whole answer.
	writeTimeout time.Duration
}

// NeedLeaderElection returns false, because every replica answers.
func (*apiServer) NeedLeaderElection() bool { return false }

// serve serves until ctx is done, and waits for the calls under way.
func (s *apiServer) serve(ctx context.Context) error {
	listener, err := s.listen(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: apiHeaderTimeout,
		ReadTimeout:       apiReadTimeout,
		WriteTimeout:      s.writeTimeout,
		IdleTimeout:       apiIdleTimeout,
		MaxHeaderBytes:    maxAPIHeader,
		// The server's errors concern clients that are not authenticated, and may quote them.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving %s: %w", s.clients, err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), apiDrainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// open makes the listener, if there is none yet.
func (s *apiServer) open(ctx context.Context) (err error) {
	if s.listener != nil {
		return nil
	}
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.address); err != nil {
		return fmt.Errorf("listening for %s: %w", s.clients, err)
	}
	return nil
}

func (s *apiServer) listen(ctx context.Context) (net.Listener, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	return tls.NewListener(netutil.LimitListener(s.listener, maxAPIConnections), &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: s.certificate.forClient,
	}), nil
}
