package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// Run serves until ctx is done. Then it stops in order: load balancers send no new
// clients, and the requests in progress are answered.
func Run(ctx context.Context, o Options) error {
	client, err := linkapi.NewClient(linkapi.ClientOptions{URL: o.LinkAPIURL, CAFile: o.LinkAPICAFile, TokenFile: o.LinkAPITokenFile})
	if err != nil {
		return fmt.Errorf("creating the client of the link API: %w", err)
	}
	g := NewGateway(Config{
		Backend: client, Clock: clock.RealClock{}, Log: o.Log, Limits: DefaultLimits(),
		TrustedProxies: o.TrustedProxies, SignatureHeader: o.SignatureHeader,
	})
	public, err := listen(ctx, o)
	if err != nil {
		return err
	}
	var private net.Listener
	if o.PrivateAddress != "0" {
		if private, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.PrivateAddress); err != nil {
			return errors.Join(fmt.Errorf("listening for probes: %w", err), public.Close())
		}
	}
	return g.serve(ctx, public, private, func() { pause(ctx, o.Drain) })
}

// serve serves until ctx is done. While it drains, the readiness probe fails and requests
// are still answered: load balancers take their time. private may be nil.
func (g *Gateway) serve(ctx context.Context, public, private net.Listener, drain func()) error {
	var stopping atomic.Bool
	servers := []*listeningServer{{NewServer(g.Public()), public}}
	if private != nil {
		servers = append(servers, &listeningServer{NewServer(g.Private(func() bool { return !stopping.Load() })), private})
	}
	return serveAll(ctx, servers, func() {
		stopping.Store(true)
		drain()
	})
}

func listen(ctx context.Context, o Options) (net.Listener, error) {
	l := o.Listener
	if l == nil {
		var err error
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.Address); err != nil {
			return nil, fmt.Errorf("listening for customers: %w", err)
		}
	}
	l = limitConnections(l, o.TrustedProxies)
	if o.CertFile == "" {
		return l, nil
	}
	c := &certificate{certFile: o.CertFile, keyFile: o.KeyFile}
	if _, err := c.current(nil); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.current}), nil
}
