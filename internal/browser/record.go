package browser

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Request is one that a page made.
type Request struct {
	URL, Method string
	// Kind is Document, Fetch, Script and so on.
	Kind string
	// Header is what was sent, cookies and Referer included.
	Header http.Header
	Body   string
	// Status is 0 until an answer came.
	Status int
	// Answer is the header that came back.
	Answer http.Header
}

// Requests are all that the page and what it embeds made so far.
func (p *Page) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Request, 0, len(p.requests))
	for _, r := range p.requests {
		c := *r
		c.Header, c.Answer = r.Header.Clone(), r.Answer.Clone()
		out = append(out, c)
	}
	return out
}

// Problems are the errors, uncaught exceptions and violations of a policy that
// the page and what it embeds came to so far.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

// saw takes note of an event.
func (p *Page) saw(m message) {
	note := notes[m.Method]
	if note == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	note(p, m.Params)
}

// notes are the events that matter; each is called with the lock held.
var notes = map[string]func(*Page, json.RawMessage){
	"Runtime.executionContextCreated":   (*Page).contextCreated,
	"Runtime.executionContextDestroyed": (*Page).contextDestroyed,
	"Runtime.executionContextsCleared":  func(p *Page, _ json.RawMessage) { clear(p.contexts) },
	"Runtime.exceptionThrown":           (*Page).exceptionThrown,
	"Runtime.consoleAPICalled":          (*Page).consoleCalled,
	"Log.entryAdded":                    (*Page).logged,
	"Audits.issueAdded":                 (*Page).issueAdded,
	"Network.requestWillBeSent":         (*Page).requestMade,
	"Network.requestWillBeSentExtraInfo": func(p *Page, raw json.RawMessage) {
		p.headersSeen(raw, func(r *Request) *http.Header { return &r.Header })
	},
	"Network.responseReceived": (*Page).answered,
	"Network.responseReceivedExtraInfo": func(p *Page, raw json.RawMessage) {
		p.headersSeen(raw, func(r *Request) *http.Header { return &r.Answer })
	},
}

// decode reads an event. Chromium sends what its protocol says; anything else is
// as good as nothing.
func decode[T any](raw json.RawMessage) (event T) {
	_ = json.Unmarshal(raw, &event)
	return event
}

func (p *Page) contextCreated(raw json.RawMessage) {
	e := decode[struct {
		Context struct {
			ID      int
			AuxData struct {
				IsDefault bool
				FrameID   string
			}
		}
	}](raw)
	if e.Context.AuxData.IsDefault {
		p.contexts[e.Context.AuxData.FrameID] = e.Context.ID
	}
}

func (p *Page) contextDestroyed(raw json.RawMessage) {
	e := decode[struct{ ExecutionContextID int }](raw)
	maps.DeleteFunc(p.contexts, func(_ string, id int) bool { return id == e.ExecutionContextID })
}

func (p *Page) exceptionThrown(raw json.RawMessage) {
	e := decode[struct {
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
	}](raw)
	p.problems = append(p.problems, fmt.Sprintf("exception: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.Exception.Description))
}

func (p *Page) consoleCalled(raw json.RawMessage) {
	e := decode[struct {
		Type string
		Args []struct {
			Value       any
			Description string
		}
	}](raw)
	if e.Type == "error" || e.Type == "assert" {
		p.problems = append(p.problems, fmt.Sprintf("console: %v", e.Args))
	}
}

func (p *Page) logged(raw json.RawMessage) {
	e := decode[struct {
		Entry struct{ Source, Level, Text, URL string }
	}](raw)
	if strings.HasSuffix(e.Entry.URL, "/favicon.ico") {
		return // asked for by the browser of its own accord
	}
	if e.Entry.Level == "error" || e.Entry.Source == "security" {
		p.problems = append(p.problems, fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
	}
}

// issueAdded notes what the Issues tab shows of policies. Others there are
// advice about performance.
func (p *Page) issueAdded(raw json.RawMessage) {
	e := decode[struct {
		Issue struct {
			Code    string
			Details struct {
				Policy *struct{ ViolatedDirective string } `json:"contentSecurityPolicyIssueDetails"`
			}
		}
	}](raw)
	if e.Issue.Details.Policy != nil {
		p.problems = append(p.problems, "policy: "+e.Issue.Details.Policy.ViolatedDirective)
	}
}

func (p *Page) requestMade(raw json.RawMessage) {
	e := decode[struct {
		RequestID, Type string
		Request         struct {
			URL, Method, PostData string
			URLFragment           string
			Headers               map[string]string
		}
	}](raw)
	r := &Request{
		URL: e.Request.URL + e.Request.URLFragment, Method: e.Request.Method, Kind: e.Type, Body: e.Request.PostData,
		Header: header(e.Request.Headers),
	}
	p.requests = append(p.requests, r)
	p.byRequest[e.RequestID] = r
}

// headersSeen adds what the network stack knows of headers; it knows best.
func (p *Page) headersSeen(raw json.RawMessage, of func(*Request) *http.Header) {
	e := decode[struct {
		RequestID string
		Headers   map[string]string
	}](raw)
	if r := p.byRequest[e.RequestID]; r != nil {
		if h := of(r); *h == nil {
			*h = header(e.Headers)
		} else {
			maps.Copy(*h, header(e.Headers))
		}
	}
}

func (p *Page) answered(raw json.RawMessage) {
	e := decode[struct {
		RequestID string
		Response  struct {
			Status  int
			Headers map[string]string
		}
	}](raw)
	if r := p.byRequest[e.RequestID]; r != nil {
		r.Status = e.Response.Status
		if r.Answer == nil {
			r.Answer = header(e.Response.Headers)
		}
	}
}

func header(fields map[string]string) http.Header {
	h := http.Header{}
	for name, value := range fields {
		h.Set(name, value)
	}
	return h
}

// KeyOf is how a certificate's key is named in [Options.TrustedKeys].
func KeyOf(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}
