package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	maxDataBytes    = 8 << 20
	maxControlBytes = 1 << 20
	maxRetryAfter   = 24 * time.Hour
)

const (
	headerAuthKey = "Flinks-Auth-Key" // the secret or a token, depending on the call
	headerAPIKey  = "X-Api-Key"
)

// call is one request, described.
type call struct {
	op      flinks.Operation
	refused flinks.Code // why it is not sent; empty if it is
	method  string
	path    []string // behind …/BankingServices/
	headers map[string]string
	body    any  // marshalled to JSON; nil = none
	long    bool // the long timeout
	once    bool // must reach Flinks at most once: a connection of its own
	limit   int64
}

// send makes a call and reads its answer. All calls of the client are made here, and reported
// to the observers.
func send[T any](ctx context.Context, c *Client, ep flinks.Endpoint, k call, read func(answer) (T, *flinks.Error)) (result T, err error) {
	ended := c.observe(k.op)
	result, failure := exchange(ctx, c, ep, k, read)
	ended(failure)
	if failure != nil {
		return result, failure
	}
	return result, nil
}

// observe reports a call to all observers, and returns what reports its outcome.
func (c *Client) observe(op flinks.Operation) (ended func(*flinks.Error)) {
	var all []func(*flinks.Error)
	for _, begin := range c.observers {
		all = append(all, begin(op))
	}
	return func(failure *flinks.Error) {
		for _, end := range all {
			end(failure)
		}
	}
}

// sendOnly makes a call whose answer has no result.
func sendOnly(ctx context.Context, c *Client, ep flinks.Endpoint, k call, read func(answer) *flinks.Error) error {
	_, err := send(ctx, c, ep, k, func(a answer) (struct{}, *flinks.Error) { return struct{}{}, read(a) })
	return err
}

func exchange[T any](ctx context.Context, c *Client, ep flinks.Endpoint, k call, read func(answer) (T, *flinks.Error)) (result T, failure *flinks.Error) {
	if k.refused != "" {
		return result, refused(k.op, k.refused)
	}
	a, failure := c.do(ctx, ep, k)
	if failure != nil {
		return result, failure
	}
	return read(a)
}

// do sends the call once and reads the answer within the call's time and size limits.
// A non-nil error means that there is no answer that could be read.
func (c *Client) do(ctx context.Context, ep flinks.Endpoint, k call) (answer, *flinks.Error) {
	res, failure := c.open(ctx, ep, k)
	if failure != nil {
		return answer{}, failure
	}
	defer res.end()
	return readAnswer(res.ctx, k, res.Response) //nolint:contextcheck // It is ctx, with the time of the call.
}

// opened is an answer whose body was not read yet. Its context ends with the call's time.
type opened struct {
	*http.Response

	ctx    context.Context
	cancel context.CancelFunc
}

// end gives up what was not read.
func (o *opened) end() {
	o.cancel()
	_ = o.Body.Close()
}

// open sends the call once, and returns the beginning of the answer.
func (c *Client) open(ctx context.Context, ep flinks.Endpoint, k call) (*opened, *flinks.Error) {
	to, ok := c.transports(ep)
	if !ok {
		return nil, refused(k.op, flinks.CodeInvalidCall)
	}
	timeout, transport := c.timeouts.Short, to.pooled
	if k.long {
		timeout = c.timeouts.Long
	}
	if k.once {
		transport = to.fresh
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	res, failure := roundTrip(ctx, c, ep, k, transport) //nolint:bodyclose // end closes it.
	if failure != nil {
		cancel()
		return nil, failure
	}
	return &opened{Response: res, ctx: ctx, cancel: cancel}, nil
}

func roundTrip(ctx context.Context, c *Client, ep flinks.Endpoint, k call, transport http.RoundTripper) (*http.Response, *flinks.Error) {
	try := &attempt{}
	req, failure := c.request(try.watch(ctx), ep, k, try)
	if failure != nil {
		return nil, failure
	}
	if cause := contextCause(ctx); cause != nil {
		return nil, lost(k.op, flinks.NotSent, cause)
	}
	// RoundTrip and not http.Client: no redirects, no cookies, no *url.Error.
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil, lost(k.op, try.delivery(), contextCause(ctx))
	}
	return res, nil
}

func (c *Client) request(ctx context.Context, ep flinks.Endpoint, k call, try *attempt) (*http.Request, *flinks.Error) {
	target, err := ep.OperationURL(k.path...)
	if err != nil {
		return nil, refused(k.op, flinks.CodeInvalidCall)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target, nil)
	if err != nil {
		return nil, refused(k.op, flinks.CodeInvalidCall)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	for name, value := range k.headers {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	req.Close = k.once
	if k.body == nil {
		return req, nil
	}
	payload, err := json.Marshal(k.body)
	if err != nil {
		return nil, refused(k.op, flinks.CodeInvalidCall)
	}
	req.Header.Set("Content-Type", "application/json")
	try.body = &sentinelBody{rest: payload}
	// GetBody stays nil: without it net/http cannot send the body a second time.
	req.Body, req.ContentLength = try.body, int64(len(payload))
	return req, nil
}

func readAnswer(ctx context.Context, k call, res *http.Response) (answer, *flinks.Error) {
	a := answer{op: k.op, status: res.StatusCode, retryAfter: parseRetryAfter(res.Header)}
	if a.status < 200 || a.status >= 300 && a.status < 400 {
		return answer{}, a.unreadable()
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, k.limit+1))
	if err != nil || int64(len(body)) > k.limit {
		failure := a.unreadable()
		failure.Cause = contextCause(ctx)
		return answer{}, failure
	}
	a.body = body
	return a, nil
}

// lost returns the error of a call without an answer.
func lost(op flinks.Operation, d flinks.Delivery, cause error) *flinks.Error {
	e := &flinks.Error{Op: op, Code: flinks.CodeNoAnswer, Class: flinks.ClassTransient, Delivery: d, Cause: cause}
	if d == flinks.NotSent {
		e.Code = flinks.CodeNotSent
	}
	return e
}

// parseRetryAfter reads seconds or a date. A date is measured against the answer's own Date
// header, so the local clock does not matter.
func parseRetryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if v == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(v, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	until, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	sent, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(until.Sub(sent), 0), maxRetryAfter)
}

// contextCause returns context.Canceled, context.DeadlineExceeded or nil, and nothing else of
// the context: a custom cause may contain any text.
func contextCause(ctx context.Context) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return context.DeadlineExceeded
	case ctx.Err() != nil:
		return context.Canceled
	default:
		return nil
	}
}

// refused returns the error of a call that the client does not send.
func refused(op flinks.Operation, code flinks.Code) *flinks.Error {
	return &flinks.Error{Op: op, Code: code, Class: flinks.Lookup(string(code), false).Class, Delivery: flinks.NotSent}
}
