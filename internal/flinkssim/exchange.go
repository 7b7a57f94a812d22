package flinkssim

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/clock"
)

// maxRequestBody is far above any request that Flinks documents.
const maxRequestBody = 1 << 20

// exchange is one request on its way through the simulator.
type exchange struct {
	server     *Server
	endpoint   string
	mode       string
	customerID string
	request    *http.Request
	header     http.Header
	body       []byte
	knobs      Knobs // as they were when it arrived

	loginID   string
	requestID string
	forced    string // the code that a fault wants the bank to answer with
	dispatch  bool   // a fault wants a live attempt to go on in the background
	stranger  bool   // a fault wants every login to be unknown
	entry     *Entry
}

// endpoint is one call of the API, or the Connect page.
type endpoint struct {
	method, path string // path after BankingServices
	name         string // in the journal; by default the first word of path
	// describe says what a request is about; called with the lock held.
	describe func(*exchange)
	// perform carries it out; it takes the lock itself, and may wait in between.
	perform func(context.Context, *exchange) reply
}

// serve runs every request the same way: describe, look for a fault, carry out,
// write the journal, and only then answer. A client that sees an answer finds it in
// the journal.
func (s *Server) serve(ep endpoint) http.Handler {
	if ep.name == "" {
		ep.name, _, _ = strings.Cut(ep.path, "/")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x, err := s.newExchange(ep.name, r)
		if err != nil {
			return // the caller went away while sending
		}
		fault := s.begin(ep, x)
		rep := s.carryOut(r.Context(), ep, x, fault)
		s.finish(x, rep, fault)
		deliver(r.Context(), w, rep, fault)
	})
}

func (s *Server) newExchange(name string, r *http.Request) (*exchange, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return &exchange{
		server: s, endpoint: name, customerID: r.PathValue("customerId"),
		request: r, header: r.Header, body: body,
	}, nil
}

// bodyKeys returns the names in a JSON object or in a posted form.
func (x *exchange) bodyKeys() []string {
	if strings.HasPrefix(x.header.Get("Content-Type"), "application/x-www-form-urlencoded") && x.endpoint == "Connect" {
		return slices.Sorted(maps.Keys(x.form()))
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(x.body, &fields) != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(fields))
}

// begin opens the journal entry and picks the fault that applies.
func (s *Server) begin(ep endpoint, x *exchange) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.knobs = s.knobs
	if ep.describe != nil {
		ep.describe(x)
	}
	fault := s.faults.take(x)
	x.entry = s.journal.begin(Entry{
		Time: s.clock.Now(), Host: x.request.Host, Endpoint: x.endpoint, Mode: x.mode, LoginID: x.loginID, RequestID: x.requestID,
		Fault: fault.String(), Headers: headerNames(x.header), BodyKeys: x.bodyKeys(), InFlight: true,
	})
	if fault != nil && fault.AsOutcome {
		x.forced = fault.FlinksCode
	}
	x.dispatch = fault != nil && fault.Dispatch
	x.stranger = fault != nil && fault.UnknownLogin
	return fault
}

// opened notes in the journal, at once, that a live session came into being.
// Called with the lock held.
func (x *exchange) opened(sess *session) {
	x.entry.LiveSessionOpened = true
	x.entry.LoginID, x.entry.RequestID = sess.login.id, sess.id
}

func (s *Server) carryOut(ctx context.Context, ep endpoint, x *exchange, fault *Fault) reply {
	var rep reply
	if fault.lets() {
		rep = ep.perform(ctx, x)
	}
	if fault.replaces() {
		s.mu.Lock()
		defer s.mu.Unlock()
		return fault.reply(s, rep)
	}
	return rep
}

func (s *Server) finish(x *exchange, rep reply, fault *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := x.entry
	e.InFlight, e.Committed = false, rep.committed
	e.Status, e.FlinksCode = rep.status, rep.code
	if fault.silent() {
		e.Status, e.FlinksCode = 0, ""
	}
	if rep.loginID != "" {
		e.LoginID = rep.loginID
	}
	if rep.requestID != "" {
		e.RequestID = rep.requestID
	}
}

func headerNames(h http.Header) []string {
	return slices.Sorted(maps.Keys(h))
}

// wait lets real time pass: a latency is a matter of sockets and timeouts, which
// the virtual clock does not move.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := clock.RealClock{}.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting to answer: %w", context.Cause(ctx))
	}
}

func writeReply(w http.ResponseWriter, rep reply) {
	maps.Copy(w.Header(), rep.header)
	if rep.contentType != "" {
		w.Header().Set("Content-Type", rep.contentType)
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(rep.body) // a caller that left is no concern of ours
}
