package gateway

import (
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Options are what the flags of the command set.
type Options struct {
	// Address is for browsers and for Flinks. A caller that has to know the port gives a
	// Listener instead.
	Address  string
	Listener net.Listener
	// PrivateAddress is for probes and metrics; "0" for none.
	PrivateAddress string
	// LinkAPIURL is the URL of the operator's link API. LinkAPICAFile has the authorities
	// that may sign its certificate, and LinkAPITokenFile the token that the gateway
	// authenticates with.
	LinkAPIURL, LinkAPICAFile, LinkAPITokenFile string
	// CertFile and KeyFile are for HTTPS. Without them the gateway serves HTTP, for a proxy
	// that terminates TLS.
	CertFile, KeyFile string
	// TrustedProxies are the networks of the proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// SignatureHeader of webhooks, besides the documented ones.
	SignatureHeader string
	// Drain is how long the gateway accepts requests after it is told to stop.
	Drain time.Duration
	// Log gets what the gateway logs.
	Log *slog.Logger
}

// Default returns the default values of the flags.
func Default() Options {
	return Options{Address: ":8080", PrivateAddress: ":8081", Drain: drainTime, Log: slog.Default()}
}

// BindFlags adds a flag for each option.
func (o *Options) BindFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.Address, "bind-address", o.Address, "address for customers and webhooks")
	fs.StringVar(&o.PrivateAddress, "health-probe-bind-address", o.PrivateAddress, "address of /healthz, /readyz and /metrics, for the cluster only; \"0\" for none")
	fs.StringVar(&o.LinkAPIURL, "link-api-url", o.LinkAPIURL, "URL of the operator's link API")
	fs.StringVar(&o.LinkAPICAFile, "link-api-ca-file", o.LinkAPICAFile, "file with the certificates of the authorities that may sign for the link API")
	fs.StringVar(&o.LinkAPITokenFile, "link-api-token-file", o.LinkAPITokenFile, "file with the token that the gateway authenticates with at the link API")
	fs.StringVar(&o.CertFile, "tls-cert-file", o.CertFile, "certificate for HTTPS; without it the gateway serves HTTP, for a proxy in front")
	fs.StringVar(&o.KeyFile, "tls-key-file", o.KeyFile, "key of that certificate")
	fs.StringVar(&o.SignatureHeader, "webhook-signature-header", o.SignatureHeader, "header with the signature of webhooks, besides "+signatureHeader+" and "+signatureHeaderNewer)
	fs.Func("trusted-proxy-cidrs", "networks of the proxies in front, separated by commas: their X-Forwarded-For is believed", o.addTrustedProxies)
}

func (o *Options) addTrustedProxies(list string) error {
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
}
