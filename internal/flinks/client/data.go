package client

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

// judgedBytes is how much of an answer is read before it is handed on. An answer that is no data
// is shorter, and is judged as any other.
const judgedBytes = 64 << 10

type dataRequest struct {
	RequestID           string   `json:"RequestId"`
	WithAccountIdentity bool     `json:"WithAccountIdentity"`
	WithKYC             bool     `json:"WithKYC"`
	WithTransactions    bool     `json:"WithTransactions"`
	DaysOfTransactions  string   `json:"DaysOfTransactions,omitempty"`
	AccountsFilter      []string `json:"AccountsFilter,omitempty"`
}

// StreamAccountsDetail asks for the data of a session, to be handed on: all that Flinks knows of
// the accounts, with identity and KYC. It may be repeated.
// Source: Flinks documentation, get accounts detail.
func (c *Client) StreamAccountsDetail(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials, req flinks.RequestID, want flinks.DataRequest) (flinks.DataStream, error) {
	return c.stream(ctx, ep, cr, req, want.Patience, call{
		op:     flinks.OpGetAccountsDetail,
		method: http.MethodPost,
		path:   []string{"GetAccountsDetail"},
		body: dataRequest{
			RequestID: opaque.Reveal(req.Value), WithAccountIdentity: true, WithKYC: true,
			WithTransactions: want.Transactions != flinks.NoTransactions, DaysOfTransactions: string(want.Transactions),
			AccountsFilter: want.Accounts,
		},
	})
}

// StreamAccountsDetailAsync asks again for data that was Pending; patience is that of a
// DataRequest. It may be repeated.
// Source: Flinks documentation, get accounts detail async.
func (c *Client) StreamAccountsDetailAsync(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials, req flinks.RequestID, patience time.Duration) (flinks.DataStream, error) {
	return c.stream(ctx, ep, cr, req, patience, call{
		op:     flinks.OpGetAccountsDetailAsync,
		method: http.MethodGet,
		path:   []string{"GetAccountsDetailAsync", opaque.Reveal(req.Value)},
	})
}

func (c *Client) stream(ctx context.Context, ep flinks.Endpoint, cr flinks.Credentials, req flinks.RequestID, patience time.Duration, k call) (stream flinks.DataStream, err error) {
	k.headers = map[string]string{headerAPIKey: opaque.Reveal(cr.APIKey.Value)}
	k.long = true
	if req.IsZero() {
		k.refused = flinks.CodeInvalidCall
	}
	ended := c.observe(k.op)
	stream, failure := c.openStream(ctx, ep, patience, k)
	ended(failure)
	if failure != nil {
		return stream, failure
	}
	return stream, nil
}

// openStream makes the call, and returns its answer once that has begun.
func (c *Client) openStream(ctx context.Context, ep flinks.Endpoint, patience time.Duration, k call) (stream flinks.DataStream, failure *flinks.Error) {
	if k.refused != "" {
		return stream, refused(k.op, k.refused)
	}
	ctx, giveUp := context.WithCancel(ctx)
	waits := func() bool { return true }
	if patience > 0 {
		limit, end := context.WithTimeout(ctx, patience)
		defer end()
		stop := context.AfterFunc(limit, giveUp)
		waits = stop
	}
	res, failure := c.open(ctx, ep, k)
	if failure != nil {
		giveUp()
		return stream, failure
	}
	body := &streamed{op: k.op, res: res, release: giveUp}
	stream, failure = body.begin(k)
	switch {
	case failure == nil && !stream.Pending && waits():
		return stream, nil
	case failure == nil && !stream.Pending:
		failure = lost(k.op, flinks.Ambiguous, context.DeadlineExceeded)
	}
	_ = body.Close()
	stream.Body = nil
	return stream, failure
}

// streamed is the body of an answer that is handed on.
type streamed struct {
	op      flinks.Operation
	res     *opened
	release context.CancelFunc
	judged  io.Reader
}

// begin reads the first part of an answer, and judges what ends within it.
func (s *streamed) begin(k call) (stream flinks.DataStream, failure *flinks.Error) {
	a := answer{op: k.op, status: s.res.StatusCode, retryAfter: parseRetryAfter(s.res.Header)}
	if a.status < 200 || a.status >= 300 && a.status < 400 {
		return stream, a.unreadable()
	}
	first, err := io.ReadAll(io.LimitReader(s.res.Body, judgedBytes))
	switch {
	case err != nil:
		failure = a.unreadable()
		failure.Cause = contextCause(s.res.ctx)
		return stream, failure
	case len(first) == judgedBytes && a.status != http.StatusOK:
		return stream, a.unreadable()
	case len(first) < judgedBytes:
		a.body = first
		detail, failure := a.accountsDetail()
		if failure != nil || detail.Pending {
			return flinks.DataStream{Pending: detail.Pending}, failure
		}
	}
	s.judged = io.MultiReader(bytes.NewReader(first), s.res.Body)
	return flinks.DataStream{Body: s}, nil
}

// Read implements io.Reader. Errors of net/http do not leave this package.
func (s *streamed) Read(p []byte) (int, error) {
	n, err := s.judged.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // Readers return it as it is.
		err = lost(s.op, flinks.Ambiguous, contextCause(s.res.ctx))
	}
	return n, err
}

// Close implements io.Closer.
func (s *streamed) Close() error {
	s.release()
	s.res.end()
	return nil
}
