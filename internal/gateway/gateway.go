package gateway

import (
	"log/slog"
	"net/http"
	"net/netip"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// Config is what NewGateway makes a Gateway of.
type Config struct {
	// Backend is the operator, which knows all that the gateway does not.
	Backend linkapi.Backend
	// Clock of limits and caches.
	Clock clock.PassiveClock
	// Log gets a line for each request and each failure.
	Log *slog.Logger
	// Limits of clients and links.
	Limits Limits
	// TrustedProxies are the networks of the proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// SignatureHeader is where webhooks carry their signature, besides the two names that
	// Flinks documents; may be empty.
	SignatureHeader string
}

// Gateway serves pages and webhooks. It is safe for concurrent use.
type Gateway struct {
	clock    clock.PassiveClock
	log      *slog.Logger
	metrics  *metrics
	limits   *requestLimits
	links    *linkHandler
	webhooks *webhookHandler
}

// NewGateway returns a Gateway. All its memory is bounded.
func NewGateway(c Config) *Gateway {
	m := newMetrics()
	return &Gateway{
		clock: c.Clock, log: c.Log, metrics: m,
		limits: newRequestLimits(c.Clock, c.Limits, c.TrustedProxies, m.limited),
		links:  &linkHandler{backend: c.Backend, proxies: c.TrustedProxies, log: c.Log, logos: newLogoCache(c.Backend)},
		webhooks: &webhookHandler{
			backend: c.Backend, proxies: c.TrustedProxies, signatures: newSignatureHeaders(c.SignatureHeader),
			bodyTimeout: c.Limits.Webhooks.Body, received: m.webhooks, limits: newWebhookLimits(c.Clock, c.Limits.Webhooks),
			keys: newKeyCache(c.Backend, c.Clock), replays: newReplayFilter(c.Clock),
		},
	}
}

// Public returns the handler for browsers and for Flinks.
func (g *Gateway) Public() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /c/{token}", g.links.showPage)
	mux.HandleFunc("GET /c/{token}/state", g.links.showState)
	mux.HandleFunc("POST /c/{token}/open", g.links.open)
	mux.HandleFunc("POST /c/{token}/start", g.links.start)
	mux.HandleFunc("POST /c/{token}/prove", g.links.prove)
	mux.HandleFunc("POST /c/{token}/connect", g.links.connect)
	mux.HandleFunc("POST /c/{token}/finish", g.links.finish)
	mux.HandleFunc("GET /landed", g.links.showLandingPage)
	mux.HandleFunc("POST /landed", g.links.finishFromLandingPage)
	mux.HandleFunc("POST /webhooks/{name}", g.webhooks.handle)
	mux.HandleFunc("POST /webhooks/{namespace}/{name}", g.webhooks.handle)

	// No browser sends webhooks, and a signature protects them.
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.AddInsecureBypassPattern("POST /webhooks/")
	access := &accessLog{routes: mux, clock: g.clock, log: g.log, metrics: g.metrics}
	return access.middleware(withSecurityHeaders(g.limits.middleware(withoutRedirects(sameOrigin.Handler(mux)))))
}

// Private returns the handler for the cluster: probes and metrics. isReady reports
// whether load balancers may send requests here. An operator that does not answer is no
// reason to send none, because the pages say so.
func (g *Gateway) Private(isReady func() bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !isReady() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok"))
	})
	mux.Handle("GET /metrics", g.metrics.endpoint())
	return mux
}
