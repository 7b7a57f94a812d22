package client

import (
	"net/http"
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	// DefaultLongTimeout bounds a live refresh and the data calls. Flinks may hold such
	// a call for 210 s before it moves the work to the background; a shorter limit makes
	// failures out of successes.
	DefaultLongTimeout = 230 * time.Second
	// DefaultShortTimeout bounds every other call.
	DefaultShortTimeout = 30 * time.Second

	defaultAgent = "flinks-operator"
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
	// Transport is for all calls, instead of the client's own ones, but those to endpoints
	// with a Network. It must not follow redirects nor repeat requests.
	Transport http.RoundTripper
	// Timeouts of whole calls.
	Timeouts Timeouts
}

// Observer is called ahead of each call of a client, and the function that it returns with the
// outcome: nil for success. That includes the calls that the client refuses to send.
type Observer func(op flinks.Operation) (ended func(failure *flinks.Error))

// Client calls Flinks. One serves all instances; it is safe for concurrent use and
// holds no credentials. It never repeats a call. Beneath it, net/http may repeat a GET
// whose kept connection died before the answer; it never repeats anything with a body.
type Client struct {
	userAgent string
	// derived is for endpoints whose hosts follow from the name of an instance. These are on
	// the Internet, so it connects to no private address. configured is for other endpoints.
	// They share no connection.
	derived, configured transports
	// routes are for endpoints with a Network. Clients that share connections share them.
	routes    *routes
	timeouts  Timeouts
	observers []Observer
}

// New returns a client with its own connections.
func New(o Options) *Client {
	derived := o.Transport
	if o.Transport == nil {
		o.Transport, derived = NewTransport(), newTransport(&dialer{})
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
		userAgent:  o.UserAgent,
		derived:    transportsOf(derived),
		routes:     &routes{},
		configured: transportsOf(o.Transport),
		timeouts:   o.Timeouts,
	}
}

// WithObserver returns a client that also reports its calls to an observer. It shares the
// connections of c.
func (c *Client) WithObserver(o Observer) *Client {
	observed := *c
	observed.observers = append(slices.Clip(c.observers), o)
	return &observed
}

// CloseIdleConnections closes connections that no call is using.
func (c *Client) CloseIdleConnections() {
	c.derived.closeIdle()
	c.configured.closeIdle()
	c.routes.closeIdle()
}

// transports returns those for an endpoint, and false if there can be none.
func (c *Client) transports(ep flinks.Endpoint) (transports, bool) {
	switch own, ok := c.routes.to(ep); {
	case ep.Network != flinks.Network{}:
		return own, ok
	case ep.Configured:
		return c.configured, true
	}
	return c.derived, true
}
