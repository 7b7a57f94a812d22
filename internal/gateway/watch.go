package gateway

import (
	"log/slog"
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
			cut := answer.failed(recover(), g.log)
			g.told(route, answer.statusCode(), g.clock.Since(began))
			if cut {
				panic(http.ErrAbortHandler) // The server cuts the connection, and says nothing.
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
func (w *watchedWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController through.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// failed ends an answer after a panic, whose text may hold anything: the log says where it
// was, and not what. An answer that has begun is to be cut off, or it would look whole.
func (w *watchedWriter) failed(failure any, log *slog.Logger) (cut bool) {
	if failure == nil {
		return false
	}
	begun := w.status != 0
	if failure != http.ErrAbortHandler { //nolint:errorlint // It is compared as the server does.
		log.Error("Panic", "stack", string(debug.Stack()))
	}
	if !begun {
		http.Error(w, "internal error", http.StatusInternalServerError)
	}
	w.status = http.StatusInternalServerError
	return begun
}

func (w *watchedWriter) statusCode() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
