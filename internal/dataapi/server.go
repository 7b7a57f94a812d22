package dataapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// maxReads bounds the reads at once.
const maxReads = 64

// namespaceShare is the share of a namespace of the reads at once, as a multiple of the free ones:
// the first to come gets nearly all and never the last one.
const namespaceShare = 4

// Server is the http.Handler of a backend. A request carries the name of its caller in its
// context.
type Server struct {
	Backend Backend
	// OnRead is called with the result of each read: a Reason, or Read, NotModified or Interrupted.
	OnRead func(Reason)

	mu    sync.Mutex
	reads map[string]int
	total int
}

// Results of reads that are no problems.
const (
	// Read: the data was handed out.
	Read Reason = "OK"
	// NotModified: the caller has the newest data.
	NotModified Reason = "NotModified"
	// Interrupted: the answer was cut off, by Flinks or by the caller.
	Interrupted Reason = "Interrupted"
)

type callerKey struct{}

// WithCaller returns a context that says who the caller is.
func WithCaller(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, callerKey{}, name)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	target, ok := ParsePath(req.URL.Path)
	transactions, understood := parseQuery(req.URL.RawQuery)
	switch {
	case !ok:
		s.fail(w, &Problem{Reason: NotFound})
	case req.Method != http.MethodGet:
		s.fail(w, &Problem{Reason: MethodNotAllowed})
	case !understood:
		s.fail(w, &Problem{Reason: InvalidRequest})
	case !s.begin(target.Namespace):
		s.fail(w, &Problem{Reason: TooManyReads, RetryAfter: time.Second})
	default:
		defer s.end(target.Namespace)
		s.read(w, req, target, transactions)
	}
}

// begin counts a read, and reports whether there is room for it.
func (s *Server) begin(namespace string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= maxReads || s.reads[namespace] >= namespaceShare*(maxReads-s.total) {
		return false
	}
	if s.reads == nil {
		s.reads = map[string]int{}
	}
	s.total++
	s.reads[namespace]++
	return true
}

func (s *Server) end(namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.reads[namespace]--; s.reads[namespace] == 0 {
		delete(s.reads, namespace)
	}
}

func (s *Server) read(w http.ResponseWriter, req *http.Request, target Target, transactions Transactions) {
	asked := Request{Target: target, Transactions: transactions}
	asked.Caller, _ = req.Context().Value(callerKey{}).(string)
	if tags := req.Header.Values("If-None-Match"); len(tags) > 0 {
		asked.Has = func(v Version) bool { return matches(tags, v.ETag(transactions)) }
	}
	answer, err := s.Backend.Read(req.Context(), asked)
	if err != nil {
		problem, ok := errors.AsType[*Problem](err)
		if !ok {
			problem = &Problem{Reason: Unavailable}
		}
		s.fail(w, problem)
		return
	}
	h := w.Header()
	setCommon(h)
	h.Set("ETag", answer.Version.ETag(transactions))
	if !answer.Version.DataTime.IsZero() {
		h.Set("Last-Modified", answer.Version.DataTime.UTC().Format(http.TimeFormat))
	}
	if answer.Data == nil {
		s.note(NotModified)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.stream(w, answer)
}

// stream hands data out. A failure after the first byte ends the connection, so that a part is
// never taken for the whole.
func (s *Server) stream(w http.ResponseWriter, answer Answer) {
	defer func() { _ = answer.Data.Body.Close() }()
	out := &begun{to: w}
	count, err := copyAnswer(out, answer.Data, answer.Version.Accounts)
	if err != nil && !out.yes {
		w.Header().Del("ETag")
		w.Header().Del("Last-Modified")
		s.fail(w, &Problem{Reason: BadAnswer})
		return
	}
	answer.Data.Done(count, err == nil)
	if err != nil {
		s.note(Interrupted)
		panic(http.ErrAbortHandler)
	}
	s.note(Read)
}

// begun notes whether anything was written.
type begun struct {
	to  http.ResponseWriter
	yes bool
}

// Write implements io.Writer.
func (b *begun) Write(p []byte) (int, error) {
	if !b.yes {
		b.to.Header().Set("Content-Type", "application/json")
		b.yes = true
	}
	return b.to.Write(p)
}

func (s *Server) fail(w http.ResponseWriter, p *Problem) {
	s.note(p.Reason)
	WriteProblem(w, p)
}

func (s *Server) note(r Reason) {
	if s.OnRead != nil {
		s.OnRead(r)
	}
}
