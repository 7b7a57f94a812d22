package dataclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var (
	// ErrURL: the URL is not https, or has more than a host and a port.
	ErrURL = errors.New("dataclient: the URL of the data API is not valid")
	// ErrToken: the source has no token.
	ErrToken = errors.New("dataclient: there is no token")
	// ErrAuthorities: the source has no certificates in PEM.
	ErrAuthorities = errors.New("dataclient: there are no certificates of authorities")
	// ErrName: Kubernetes accepts no such namespace or name.
	ErrName = errors.New("dataclient: the namespace or the name is not valid")
	// ErrUnreachable: there was no answer. It wraps the reason, such as context.DeadlineExceeded, unless the
	// reason could quote what came.
	ErrUnreachable = errors.New("dataclient: the data API cannot be reached")
	// ErrNotModified: there is nothing newer than what Query.IfNoneMatch names.
	ErrNotModified = errors.New("dataclient: there is no newer data")
	// ErrAnswer: what came is no answer of the data API.
	ErrAnswer = errors.New("dataclient: the answer is not one of the data API")
	// ErrCutOff: the answer ended before its end. What came of it counts for nothing.
	ErrCutOff = errors.New("dataclient: the answer was cut off")
)

// Transactions says which transactions the accounts have.
type Transactions string

// The transactions that can be asked for.
const (
	TransactionsNone    Transactions = "None"
	TransactionsDays90  Transactions = "Days90"
	TransactionsDays365 Transactions = "Days365"
)

// Query says what to read. The zero Query reads the accounts without transactions.
type Query struct {
	// Transactions that the accounts have; none if empty.
	Transactions Transactions
	// IfNoneMatch is the ETag of the data that the caller has, if any: as long as there is nothing
	// newer, the error is ErrNotModified.
	IfNoneMatch string
	// Follow waits while Flinks is still fetching the data, and asks again as often as the operator
	// says, until there is another answer or the context is done. Without it the error is a
	// *Problem with the reason Pending.
	Follow bool
}

// Client reads from the data API. It is safe for concurrent use.
type Client struct {
	base  string
	token Source
	trust trust
	pause func(context.Context, time.Duration)
	// limits of what is read of an answer.
	limits limits
}

// limits are numbers of bytes.
type limits struct {
	// data is more than the operator hands out in an answer, and account bounds an account, which is
	// held in memory.
	data, account int
}

var defaultLimits = limits{data: 300 << 20, account: 32 << 20}

const (
	// defaultRetry is for an answer that does not say when to ask again.
	defaultRetry = 10 * time.Second
	// maxRetry bounds what an answer says.
	maxRetry = 10 * time.Minute
)

// New returns a client of the data API at a URL such as
// https://flinks-operator-data-api.flinks-system.svc. The token source has a token of a
// ServiceAccount, and that of authorities certificates in PEM. The client asks both for every read.
func New(baseURL string, token, authorities Source) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, ErrURL
	}
	switch {
	case token == nil:
		return nil, ErrToken
	case authorities == nil:
		return nil, ErrAuthorities
	}
	return &Client{base: "https://" + u.Host, token: token, trust: trust{authorities: authorities}, pause: pause, limits: defaultLimits}, nil
}

// Accounts reads the accounts of a BankConnection. The caller must close the data, and iterating over
// all of its accounts does so.
//
// If there is no data, the error is a *Problem, ErrNotModified, or another of this package.
func (c *Client) Accounts(ctx context.Context, namespace, name string, q Query) (*Data, error) {
	if !isName(namespace) || !isName(name) {
		return nil, ErrName
	}
	target := c.base + "/v1/namespaces/" + namespace + "/bankconnections/" + name + "/accounts"
	if q.Transactions != "" {
		target += "?transactions=" + url.QueryEscape(string(q.Transactions))
	}
	for {
		data, err := c.read(ctx, target, q.IfNoneMatch)
		problem, _ := errors.AsType[*Problem](err)
		if problem == nil || problem.Reason != Pending || !q.Follow {
			return data, err
		}
		c.pause(ctx, problem.retry())
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", problem, context.Cause(ctx))
		}
	}
}

// CloseIdleConnections closes the connections that no read uses.
func (c *Client) CloseIdleConnections() { c.trust.closeIdle() }

// isName reports whether an object of Kubernetes can have a name.
func isName(s string) bool {
	other := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' }
	return s != "" && len(s) <= 253 && strings.Trim(s, ".") != "" && !strings.ContainsFunc(s, other)
}

// pause waits.
func pause(ctx context.Context, d time.Duration) {
	waiting, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-waiting.Done()
}

// read makes one request.
func (c *Client) read(ctx context.Context, target, etag string) (*Data, error) {
	token, err := readToken(ctx, c.token)
	if err != nil {
		return nil, err
	}
	transport, err := c.trust.transport(ctx)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, ErrURL
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("User-Agent", "flinks-operator-dataclient")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	// RoundTrip and not http.Client: no redirects, no cookies, and no errors with the URL.
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	data, err := c.answer(ctx, res, etag)
	if err != nil {
		_ = res.Body.Close()
	}
	return data, err
}

// unreachable says why there was no answer, if that can be said without a text of what came: net/http
// quotes what it does not understand.
func unreachable(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, cause)
	}
	if failure, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%w: %w", ErrUnreachable, failure)
	}
	if failure, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%w: %w", ErrUnreachable, failure)
	}
	return ErrUnreachable
}

// answer judges an answer by its head, and reads a problem.
func (c *Client) answer(ctx context.Context, res *http.Response, etag string) (*Data, error) {
	switch {
	case res.StatusCode == http.StatusNotModified && etag != "":
		return nil, ErrNotModified
	case res.StatusCode == http.StatusOK && isWhole(res) && mediaType(res) == "application/json":
		return newData(ctx, res, c.limits), nil
	case res.StatusCode == http.StatusAccepted, res.StatusCode >= http.StatusBadRequest:
		return nil, readProblem(ctx, res)
	}
	return nil, ErrAnswer
}
