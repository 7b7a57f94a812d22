package chromium

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Request is one that a page made.
type Request struct {
	URL, Method, Body string
	// Header is what was sent, cookies and Referer included.
	Header http.Header
}

// Requests returns all that the page and what it embeds made so far.
func (tab *Tab) Requests() []Request {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	requests := make([]Request, 0, len(tab.requests))
	for _, r := range tab.requests {
		requests = append(requests, Request{r.URL, r.Method, r.Body, r.Header.Clone()})
	}
	return requests
}

// Problems returns the errors, uncaught exceptions and violations of a policy of the page, and of
// what it embeds, so far.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.problems)
}

// Expect excuses problems that contain one of these texts.
func (tab *Tab) Expect(texts ...string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.expected = append(tab.expected, texts...)
}

func (tab *Tab) expects(problem string) bool {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.ContainsFunc(tab.expected, func(text string) bool { return strings.Contains(problem, text) })
}

// AwaitProblem waits for a problem that contains a text.
func (tab *Tab) AwaitProblem(text string) {
	tab.t.Helper()
	tab.Await("a problem with "+text, func(context.Context) error {
		if !strings.Contains(fmt.Sprint(tab.Problems()), text) {
			return errNotYet
		}
		return nil
	})
}

// record notes what an event says.
func (tab *Tab) record(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExecutionContextCreated:
		tab.contextCreated(e)
	case *runtime.EventExecutionContextDestroyed:
		maps.DeleteFunc(tab.contexts, func(_ cdp.FrameID, id string) bool { return id == e.ExecutionContextUniqueID })
	case *runtime.EventExecutionContextsCleared:
		clear(tab.contexts)
	case *runtime.EventExceptionThrown:
		tab.problem((&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		tab.consoleCalled(e)
	case *log.EventEntryAdded:
		tab.logged(e.Entry)
	case *audits.EventIssueAdded:
		// The others in the Issues panel are advice about performance.
		if violation := e.Issue.Details.ContentSecurityPolicyIssueDetails; violation != nil {
			tab.problem("policy: " + violation.ViolatedDirective)
		}
	case *network.EventRequestWillBeSent:
		tab.requestSent(e)
	case *network.EventRequestWillBeSentExtraInfo:
		if r := tab.byID[e.RequestID]; r != nil {
			maps.Copy(r.Header, header(e.Headers)) // the network stack knows best
		}
	}
}

func (tab *Tab) problem(text string) { tab.problems = append(tab.problems, text) }

func (tab *Tab) contextCreated(e *runtime.EventExecutionContextCreated) {
	var of struct {
		IsDefault bool
		FrameID   cdp.FrameID
	}
	if err := json.Unmarshal(e.Context.AuxData, &of); err == nil && of.IsDefault {
		tab.contexts[of.FrameID] = e.Context.UniqueID
	}
}

func (tab *Tab) consoleCalled(e *runtime.EventConsoleAPICalled) {
	if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeAssert {
		return
	}
	var args []string
	for _, a := range e.Args {
		args = append(args, fmt.Sprintf("%s%s", a.Value, a.Description))
	}
	tab.problem("console: " + strings.Join(args, " "))
}

func (tab *Tab) logged(e *log.Entry) {
	if strings.HasSuffix(e.URL, "/favicon.ico") {
		return // the browser asks for it of its own accord
	}
	if e.Level == log.EntryLevelError || e.Source == log.EntrySourceSecurity {
		tab.problem(fmt.Sprintf("%s: %s", e.Source, e.Text))
	}
}

func (tab *Tab) requestSent(e *network.EventRequestWillBeSent) {
	r := &Request{URL: e.Request.URL + e.Request.URLFragment, Method: e.Request.Method, Header: header(e.Request.Headers)}
	for _, part := range e.Request.PostDataEntries {
		r.Body += string(part.Bytes)
	}
	tab.requests = append(tab.requests, r)
	tab.byID[e.RequestID] = r
}

func header(fields network.Headers) http.Header {
	h := http.Header{}
	for name, value := range fields {
		h.Set(name, fmt.Sprint(value))
	}
	return h
}
