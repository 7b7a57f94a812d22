package gateway

import (
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strconv"
	"time"

	"k8s.io/utils/clock"
)

// accessLog logs and counts requests by their route. Paths, queries and headers contain
// identifiers, so it records nothing of them, nor of the client.
type accessLog struct {
	routes  *http.ServeMux
	clock   clock.PassiveClock
	log     *slog.Logger
	metrics *metrics
}

// middleware records each request that next answers, and ends one that panics.
func (a *accessLog) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, route := a.routes.Handler(r)
		if route == "" {
			route = "none"
		}
		began := a.clock.Now()
		a.metrics.inFlight.Inc()
		recorder := &statusRecorder{ResponseWriter: w}
		defer func() {
			a.metrics.inFlight.Dec()
			failure := recover()
			if failure != nil {
				// The stack and not the message, which may contain anything.
				a.log.Error("Panic", "route", route, "stack", string(debug.Stack()))
			}
			status := recorder.finish(failure != nil)
			a.record(route, status, a.clock.Since(began))
			if failure != nil && status != http.StatusInternalServerError {
				panic(http.ErrAbortHandler) // The part that was sent must not pass for the whole answer.
			}
		}()
		next.ServeHTTP(recorder, r)
	})
}

func (a *accessLog) record(route string, status int, took time.Duration) {
	a.metrics.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	a.log.Info("Request", "route", route, "status", status, "milliseconds", took.Milliseconds())
}

// statusRecorder is a ResponseWriter that records the status of the answer.
type statusRecorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusRecorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusRecorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap returns the ResponseWriter below, for http.ResponseController.
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish returns the status of the whole answer. If the handler panicked before it wrote
// anything, finish answers with an error.
func (w *statusRecorder) finish(panicked bool) int {
	switch {
	case w.status != 0:
	case panicked:
		http.Error(w, "internal error", http.StatusInternalServerError)
	default:
		w.status = http.StatusOK
	}
	return w.status
}

// withoutRedirects answers 404 where the mux would redirect to the cleaned path, because
// a redirect repeats the query.
func withoutRedirects(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path.Clean(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
