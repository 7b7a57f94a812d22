package gateway

import (
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"time"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// Config is what a Gateway is made of.
type Config struct {
	// Sessions answer what the gateway asks.
	Backend linkapi.Backend
	// Clock of limits and of what is remembered.
	Clock clock.PassiveClock
	// Log takes a line for each request, and what goes wrong.
	Log *slog.Logger
	// Limits of visitors and links.
	Limits Limits
	// TrustedProxies may say whom they forward for.
	TrustedProxies []netip.Prefix
	// SignatureHeader is where webhooks carry their signature, next to the two names that
	// Flinks documents; may be empty.
	SignatureHeader string
}

// Gateway serves pages and webhooks. It is safe for concurrent use.
type Gateway struct {
	backend linkapi.Backend
	clock   clock.PassiveClock
	log     *slog.Logger
	metrics *metrics
	// isTrusted is true for proxies that may say whom they forward for.
	isTrusted func(netip.Addr) bool

	perAddress       *limiter[netip.Prefix]
	perLink          *limiter[[32]byte]
	signatureHeaders []string
	webhookPatience  time.Duration
}

// New returns a Gateway. All its memory is bounded.
func New(c Config) *Gateway {
	g := &Gateway{
		backend: c.Backend, clock: c.Clock, log: c.Log, isTrusted: isTrusted(c.TrustedProxies), metrics: newMetrics(),
		perAddress:       newLimiter[netip.Prefix](c.Clock, c.Limits.PerAddress, c.Limits.BurstPerAddress),
		perLink:          newLimiter[[32]byte](c.Clock, c.Limits.PerLink, c.Limits.BurstPerLink),
		signatureHeaders: []string{signatureHeader, signatureHeaderNewer},
		webhookPatience:  c.Limits.Webhook,
	}
	own := http.CanonicalHeaderKey(c.SignatureHeader)
	known := func(name string) bool { return http.CanonicalHeaderKey(name) == own }
	if own != "" && !slices.ContainsFunc(g.signatureHeaders, known) {
		g.signatureHeaders = append(g.signatureHeaders, own)
	}
	return g
}

// Public is what persons and Flinks reach.
func (g *Gateway) Public() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /c/{token}", g.showLink)
	mux.HandleFunc("GET /c/{token}/state", g.showState)
	mux.HandleFunc("POST /c/{token}/start", g.start)
	mux.HandleFunc("POST /c/{token}/connect", g.connect)
	mux.HandleFunc("POST /c/{token}/finish", g.finish)
	mux.HandleFunc("GET /landed", g.showLanded)
	mux.HandleFunc("POST /landed", g.landed)
	hooks := newWebhooks(g)
	mux.Handle("POST /webhooks/{name}", hooks)
	mux.Handle("POST /webhooks/{namespace}/{name}", hooks)

	// A webhook is no request of a browser, and has a signature.
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.AddInsecureBypassPattern("POST /webhooks/")
	return g.watched(mux, withHeaders(g.limited(withoutDetours(sameOrigin.Handler(mux)))))
}

// withoutDetours refuses what the mux would redirect, with its query, to a path like it.
func withoutDetours(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path.Clean(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
