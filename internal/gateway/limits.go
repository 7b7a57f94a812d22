package gateway

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"
)

// Limits bound what one visitor and one link may ask for. A page that waits asks every
// two seconds.
type Limits struct {
	// PerAddress is the rate of requests from one address, an IPv6 /64 being one; many
	// persons can be behind it. BurstPerAddress may come at once.
	PerAddress      rate.Limit
	BurstPerAddress int
	// PerLink is that of requests for one link.
	PerLink      rate.Limit
	BurstPerLink int
	// Webhook is how long the body of one may take.
	Webhook time.Duration
}

// DefaultLimits are enough for an office behind one address.
func DefaultLimits() Limits {
	return Limits{PerAddress: 20, BurstPerAddress: 100, PerLink: 2, BurstPerLink: 30, Webhook: time.Minute}
}

// remembered is how many visitors, links and webhooks are remembered at least.
const remembered = 8192

// limiter is a token bucket for each of many keys.
type limiter[K comparable] struct {
	clock   clock.PassiveClock
	limit   rate.Limit
	burst   int
	buckets *recent[K, *rate.Limiter]
}

func newLimiter[K comparable](c clock.PassiveClock, limit rate.Limit, burst int) *limiter[K] {
	return &limiter[K]{clock: c, limit: limit, burst: burst, buckets: newRecent[K, *rate.Limiter](remembered)}
}

func (l *limiter[K]) allows(key K) bool {
	bucket := l.buckets.update(key, func(b *rate.Limiter, ok bool) *rate.Limiter {
		if !ok {
			b = rate.NewLimiter(l.limit, l.burst)
		}
		return b
	})
	return bucket.AllowN(l.clock.Now(), 1)
}

// limited lets through what the limits allow. Webhooks have limits of their own: many
// come from one address.
func (g *Gateway) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isWebhook(r) || g.perAddress.allows(g.addressOf(r)) && g.allowsLink(r) {
			next.ServeHTTP(w, r)
			return
		}
		g.metrics.limited.Inc()
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	})
}

// allowsLink looks at the path, for there is no route yet.
func (g *Gateway) allowsLink(r *http.Request) bool {
	token, isLink := strings.CutPrefix(r.URL.Path, "/c/")
	if !isLink {
		cookie, err := r.Cookie(cookieName)
		if err != nil || r.Method != http.MethodPost {
			return true
		}
		token = cookie.Value
	}
	token, _, _ = strings.Cut(token, "/")
	return g.perLink.allows(sha256.Sum256([]byte(token)))
}

func isWebhook(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/webhooks/") }

// addressOf is where a request comes from, as the last proxy that is trusted saw it.
func (g *Gateway) addressOf(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	address := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && g.isTrusted(address); i-- {
		hop, ok := hopOf(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		address = hop
	}
	return visitor(address)
}

// hopOf reads an address; some proxies add the port.
func hopOf(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap(), true
	}
	p, err := netip.ParseAddrPort(s)
	return p.Addr().Unmap(), err == nil
}

// isTrusted finds out whether an address is that of a proxy.
func isTrusted(proxies []netip.Prefix) func(netip.Addr) bool {
	return func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
}

// visitor is what counts as one: an address, or the network that an IPv6 subscriber has.
func visitor(a netip.Addr) netip.Prefix {
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
