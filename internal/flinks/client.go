package flinks

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// DefaultLongTimeout bounds a live refresh and the data calls. Flinks may hold such
	// a call for 210 s before it moves the work to the background; a shorter limit makes
	// failures out of successes.
	DefaultLongTimeout = 230 * time.Second
	// DefaultShortTimeout bounds every other call.
	DefaultShortTimeout = 30 * time.Second

	maxDataBytes    = 8 << 20
	maxControlBytes = 1 << 20
	maxRetryAfter   = 24 * time.Hour
	defaultAgent    = "flinks-operator"
)

// Timeouts bound whole calls, from name resolution to the last byte of the answer.
// Zero means the default.
type Timeouts struct {
	Long  time.Duration // Refresh, GetAccountsDetail, GetAccountsDetailAsync
	Short time.Duration // everything else
}

// Options configure a Client. The zero value is usable.
type Options struct {
	// UserAgent is sent with every call.
	UserAgent string
	// Transport replaces NewTransport. It must not follow redirects nor repeat requests.
	Transport http.RoundTripper
	// Timeouts of whole calls.
	Timeouts Timeouts
	// AlsoSendAuthKey sends the secret as flinks-auth-key on DeleteCard and
	// SetScheduledRefresh, besides x-api-key. The documentation does not say which of
	// the two authorises these calls; some older instances want the former.
	AlsoSendAuthKey bool
}

// Client calls Flinks. One serves all instances; it is safe for concurrent use and
// holds no credentials. It never repeats a call. Beneath it, net/http may repeat a GET
// whose kept connection died before the answer; it never repeats anything with a body.
type Client struct {
	userAgent       string
	pooled          http.RoundTripper
	fresh           http.RoundTripper
	timeouts        Timeouts
	alsoSendAuthKey bool
}

// NewClient returns a client with its own connections.
func NewClient(o Options) *Client {
	if o.Transport == nil {
		o.Transport = NewTransport()
	}
	if o.UserAgent == "" {
		o.UserAgent = defaultAgent
	}
	if o.Timeouts.Long <= 0 {
		o.Timeouts.Long = DefaultLongTimeout
	}
	if o.Timeouts.Short <= 0 {
		o.Timeouts.Short = DefaultShortTimeout
	}
	return &Client{
		userAgent:       o.UserAgent,
		pooled:          o.Transport,
		fresh:           freshOnly(o.Transport),
		timeouts:        o.Timeouts,
		alsoSendAuthKey: o.AlsoSendAuthKey,
	}
}

// CloseIdleConnections closes connections that no call is using.
func (c *Client) CloseIdleConnections() {
	for _, rt := range []http.RoundTripper{c.pooled, c.fresh} {
		if closer, ok := rt.(interface{ CloseIdleConnections() }); ok {
			closer.CloseIdleConnections()
		}
	}
}

// call is one request, described.
type call struct {
	op      Operation
	method  string
	path    []string // behind …/BankingServices/
	headers map[string]string
	body    any  // marshalled to JSON; nil = none
	long    bool // the long timeout
	once    bool // must reach Flinks at most once: a connection of its own
	limit   int64
}

// answer is what came back, unjudged.
type answer struct {
	op         Operation
	status     int
	retryAfter time.Duration
	body       []byte
}

// do sends the call once and reads the answer within the call's time and size limits.
// A non-nil error means that there is no answer that could be read.
func (c *Client) do(ctx context.Context, ep Endpoint, k call) (answer, *Error) {
	timeout, transport := c.timeouts.Short, c.pooled
	if k.long {
		timeout = c.timeouts.Long
	}
	if k.once {
		transport = c.fresh
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	try := &attempt{}
	req, failure := c.request(try.watch(ctx), ep, k, try)
	if failure != nil {
		return answer{}, failure
	}
	if cause := contextCause(ctx); cause != nil {
		return answer{}, lost(k.op, NotSent, cause)
	}
	// RoundTrip and not http.Client: no redirects, no cookies, no *url.Error.
	res, err := transport.RoundTrip(req)
	if err != nil {
		return answer{}, lost(k.op, try.delivery(), contextCause(ctx))
	}
	defer func() { _ = res.Body.Close() }()
	return readAnswer(ctx, k, res)
}

func (c *Client) request(ctx context.Context, ep Endpoint, k call, try *attempt) (*http.Request, *Error) {
	target, err := ep.operation(k.path...)
	if err != nil {
		return nil, refused(k.op, CodeInvalidCall)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target, nil)
	if err != nil {
		return nil, refused(k.op, CodeInvalidCall)
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
		return nil, refused(k.op, CodeInvalidCall)
	}
	req.Header.Set("Content-Type", "application/json")
	try.body = &sentinelBody{rest: payload}
	// GetBody stays nil: without it net/http cannot send the body a second time.
	req.Body, req.ContentLength = try.body, int64(len(payload))
	return req, nil
}

func readAnswer(ctx context.Context, k call, res *http.Response) (answer, *Error) {
	a := answer{op: k.op, status: res.StatusCode, retryAfter: retryAfter(res.Header)}
	if a.status < 200 || a.status >= 300 && a.status < 400 {
		return answer{}, a.unreadable()
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, k.limit+1))
	if err != nil || int64(len(body)) > k.limit {
		failure := a.unreadable()
		failure.cause = contextCause(ctx)
		return answer{}, failure
	}
	a.body = body
	return a, nil
}

// lost is a call without an answer.
func lost(op Operation, d Delivery, cause error) *Error {
	e := &Error{Op: op, Code: CodeNoAnswer, Class: ClassTransient, Delivery: d, cause: cause}
	if d == NotSent {
		e.Code = CodeNotSent
	}
	return e
}

// retryAfter reads seconds or a date. A date is measured against the answer's own Date
// header, so the local clock does not matter.
func retryAfter(h http.Header) time.Duration {
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
