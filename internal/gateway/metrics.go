package gateway

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics have labels out of closed sets: routes, statuses and outcomes.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	webhooks *prometheus.CounterVec
	limited  prometheus.Counter
	inFlight prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "flinks_gateway_requests_total", Help: "Requests by route and status.",
		}, []string{"route", "status"}),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "flinks_gateway_webhooks_total", Help: "Webhooks by outcome.",
		}, []string{"outcome"}),
		limited: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "flinks_gateway_limited_total", Help: "Requests that were refused because there were too many.",
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "flinks_gateway_requests_in_flight", Help: "Requests that are being answered.",
		}),
	}
	m.registry.MustRegister(m.requests, m.webhooks, m.limited, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Private is what the cluster reaches: probes and metrics. ready says whether to send
// persons here; that the operator does not answer is no reason not to, for their pages
// say so.
func (g *Gateway) Private(ready func() bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok"))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(g.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}
