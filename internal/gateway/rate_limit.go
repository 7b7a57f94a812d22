package gateway

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
	"k8s.io/utils/clock"
)

// Limits bound the requests of one client and for one link. A page that waits sends a
// request every two seconds.
type Limits struct {
	// PerClient is the rate of requests from one address, where an IPv6 /64 counts as one;
	// many people can share it. BurstPerClient requests may come at once.
	PerClient      rate.Limit
	BurstPerClient int
	// PerLink is the rate of requests for one link.
	PerLink      rate.Limit
	BurstPerLink int
	// Webhooks are limits of their own, because many webhooks come from one address.
	Webhooks WebhookLimits
}

// DefaultLimits returns limits that suffice for an office behind one address.
func DefaultLimits() Limits {
	return Limits{
		PerClient: 20, BurstPerClient: 100, PerLink: 2, BurstPerLink: 30,
		Webhooks: WebhookLimits{PerSecond: 2, Burst: 100, BytesPerSecond: 512 << 10, BurstBytes: 2 * maxWebhook, Body: time.Minute},
	}
}

// rateLimiter is a token bucket for each of many keys.
type rateLimiter[K comparable] struct {
	clock   clock.PassiveClock
	limit   rate.Limit
	burst   int
	buckets *lru[K, *rate.Limiter]
}

func newRateLimiter[K comparable](c clock.PassiveClock, limit rate.Limit, burst int) *rateLimiter[K] {
	return &rateLimiter[K]{clock: c, limit: limit, burst: burst, buckets: newLRU[K, *rate.Limiter](cacheSize)}
}

func (l *rateLimiter[K]) allow(key K) bool {
	bucket := l.buckets.update(key, func(b *rate.Limiter, ok bool) *rate.Limiter {
		if !ok {
			b = rate.NewLimiter(l.limit, l.burst)
		}
		return b
	})
	return bucket.AllowN(l.clock.Now(), 1)
}

// requestLimits limit the requests of browsers, by client and by link.
type requestLimits struct {
	perClient *rateLimiter[netip.Prefix]
	perLink   *rateLimiter[[sha256.Size]byte]
	proxies   trustedProxies
	refused   prometheus.Counter
}

func newRequestLimits(c clock.PassiveClock, l Limits, proxies trustedProxies, refused prometheus.Counter) *requestLimits {
	return &requestLimits{
		perClient: newRateLimiter[netip.Prefix](c, l.PerClient, l.BurstPerClient),
		perLink:   newRateLimiter[[sha256.Size]byte](c, l.PerLink, l.BurstPerLink),
		proxies:   proxies, refused: refused,
	}
}

// middleware answers 429 to requests above the limits, except for webhooks.
func (l *requestLimits) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isWebhook(r) || l.perClient.allow(l.proxies.clientOf(r)) && l.allowLink(r) {
			next.ServeHTTP(w, r)
			return
		}
		l.refused.Inc()
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	})
}

// allowLink finds the link in the path or in the cookie: the mux has not yet chosen a
// route.
func (l *requestLimits) allowLink(r *http.Request) bool {
	token, isLink := strings.CutPrefix(r.URL.Path, "/c/")
	if !isLink {
		cookie, err := r.Cookie(cookieName)
		if err != nil || r.Method != http.MethodPost {
			return true
		}
		token, _, _ = strings.Cut(cookie.Value, ".")
	}
	token, _, _ = strings.Cut(token, "/")
	return l.perLink.allow(sha256.Sum256([]byte(token)))
}
