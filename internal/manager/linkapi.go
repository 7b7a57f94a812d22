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
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// linkAPICalls counts the calls of the gateway, by operation and result. Both labels have
// a closed set of values.
var linkAPICalls = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "flinks_operator_link_api_calls_total",
	Help: "Calls of the gateway by operation and code; OK for success.",
}, []string{"operation", "code"})

func init() { metrics.Registry.MustRegister(linkAPICalls) }

const (
	linkAPIHeaderTimeout = 5 * time.Second
	linkAPIReadTimeout   = 10 * time.Second
	// linkAPIWriteTimeout is longer than the longest call, which waits for Flinks.
	linkAPIWriteTimeout = 90 * time.Second
	linkAPIIdleTimeout  = 2 * time.Minute
	linkAPIDrainTimeout = 20 * time.Second
	maxLinkAPIHeader    = 16 << 10
	// ownSecretsLook is how often a process looks whether it is time to read its Secrets.
	ownSecretsLook = time.Second
	// maxLinkAPIConnections is more than the gateways of a cluster need; each of them
	// opens at most 64.
	maxLinkAPIConnections = 512
)

// linkAPI is the link API of a process, which every replica serves.
type linkAPI struct {
	address     string
	listener    net.Listener // instead of the address
	clock       clock.PassiveClock
	keys        *linkKeys
	certificate *certificate
	handler     http.Handler
}

// newLinkAPI reads the Secrets of the link API; it returns nil if the API is not to be
// served.
func newLinkAPI(ctx context.Context, o Options, live client.Client) (*linkAPI, error) {
	if o.LinkAPIAddress == "0" && o.LinkAPIListener == nil {
		return nil, nil //nolint:nilnil // Said above.
	}
	own, err := newBootstrapSecrets(live, o)
	if err != nil {
		return nil, err
	}
	s := &linkAPI{address: o.LinkAPIAddress, listener: o.LinkAPIListener, clock: o.Clock}
	if s.keys, err = newLinkKeys(ctx, own); err != nil {
		return nil, err
	}
	s.certificate, err = newCertificate(ctx, own)
	return s, err
}

// links returns the links that the API opens; nil if the API is not served.
func (s *linkAPI) links() *login.Links {
	if s == nil {
		return nil
	}
	return &login.Links{Keys: s.keys.current, Clock: s.clock, Removed: s.keys.removed}
}

// add makes the manager serve a backend to the callers that the API server authenticates
// and authorizes.
func (s *linkAPI) add(mgr ctrl.Manager, backend linkapi.Backend) (err error) {
	if s == nil {
		return nil
	}
	s.handler, err = protect(mgr, &linkapi.Server{Backend: backend, OnCall: func(op linkapi.Operation, code linkapi.Code) {
		linkAPICalls.WithLabelValues(string(op), string(code)).Inc()
	}})
	if err != nil {
		return err
	}
	return mgr.Add(s)
}

// NeedLeaderElection returns false, because any replica can answer.
func (*linkAPI) NeedLeaderElection() bool { return false }

// Start serves until ctx is done, and waits for the calls under way.
func (s *linkAPI) Start(ctx context.Context) error {
	listener, err := s.listen(ctx)
	if err != nil {
		return fmt.Errorf("listening for the gateway: %w", err)
	}
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: linkAPIHeaderTimeout,
		ReadTimeout:       linkAPIReadTimeout,
		WriteTimeout:      linkAPIWriteTimeout,
		IdleTimeout:       linkAPIIdleTimeout,
		MaxHeaderBytes:    maxLinkAPIHeader,
		// The server's errors concern clients other than the gateway, and may quote them.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go wait.UntilWithContext(ctx, s.refresh, ownSecretsLook)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving the gateway: %w", err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), linkAPIDrainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// refresh reads the Secrets of the link API again, if that is due.
func (s *linkAPI) refresh(ctx context.Context) {
	s.keys.refresh(ctx)
	s.certificate.refresh(ctx)
}

func (s *linkAPI) listen(ctx context.Context) (net.Listener, error) {
	listener := s.listener
	if listener == nil {
		var err error
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.address); err != nil {
			return nil, err
		}
	}
	return tls.NewListener(netutil.LimitListener(listener, maxLinkAPIConnections), &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: s.certificate.forClient,
	}), nil
}
