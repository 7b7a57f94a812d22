package gateway

import (
	"net/http"
	"strconv"
	"time"
)

// watched logs and counts requests by their route. Paths, queries and headers hold
// identifiers, so nothing of them is told, nor who came.
func (g *Gateway) watched(routes *http.ServeMux, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, route := routes.Handler(r)
		if route == "" {
			route = "none"
		}
		began := g.clock.Now()
		g.metrics.inFlight.Inc()
		answer := &watchedWriter{ResponseWriter: w}
		defer func() {
			g.metrics.inFlight.Dec()
			if failure := recover(); failure != nil {
				answer.fail()
			}
			g.told(route, answer.statusCode(), g.clock.Since(began))
		}()
		next.ServeHTTP(answer, r)
	})
}

func (g *Gateway) told(route string, status int, took time.Duration) {
	g.metrics.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	g.log.Info("Request", "route", route, "status", status, "milliseconds", took.Milliseconds())
}

// watchedWriter knows what was answered.
type watchedWriter struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *watchedWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController through.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// fail ends an answer after a panic, whose text may hold anything.
func (w *watchedWriter) fail() {
	if w.status == 0 {
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
	w.status = http.StatusInternalServerError
}

func (w *watchedWriter) statusCode() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
