package gateway

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// trustedProxies are the networks of the proxies whose X-Forwarded-For the gateway
// believes.
type trustedProxies []netip.Prefix

func (t trustedProxies) contain(a netip.Addr) bool {
	return slices.ContainsFunc(t, func(p netip.Prefix) bool { return p.Contains(a) })
}

// clientOf returns the client network of a request, by the address that the outermost
// trusted proxy received it from.
func (t trustedProxies) clientOf(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	address := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && t.contain(address); i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		address = hop
	}
	return clientNetwork(address)
}

// parseHop parses an address in X-Forwarded-For. Some proxies add the port.
func parseHop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap(), true
	}
	p, err := netip.ParseAddrPort(s)
	return p.Addr().Unmap(), err == nil
}

// clientNetwork returns what counts as one client: an IPv4 address, or the /64 that an
// IPv6 subscriber has.
func clientNetwork(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
