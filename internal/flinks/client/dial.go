package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const dialTimeout = 10 * time.Second

// errAddress reports an address that a dialer does not connect to. It does not say which.
var errAddress = errors.New("the address is refused by the client")

// dialer makes the connections of a transport, to some addresses only. It checks the
// address that a connection goes to, and not the name: what a name means can change
// between a check and the connection.
type dialer struct {
	// allowsPrivate reports whether addresses that are not on the Internet are allowed.
	allowsPrivate bool
	// proxies has the host and port of each proxy that a request went to. The environment of
	// the process or an administrator names them, so they may be private.
	proxies sync.Map
}

// proxy returns the proxy for a request, as the environment of the process says. What
// the proxy connects to is its own affair.
func (d *dialer) proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if u != nil {
		d.proxies.Store(hostPort(u), true)
	}
	return u, err
}

// hostPort returns what a transport dials for a URL.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// dial connects to an address, unless that is refused.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	allows := mayBeConfigured
	if _, isProxy := d.proxies.Load(address); !d.allowsPrivate && !isProxy {
		allows = isOnInternet
	}
	below := &net.Dialer{
		Timeout: dialTimeout, KeepAlive: 30 * time.Second,
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !strings.HasPrefix(network, "tcp") || !allows(embedded(to.Addr())) {
				return errAddress
			}
			return nil
		},
	}
	return below.DialContext(ctx, network, address)
}

// nat64 are the addresses under which hosts with IPv6 alone reach those with IPv4.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// embedded returns the IPv4 address in an IPv6 address that stands for one.
func embedded(a netip.Addr) netip.Addr {
	a = a.WithZone("")
	if nat64.Contains(a) {
		all := a.As16()
		return netip.AddrFrom4([4]byte(all[12:]))
	}
	return a.Unmap()
}

// mayBeConfigured reports whether a configured endpoint may have an address. Link-local
// addresses are those of machines' metadata, and of no Flinks.
func mayBeConfigured(a netip.Addr) bool {
	return !a.IsLinkLocalUnicast() && !a.IsMulticast() && !a.IsUnspecified()
}

// notOnInternet are networks whose addresses lead to no host on the Internet, or to one in
// another network.
var notOnInternet = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // between subscribers and providers, and within clouds
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),          // IPv4 in an obsolete form
	netip.MustParsePrefix("64:ff9b:1::/48"), // IPv4 of a private network
	netip.MustParsePrefix("2001::/32"),      // a tunnel to IPv4
	netip.MustParsePrefix("2002::/16"),      // another
	netip.MustParsePrefix("fec0::/10"),      // private, in an obsolete form
}

// isOnInternet reports whether an address can be that of a host on the Internet.
func isOnInternet(a netip.Addr) bool {
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	return mayBeConfigured(a) && !a.IsPrivate() && !a.IsLoopback() && !slices.ContainsFunc(notOnInternet, within)
}
