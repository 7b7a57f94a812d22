package client_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/flinkstest"
)

// All tests use these identifiers, so that every test can search for them.
const (
	customerID   = flinkstest.CustomerID
	rawLogin     = flinkstest.RawLogin
	rawRequest   = flinkstest.RawRequest
	rawToken     = flinkstest.RawToken
	rawSecret    = flinkstest.RawSecretKey
	rawAPIKey    = flinkstest.RawAPIKey
	rawBearer    = flinkstest.RawBearerToken
	otherRequest = flinkstest.OtherGUID
	base         = "/v3/" + customerID + "/BankingServices"

	accountA = "11111111-1111-4111-8111-111111111111"
	accountB = "22222222-2222-4222-8222-222222222222"
)

var (
	login       = flinkstest.Login
	request     = flinkstest.Request
	tag         = flinkstest.Tag
	token       = flinkstest.Token
	credentials = flinkstest.Credentials
	checkPrint  = flinkstest.CheckPrint
)

func second[T any](_ T, err error) error { return err }

func discard() *log.Logger { return log.New(io.Discard, "", 0) }

func endpoint(t testing.TB, baseURL string) flinks.Endpoint {
	return flinkstest.Must[flinks.Endpoint](t)(flinks.NewEndpoint(baseURL, baseURL, customerID))
}

// seen is one request as the server got it.
type seen struct {
	Method, Path, Query, Body string
	Header                    http.Header
}

// server answers every request in the same way and keeps what it was asked.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

func serve(t testing.TB, answer http.HandlerFunc) *server {
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header})
		s.mu.Unlock()
		answer(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seen(nil), s.seen...)
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func client(t testing.TB, o flinksclient.Options) *flinksclient.Client {
	c := flinksclient.New(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// asError takes a failed call's error apart. Nothing else may leave the package.
func asError(t testing.TB, err error) *flinks.Error {
	t.Helper()
	var e *flinks.Error
	if !errors.As(err, &e) {
		t.Fatalf("want *flinks.Error, got %T", err)
	}
	return e
}

// operation calls one remote operation and keeps its error only.
type operation struct {
	op  flinks.Operation
	run func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error
}

var operations = []operation{
	{flinks.OpGenerateAuthorizeToken, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		_, err := c.GenerateAuthorizeToken(t.Context(), ep, credentials(t))
		return err
	}},
	{flinks.OpObserve, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		_, err := c.Observe(t.Context(), ep, token(t), login(t))
		return err
	}},
	{flinks.OpRefresh, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		_, err := c.Refresh(t.Context(), ep, token(t), login(t))
		return err
	}},
	{flinks.OpPollRefresh, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		_, err := c.PollRefresh(t.Context(), ep, token(t), login(t), request(t))
		return err
	}},
	{flinks.OpGetAccountsDetail, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		_, err := c.GetAccountsDetail(t.Context(), ep, credentials(t), request(t))
		return err
	}},
	{flinks.OpGetAccountsDetailAsync, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		_, err := c.GetAccountsDetailAsync(t.Context(), ep, credentials(t), request(t))
		return err
	}},
	{flinks.OpDeleteCard, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		return c.DeleteCard(t.Context(), ep, credentials(t), login(t))
	}},
	{flinks.OpSetScheduledRefresh, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		return c.SetScheduledRefresh(t.Context(), ep, credentials(t), login(t), true)
	}},
	{flinks.OpGetNightlyRefreshStatus, func(t testing.TB, c *flinksclient.Client, ep flinks.Endpoint) error {
		_, err := c.GetNightlyRefreshStatus(t.Context(), ep, credentials(t))
		return err
	}},
}
