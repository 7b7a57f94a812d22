package gateway

import (
	"crypto/sha256"
	"net/http"
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
