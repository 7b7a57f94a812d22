package flinkssim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The values of [Fault.Drop].
const (
	DropBeforeCommit = "before-commit"
	DropAfterCommit  = "after-commit"
)

// The values of [Fault.BodyKind].
const (
	BodyHTML      = "html"       // an error page, as from a gateway
	BodyTruncated = "truncated"  // half of the true answer under its full Content-Length
	BodyEndless   = "endless"    // JSON that never ends
	BodyHuge      = "huge"       // 100 MiB of valid JSON
	BodyEmpty     = "empty"      // no body
	BodyGarbage   = "garbage"    // bytes that are no JSON, under a JSON content type
	BodyWrongType = "wrong-type" // JSON with fields of another type
)

// Fault is one thing that goes wrong, as data. The first fault that matches a
// request and has some of its Times left is applied, and no other.
//
// A fault that replaces the answer (Status, FlinksCode, Body, most BodyKinds,
// Redirect, Hang) keeps the call from taking effect, unless Commit is set. A
// fault that only spoils the answer (Latency, RetryAfter, truncated,
// Drop after-commit) lets it take effect.
type Fault struct {
	// Host, Endpoint, Mode and LoginID match the journal's fields; empty matches all.
	// With Host, two addresses that lead to one simulator answer differently.
	Host     string `json:"host,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	Mode     string `json:"mode,omitempty"`
	LoginID  string `json:"loginId,omitempty"`
	// Skip lets so many matching requests pass first.
	Skip int `json:"skip,omitempty"`
	// Times is how often the fault is applied: 0 is once, negative is for ever.
	Times int `json:"times,omitempty"`

	// Latency passes, in real time, before the answer and after the effect.
	Latency time.Duration `json:"-"`
	// Status replaces the status of the answer; alone, it comes with an HTML page.
	Status int `json:"status,omitempty"`
	// FlinksCode replaces the answer by an error body of that code.
	FlinksCode string `json:"flinksCode,omitempty"`
	// AsOutcome makes FlinksCode the bank's own answer to a live attempt: it is
	// remembered, carries a RequestId and is replayed by cached calls.
	AsOutcome bool `json:"asOutcome,omitempty"`
	// Dispatch makes a live attempt go on in the background, as one that takes longer
	// than 210 s does: the answer is a 202, and the data calls tell the rest.
	Dispatch bool `json:"dispatch,omitempty"`
	// UnknownLogin answers as if no login were known, in the shapes that the knobs name:
	// as an address does that leads to another instance.
	UnknownLogin bool `json:"unknownLogin,omitempty"`
	// Body replaces the body verbatim.
	Body string `json:"body,omitempty"`
	// BodyKind replaces or spoils the body in a particular way.
	BodyKind string `json:"bodyKind,omitempty"`
	// Redirect answers 302 (or Status) to this URL.
	Redirect string `json:"redirect,omitempty"`
	// RetryAfter adds the header, in whole seconds.
	RetryAfter time.Duration `json:"-"`
	// Drop closes the connection without an answer.
	Drop string `json:"drop,omitempty"`
	// Hang never answers; it ends when the caller gives up.
	Hang bool `json:"hang,omitempty"`
	// Commit lets the call take effect although its answer is replaced.
	Commit bool `json:"commit,omitempty"`
}

type faultScript struct {
	faults []*Fault
}

// take uses up one application of the first fault that matches.
func (fs *faultScript) take(x *exchange) *Fault {
	for i, f := range fs.faults {
		if !f.matches(x) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		applied := *f
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			fs.faults = slices.Delete(fs.faults, i, i+1)
		}
		return &applied
	}
	return nil
}

func (f *Fault) matches(x *exchange) bool {
	return (f.Host == "" || strings.EqualFold(f.Host, x.request.Host)) &&
		(f.Endpoint == "" || strings.EqualFold(f.Endpoint, x.endpoint)) &&
		(f.Mode == "" || f.Mode == x.mode) &&
		(f.LoginID == "" || strings.EqualFold(f.LoginID, x.loginID))
}

// InjectFault adds a fault to the end of the script.
func (s *Server) InjectFault(f Fault) error {
	if err := f.validate(); err != nil {
		return fmt.Errorf("injecting a fault: %w", err)
	}
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.faults = append(s.faults.faults, &f)
	return nil
}

// ClearFaults empties the script.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.faults = nil
}

// Faults returns the script that is left.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults.faults))
	for _, f := range s.faults.faults {
		out = append(out, *f)
	}
	return out
}

func (f *Fault) validate() error {
	kinds := []string{"", BodyHTML, BodyTruncated, BodyEndless, BodyHuge, BodyEmpty, BodyGarbage, BodyWrongType}
	errs := []error{
		oneOf("bodyKind", f.BodyKind, kinds...),
		oneOf("drop", f.Drop, "", DropBeforeCommit, DropAfterCommit),
	}
	if f.AsOutcome && f.FlinksCode == "" {
		errs = append(errs, errors.New("asOutcome needs a flinksCode"))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		errs = append(errs, fmt.Errorf("status %d is not that of an answer", f.Status))
	}
	if f.Skip < 0 || f.Latency < 0 || f.RetryAfter < 0 {
		errs = append(errs, errors.New("skip, latency and retryAfter must not be negative"))
	}
	if _, err := url.Parse(f.Redirect); err != nil {
		errs = append(errs, fmt.Errorf("redirect: %w", err))
	}
	return errors.Join(errs...)
}

// replaces: the true answer is not what is sent.
func (f *Fault) replaces() bool {
	if f == nil || f.AsOutcome {
		return false
	}
	spoils := f.BodyKind == "" || f.BodyKind == BodyTruncated
	return f.Status != 0 || f.FlinksCode != "" || f.Body != "" || f.Redirect != "" || f.Hang || !spoils
}

// lets: the call takes effect.
func (f *Fault) lets() bool {
	switch {
	case f == nil || f.Commit:
		return true
	case f.Drop != "":
		return f.Drop == DropAfterCommit
	default:
		return !f.replaces()
	}
}

// silent: no answer is sent at all.
func (f *Fault) silent() bool {
	return f != nil && (f.Drop != "" || f.Hang)
}

// reply returns the answer in place of the true one, which still tells the journal
// what happened.
func (f *Fault) reply(s *Server, truth reply) reply {
	rep := truth
	rep.contentType, rep.header, rep.code = jsonType, http.Header{}, ""
	rep.status, rep.body = cmp.Or(f.Status, http.StatusOK), nil
	switch {
	case f.Redirect != "":
		rep.status, rep.contentType = cmp.Or(f.Status, http.StatusFound), ""
		rep.header.Set("Location", f.Redirect)
	case f.FlinksCode != "":
		rep.status, rep.body = f.errorBody(s)
		rep.code = f.FlinksCode
	case f.Body != "":
		rep.body = []byte(f.Body)
	default:
		f.replaceBody(&rep)
	}
	return rep
}

func (f *Fault) replaceBody(rep *reply) {
	switch f.BodyKind {
	case BodyGarbage:
		rep.body = []byte("\x00\xff{not json")
	case BodyWrongType:
		rep.body = []byte(`{"HttpStatusCode":"many","FlinksCode":["OK"],"RequestId":7,"Login":"none","Links":{}}`)
	case BodyEmpty, BodyEndless, BodyHuge:
	default:
		rep.status, rep.contentType = cmp.Or(f.Status, http.StatusBadGateway), htmlType
		rep.body = fmt.Appendf(nil, "<html>\r\n<head><title>%[1]d %[2]s</title></head>\r\n"+
			"<body><center><h1>%[1]d %[2]s</h1></center></body>\r\n</html>\r\n", rep.status, http.StatusText(rep.status))
	}
}

// errorBody returns a flat error. Under a transport status of 200, the body still
// says what the status should have been.
func (f *Fault) errorBody(s *Server) (status int, body []byte) {
	inBody := s.knobs.statusOf(f.FlinksCode)
	status = cmp.Or(f.Status, inBody)
	if status != http.StatusOK {
		inBody = status
	}
	return status, encode(flatError{HTTPStatusCode: inBody, Message: messageOf(f.FlinksCode), FlinksCode: f.FlinksCode})
}

// String names what goes wrong, for the journal.
func (f *Fault) String() string {
	if f == nil {
		return ""
	}
	var parts []string
	add := func(on bool, text string) {
		if on {
			parts = append(parts, text)
		}
	}
	add(f.Drop != "", "drop "+f.Drop)
	add(f.Hang, "hang")
	add(f.Latency > 0, "latency "+f.Latency.String())
	add(f.Status != 0, "status "+strconv.Itoa(f.Status))
	add(f.FlinksCode != "", f.FlinksCode)
	add(f.Dispatch, "dispatch")
	add(f.UnknownLogin, "unknown login")
	add(f.Body != "", "body")
	add(f.BodyKind != "", f.BodyKind)
	add(f.Redirect != "", "redirect")
	add(f.RetryAfter > 0, "retry-after "+f.retryAfterSeconds())
	return strings.Join(parts, ", ")
}

func (f *Fault) retryAfterSeconds() string {
	return strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds())))
}

// faultText is the JSON form of a fault, with durations as text.
type faultText struct {
	*plainFault
	Latency    string `json:"latency,omitempty"`
	RetryAfter string `json:"retryAfter,omitempty"`
}

type plainFault Fault

// MarshalJSON writes durations as text, such as "1m30s".
func (f Fault) MarshalJSON() ([]byte, error) {
	text := faultText{plainFault: (*plainFault)(&f)}
	if f.Latency > 0 {
		text.Latency = f.Latency.String()
	}
	if f.RetryAfter > 0 {
		text.RetryAfter = f.RetryAfter.String()
	}
	return json.Marshal(text)
}

// UnmarshalJSON reads durations from text, such as "1m30s".
func (f *Fault) UnmarshalJSON(data []byte) error {
	text := faultText{plainFault: (*plainFault)(f)}
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("reading a fault: %w", err)
	}
	var err, err2 error
	if text.Latency != "" {
		f.Latency, err = time.ParseDuration(text.Latency)
	}
	if text.RetryAfter != "" {
		f.RetryAfter, err2 = time.ParseDuration(text.RetryAfter)
	}
	return errors.Join(err, err2)
}
