package gateway

import (
	"net/http"
	"runtime/debug"
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
			failure := recover()
			if failure != nil {
				// Where it was, for what it says may hold anything.
				g.log.Error("Panic", "route", route, "stack", string(debug.Stack()))
			}
			status := answer.end(failure != nil)
			g.told(route, status, g.clock.Since(began))
			if failure != nil && status != http.StatusInternalServerError {
				panic(http.ErrAbortHandler) // What was sent must not pass for the whole answer.
			}
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

// Write implements http.ResponseWriter.
func (w *watchedWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// end is the status of the whole answer. After a panic nothing was said yet, mostly.
func (w *watchedWriter) end(panicked bool) int {
	switch {
	case w.status != 0:
	case panicked:
		http.Error(w, "internal error", http.StatusInternalServerError)
	default:
		w.status = http.StatusOK
	}
	return w.status
}
