package world

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// Call is one request to Flinks.
type Call struct {
	// Endpoint is the word of the path that names it, such as DeleteCard.
	Endpoint string
	Request  *http.Request
	// Lost, if a hook sets it before the call, is the error of the caller whose request left
	// and never arrived.
	Lost error
	// Response is what the caller is about to get. Set after the call.
	Response *http.Response
	// Body is that of the response. A hook may change both.
	Body []byte
	// Endless makes the body go on with blanks behind its end.
	Endless bool
	// Broken reports whether the connection was broken off behind the body.
	Broken bool
	// Bank is the simulator that is called; nil if the host is unknown.
	Bank *Bank
	// Entries of the simulator's journal that the call made.
	Entries []flinkssim.Entry
}

// ErrNotSent is the error of a call that no connection was had for.
var ErrNotSent = errors.New("dial tcp: connect: connection refused")

// transport brings the calls of a process to the simulators.
type transport struct{ p *Process }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := t.p.w
	if r.Body == nil {
		r.Body = http.NoBody
	}
	trace := httptrace.ContextClientTrace(r.Context())
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	e := w.begin(&Effect{Process: t.p, HTTP: &Call{Endpoint: endpointOf(r), Request: r, Bank: w.bankOf(r)}})
	if err := w.before(e); err != nil {
		return nil, err
	}
	if w.Pause(httpCall); t.p.dead {
		return nil, errFenced
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if e.HTTP.Bank == nil || e.HTTP.Bank.Down {
		return nil, ErrNotSent
	}
	if trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	return w.exchange(e)
}

// exchange sends a request, and brings back what comes of it.
func (w *World) exchange(e *Effect) (*http.Response, error) {
	r := e.HTTP.Request
	if e.HTTP.Lost != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		return nil, e.HTTP.Lost
	}
	w.perform(e.HTTP)
	if err := w.after(e); err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if e.HTTP.Broken && len(e.HTTP.Body) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	e.HTTP.Response.Body = w.open(e)
	return e.HTTP.Response, nil
}

// body returns what the caller reads of the answer.
func (e *Effect) body() io.Reader {
	body := io.Reader(bytes.NewReader(e.HTTP.Body))
	switch {
	case e.HTTP.Broken:
		return io.MultiReader(body, brokenOff{})
	case e.HTTP.Endless:
		return io.MultiReader(body, &blanks{e: e})
	}
	return body
}

// openBody is the body of an answer that is still to be closed, as a connection to Flinks is only
// used again, or given up, when it is.
type openBody struct {
	io.Reader
	of *routine
}

// open hands a body to the routine that runs now.
func (w *World) open(e *Effect) io.ReadCloser {
	if w.current != nil {
		w.current.bodies++
	}
	return openBody{e.body(), w.current}
}

// Close implements io.Closer.
func (b openBody) Close() error {
	if b.of != nil {
		b.of.bodies--
	}
	return nil
}

// mostRead is more than any caller may read of an answer.
const mostRead = 9 << 20

// blanks are a body without an end.
type blanks struct {
	e    *Effect
	read int
}

// Read implements io.Reader.
func (b *blanks) Read(p []byte) (int, error) {
	if b.read += len(p); b.read > mostRead {
		b.e.Process.w.Violate("S13", "more than %d bytes of an answer are read (%s)", mostRead, b.e)
		return 0, io.EOF
	}
	for n := range p {
		p[n] = ' '
	}
	return len(p), nil
}

// brokenOff is the end of a body that does not end as it should.
type brokenOff struct{}

// Read implements io.Reader.
func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// perform lets the simulator answer.
func (w *World) perform(c *Call) {
	recorder := httptest.NewRecorder()
	c.Broken = serve(c.Bank, recorder, c.Request)
	c.Response = recorder.Result()
	c.Body = recorder.Body.Bytes()
	c.Entries = c.Bank.JournalSince(c.Bank.seen)
	w.look(c.Bank)
}

// serve lets a handler answer, and reports whether it broke the connection off.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (broken bool) {
	defer func() {
		if cause := recover(); cause != nil {
			if broken = cause == any(http.ErrAbortHandler); !broken {
				panic(cause)
			}
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// endpointOf returns the name of the Flinks endpoint, without identifiers.
func endpointOf(r *http.Request) string {
	_, path, _ := strings.Cut(r.URL.Path, "/BankingServices/")
	name, _, _ := strings.Cut(path, "/")
	return name
}

// browser is the transport of people: nothing happens to what they send.
type browser struct{ w *World }

// RoundTrip implements http.RoundTripper.
func (b browser) RoundTrip(r *http.Request) (*http.Response, error) {
	bank := b.w.bankOf(r)
	if bank == nil {
		return nil, ErrNotSent
	}
	recorder := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	bank.ServeHTTP(recorder, r)
	b.w.look(bank)
	response := recorder.Result()
	response.Request = r
	return response, nil
}
