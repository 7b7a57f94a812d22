package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"
	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	readTimeout  = 15 * time.Second
	writeTimeout = slowly + 15*time.Second
	idleTimeout  = time.Minute
	// drain is for load balancers to notice; stopTimeout for what is being answered.
	drain       = 5 * time.Second
	stopTimeout = slowly + 10*time.Second
	// maxConnections bounds the memory that idle and slow visitors take.
	maxConnections = 4096
	maxHeaders     = 16 << 10
)

// Options are what can be set from outside.
type Options struct {
	// Address serves persons and Flinks. Listener is used instead, by whoever has to know
	// the port.
	Address  string
	Listener net.Listener
	// PrivateAddress serves probes and metrics; "0" serves none.
	PrivateAddress string
	// LinkAPIURL is where the operator's link API is; it is trusted by the certificates in
	// LinkAPICAFile and knows the gateway by the token in LinkAPITokenFile.
	LinkAPIURL, LinkAPICAFile, LinkAPITokenFile string
	// CertFile and KeyFile serve HTTPS; without them HTTP, for a proxy that does.
	CertFile, KeyFile string
	// TrustedProxies may say whom they forward for.
	TrustedProxies []netip.Prefix
	// SignatureHeader of webhooks, next to the documented ones.
	SignatureHeader string
	// Drain is how long the gateway goes on after it is told to stop.
	Drain time.Duration
	// Log takes what is logged.
	Log *slog.Logger
}

// Default returns the options that the flags start from.
func Default() Options {
	return Options{Address: ":8080", PrivateAddress: ":8081", Drain: drain, Log: slog.Default()}
}

// BindFlags makes the options settable by flags.
func (o *Options) BindFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.Address, "bind-address", o.Address, "address for persons and webhooks")
	fs.StringVar(&o.PrivateAddress, "health-probe-bind-address", o.PrivateAddress, "address of /healthz, /readyz and /metrics, for the cluster alone; \"0\" for none")
	fs.StringVar(&o.LinkAPIURL, "link-api-url", o.LinkAPIURL, "URL of the operator's link API")
	fs.StringVar(&o.LinkAPICAFile, "link-api-ca-file", o.LinkAPICAFile, "file with the certificates that the link API is trusted by")
	fs.StringVar(&o.LinkAPITokenFile, "link-api-token-file", o.LinkAPITokenFile, "file with the token that the link API knows the gateway by")
	fs.StringVar(&o.CertFile, "tls-cert-file", o.CertFile, "certificate for HTTPS; without it HTTP is served, for a proxy in front")
	fs.StringVar(&o.KeyFile, "tls-key-file", o.KeyFile, "key of that certificate")
	fs.StringVar(&o.SignatureHeader, "webhook-signature-header", o.SignatureHeader, "header with the signature of webhooks, next to "+signatureHeader+" and "+signatureHeaderNewer)
	fs.Func("trusted-proxy-cidrs", "networks of the proxies in front, separated by commas: their X-Forwarded-For is believed", func(list string) error {
		for cidr := range strings.SplitSeq(list, ",") {
			if strings.TrimSpace(cidr) == "" {
				continue
			}
			p, err := netip.ParsePrefix(strings.TrimSpace(cidr))
			if err != nil {
				return errors.New("not a network such as 10.0.0.0/8")
			}
			o.TrustedProxies = append(o.TrustedProxies, p)
		}
		return nil
	})
}

// Run serves until ctx is done, and then ends in order: nobody new is sent here, and
// what is being answered is answered.
func Run(ctx context.Context, o Options) error {
	linkAPI, err := linkapi.NewClient(linkapi.ClientOptions{URL: o.LinkAPIURL, CAFile: o.LinkAPICAFile, TokenFile: o.LinkAPITokenFile})
	if err != nil {
		return fmt.Errorf("preparing to ask the operator: %w", err)
	}
	g := New(Config{
		Backend: linkAPI, Clock: clock.RealClock{}, Log: o.Log, Limits: DefaultLimits(),
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

// serve serves until ctx is done. While it drains, probes say that it stops, and it goes
// on: load balancers take their time. private may be nil.
func (g *Gateway) serve(ctx context.Context, public, private net.Listener, drain func()) error {
	var stopping atomic.Bool
	servers := []*serving{{NewServer(g.Public()), public}}
	if private != nil {
		servers = append(servers, &serving{NewServer(g.Private(func() bool { return !stopping.Load() })), private})
	}
	return serve(ctx, servers, func() {
		stopping.Store(true)
		drain()
	})
}

// NewServer is a server with the limits that one on the Internet needs. It logs nothing
// by itself: what it says of a connection is about whoever is there.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaders, ErrorLog: log.New(io.Discard, "", 0),
	}
}

func listen(ctx context.Context, o Options) (net.Listener, error) {
	l := o.Listener
	if l == nil {
		var err error
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.Address); err != nil {
			return nil, fmt.Errorf("listening for persons: %w", err)
		}
	}
	l = newFairListener(netutil.LimitListener(l, maxConnections), maxConnectionsFrom, isTrusted(o.TrustedProxies))
	if o.CertFile == "" {
		return l, nil
	}
	c := &certificate{certFile: o.CertFile, keyFile: o.KeyFile}
	if _, err := c.get(nil); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}), nil
}
