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

func (m *metrics) endpoint() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
