package replay

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Exchange is one request to Flinks and its answer. It holds ids and keys in clear text
// and never leaves the process.
type Exchange struct {
	Began, Ended time.Time
	Method, Path string
	Request      []byte
	Status       int
	Header       http.Header
	Body         []byte
	// Aborted reports whether the connection broke before the answer was complete.
	Aborted bool
}

// maxRecorded limits what is kept of one body: no answer that the operator understands is
// longer.
const maxRecorded = 1 << 20

// Recorder records the requests to Flinks and the answers. It is safe for concurrent use.
type Recorder struct {
	Clock clock.PassiveClock

	mu        sync.Mutex
	exchanges []Exchange
}

// Wrap returns a handler that records the requests and the answers of h.
func (r *Recorder) Wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(io.LimitReader(req.Body, maxRecorded))
		if err != nil {
			panic(http.ErrAbortHandler) // The client disconnected while sending.
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		x := Exchange{Began: r.Clock.Now(), Method: req.Method, Path: req.URL.Path, Request: body, Aborted: true}
		answer := &answerRecorder{ResponseWriter: w, exchange: &x}
		defer func() {
			x.Ended = r.Clock.Now()
			r.keep(x)
		}()
		h.ServeHTTP(answer, req)
		x.Aborted = false
	})
}

func (r *Recorder) keep(x Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, x)
}

// Exchanges returns all exchanges that have ended, in the order of their ends.
func (r *Recorder) Exchanges() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Exchange(nil), r.exchanges...)
}

// answerRecorder copies an answer while it is sent.
type answerRecorder struct {
	http.ResponseWriter
	exchange *Exchange
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answerRecorder) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Flush sends what was written so far.
func (a *answerRecorder) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// WriteHeader records the status and the headers.
func (a *answerRecorder) WriteHeader(status int) {
	a.exchange.Status, a.exchange.Header = status, a.Header().Clone()
	a.ResponseWriter.WriteHeader(status)
}

// Write records the beginning of the body.
func (a *answerRecorder) Write(p []byte) (int, error) {
	if a.exchange.Status == 0 {
		a.exchange.Status, a.exchange.Header = http.StatusOK, a.Header().Clone()
	}
	if room := maxRecorded - len(a.exchange.Body); room > 0 {
		a.exchange.Body = append(a.exchange.Body, p[:min(room, len(p))]...)
	}
	return a.ResponseWriter.Write(p)
}
