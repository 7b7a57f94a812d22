package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"path"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// call is one exchange, decoded as the operator did.
type call struct {
	op           flinks.Operation
	began, ended time.Time
	// login is the loginId that the call names; empty for a call that names a session.
	login string
	// session is the RequestId that the call names or that its answer opens.
	session string
	active  bool

	err           *flinks.Error
	authorization *flinks.Authorization
	accounts      *flinks.AccountsDetail
	used          bool
}

// requestFields holds the fields of requests that distinguish calls.
type requestFields struct {
	LoginID          string `json:"LoginId"`
	MostRecentCached bool   `json:"MostRecentCached"`
	RequestID        string `json:"RequestId"`
	IsActivated      bool   `json:"IsActivated"`
}

// calls decodes exchanges with the operator's own client. It skips requests that the
// client does not make, such as the pages of Flinks Connect.
func calls(ctx context.Context, exchanges []Exchange) []*call {
	var all []*call
	for i := range exchanges {
		if c := decode(ctx, &exchanges[i]); c != nil {
			all = append(all, c)
		}
	}
	return all
}

func decode(ctx context.Context, x *Exchange) *call {
	var asked requestFields
	_ = json.Unmarshal(x.Request, &asked) // A call without a body names nothing there.
	c := &call{began: x.Began, ended: x.Ended, login: asked.LoginID, session: asked.RequestID, active: asked.IsActivated}
	operation, last := path.Base(x.Path), ""
	if parent := path.Base(path.Dir(x.Path)); parent == "GetAccountsDetailAsync" || parent == "DeleteCard" {
		operation, last = parent, operation
	}
	d := decoder{ctx: ctx, client: flinksclient.New(flinksclient.Options{Transport: recorded{x}})}
	switch operation {
	case "GenerateAuthorizeToken":
		c.op = flinks.OpGenerateAuthorizeToken
		c.err = d.token()
	case "Authorize":
		c.op = flinks.OpRefresh
		if asked.MostRecentCached {
			c.op = flinks.OpObserve
		}
		c.authorization, c.err = d.authorize(c.op, asked.LoginID)
	case "AuthorizeAsync":
		c.op = flinks.OpPollRefresh
		if asked.LoginID != "" {
			c.op = flinks.OpRefresh
		}
		c.authorization, c.err = d.authorizeAsync(asked, x.Body)
	case "GetAccountsDetail":
		c.op = flinks.OpGetAccountsDetail
		c.accounts, c.err = d.collect(asked.RequestID, false)
	case "GetAccountsDetailAsync":
		c.op, c.session = flinks.OpGetAccountsDetailAsync, last
		c.accounts, c.err = d.collect(last, true)
	case "SetScheduledRefresh":
		c.op = flinks.OpSetScheduledRefresh
		c.err = d.schedule(asked.LoginID, asked.IsActivated)
	case "DeleteCard":
		c.op, c.login = flinks.OpDeleteCard, last
		c.err = d.deleteCard(last)
	default:
		return nil
	}
	c.session = sessionOf(c, x.Body)
	return c
}

// sessionOf returns the RequestId that a call names, or else the one of its answer.
func sessionOf(c *call, body []byte) string {
	if c.session != "" {
		return c.session
	}
	var answered requestFields
	_ = json.Unmarshal(body, &answered) // An answer that is not JSON opens nothing.
	return answered.RequestID
}

// decoder repeats one call of the client on the recorded answer.
type decoder struct {
	ctx    context.Context //nolint:containedctx // The decoder lives for one call.
	client *flinksclient.Client
}

// guid replaces the ids of the recorded request. It is not sent anywhere.
const guid = "00000000-0000-4000-8000-000000000000"

var endpoint = flinks.Endpoint{API: "https://recorded.invalid", Connect: "https://recorded.invalid", CustomerID: guid}

func credentials() flinks.Credentials {
	secretKey, _ := flinks.ParseSecretKey([]byte(guid))
	apiKey, _ := flinks.ParseAPIKey([]byte(guid))
	return flinks.Credentials{SecretKey: secretKey, APIKey: apiKey}
}

func remote(err error) *flinks.Error {
	answer, _ := errors.AsType[*flinks.Error](err)
	return answer
}

func (d decoder) token() *flinks.Error {
	_, err := d.client.GenerateAuthorizeToken(d.ctx, endpoint, credentials())
	return remote(err)
}

func (d decoder) authorize(op flinks.Operation, loginID string) (*flinks.Authorization, *flinks.Error) {
	login, _ := flinks.ParseLoginID([]byte(loginID))
	token, _ := flinks.ParseAuthorizeToken([]byte(guid))
	ask := d.client.Observe
	if op == flinks.OpRefresh {
		ask = d.client.Refresh
	}
	answer, err := ask(d.ctx, endpoint, token, login)
	if err != nil {
		return nil, remote(err)
	}
	return &answer, nil
}

// authorizeAsync decodes the beginning of a live session, or a poll for it: that names no login, so the
// answer is taken at its word.
func (d decoder) authorizeAsync(asked requestFields, body []byte) (*flinks.Authorization, *flinks.Error) {
	token, _ := flinks.ParseAuthorizeToken([]byte(guid))
	var answer flinks.Authorization
	var err error
	if asked.LoginID != "" {
		login, _ := flinks.ParseLoginID([]byte(asked.LoginID))
		answer, err = d.client.RefreshAsync(d.ctx, endpoint, token, login)
	} else {
		login, _ := flinks.ParseLoginID([]byte(loginIn(body)))
		id, _ := flinks.ParseRequestID([]byte(asked.RequestID))
		answer, err = d.client.PollRefresh(d.ctx, endpoint, token, login, id)
	}
	if err != nil {
		return nil, remote(err)
	}
	return &answer, nil
}

// loginIn returns the login that an answer tells of; any other if it tells of none.
func loginIn(body []byte) string {
	var answered struct {
		Login struct {
			ID string `json:"Id"`
		}
	}
	if err := json.Unmarshal(body, &answered); err != nil || answered.Login.ID == "" {
		return guid
	}
	return answered.Login.ID
}

func (d decoder) collect(session string, async bool) (*flinks.AccountsDetail, *flinks.Error) {
	id, _ := flinks.ParseRequestID([]byte(session))
	var answer flinks.AccountsDetail
	var err error
	if async {
		answer, err = d.client.GetAccountsDetailAsync(d.ctx, endpoint, credentials(), id)
	} else {
		answer, err = d.client.GetAccountsDetail(d.ctx, endpoint, credentials(), id)
	}
	if err != nil {
		return nil, remote(err)
	}
	return &answer, nil
}

func (d decoder) schedule(loginID string, active bool) *flinks.Error {
	login, _ := flinks.ParseLoginID([]byte(loginID))
	return remote(d.client.SetScheduledRefresh(d.ctx, endpoint, credentials(), login, active))
}

func (d decoder) deleteCard(loginID string) *flinks.Error {
	login, _ := flinks.ParseLoginID([]byte(loginID))
	return remote(d.client.DeleteCard(d.ctx, endpoint, credentials(), login))
}

// recorded answers with one recorded exchange.
type recorded struct{ *Exchange }

// RoundTrip returns the answer, aborted where the recorded one was. The request counts as
// sent: it reached Flinks.
func (r recorded) RoundTrip(req *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if req.Body != nil {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return nil, err
		}
	}
	if r.Status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	body := io.Reader(bytes.NewReader(r.Body))
	if r.Aborted {
		body = io.MultiReader(body, broken{})
	}
	return &http.Response{
		StatusCode: r.Status, Status: http.StatusText(r.Status), Header: r.Header, Body: io.NopCloser(body),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1, Request: req,
	}, nil
}

// broken is the rest of a body that was never received.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
