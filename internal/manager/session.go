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

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"

	"github.com/flinks-operator/flinks-operator/internal/controller/bankconnection"
	"github.com/flinks-operator/flinks-operator/internal/session"
)

// sessionCalls counts what the gateway asks, by operation and by how it ended: labels
// out of closed sets.
var sessionCalls = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "flinks_operator_session_calls_total",
	Help: "Calls of the gateway by operation and code; OK for success.",
}, []string{"operation", "code"})

func init() { metrics.Registry.MustRegister(sessionCalls) }

const (
	sessionHeaderTimeout = 5 * time.Second
	sessionReadTimeout   = 10 * time.Second
	// sessionWriteTimeout is above the longest call, which waits for Flinks.
	sessionWriteTimeout = 90 * time.Second
	sessionIdleTimeout  = 2 * time.Minute
	sessionDrainTimeout = 20 * time.Second
	maxSessionHeader    = 16 << 10
	// maxSessionConnections is more than the gateways of a cluster need; each of them
	// keeps to 64.
	maxSessionConnections = 512
)

// sessionServer serves the session API on every replica.
type sessionServer struct {
	address     string
	listener    net.Listener // instead of the address
	certificate *certificate
	handler     http.Handler
}

// addSessionAPI adds the session API, to whom the API server knows and allows, and
// returns the links that it opens. Without the API there are none.
func addSessionAPI(ctx context.Context, mgr ctrl.Manager, o Options, live client.Client, visits *bankconnection.Visits) (*bankconnection.Links, error) {
	if o.SessionAddress == "0" && o.SessionListener == nil {
		return nil, nil //nolint:nilnil // No API, no links.
	}
	own, err := newOwnSecrets(live, o)
	if err != nil {
		return nil, err
	}
	keys, err := own.linkKeys(ctx)
	if err != nil {
		return nil, err
	}
	certificate, err := own.certificate(ctx)
	if err != nil {
		return nil, err
	}
	handler, err := protect(mgr, &session.Server{Backend: visits, Note: func(op session.Operation, code session.Code) {
		sessionCalls.WithLabelValues(string(op), string(code)).Inc()
	}})
	if err != nil {
		return nil, err
	}
	s := &sessionServer{address: o.SessionAddress, listener: o.SessionListener, certificate: certificate, handler: handler}
	return &bankconnection.Links{Keys: keys}, mgr.Add(s)
}

// protect lets nobody through whom the API server does not know, or does not allow to
// POST to the path of a call.
func protect(mgr ctrl.Manager, h http.Handler) (http.Handler, error) {
	filter, err := filters.WithAuthenticationAndAuthorization(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("protecting the session API: %w", err)
	}
	h, err = filter(mgr.GetLogger().WithName("session"), h)
	if err != nil {
		return nil, fmt.Errorf("protecting the session API: %w", err)
	}
	return h, nil
}

// NeedLeaderElection is false: any replica answers.
func (*sessionServer) NeedLeaderElection() bool { return false }

// Start serves until ctx is done, and lets the calls that are under way end.
func (s *sessionServer) Start(ctx context.Context) error {
	listener, err := s.listen(ctx)
	if err != nil {
		return fmt.Errorf("listening for the gateway: %w", err)
	}
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: sessionHeaderTimeout,
		ReadTimeout:       sessionReadTimeout,
		WriteTimeout:      sessionWriteTimeout,
		IdleTimeout:       sessionIdleTimeout,
		MaxHeaderBytes:    maxSessionHeader,
		// It tells of clients that are not the gateway, and may quote them.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving the gateway: %w", err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sessionDrainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

func (s *sessionServer) listen(ctx context.Context) (net.Listener, error) {
	listener := s.listener
	if listener == nil {
		var err error
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.address); err != nil {
			return nil, err
		}
	}
	return tls.NewListener(netutil.LimitListener(listener, maxSessionConnections), &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: s.certificate.forClient,
	}), nil
}
