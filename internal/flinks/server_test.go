package flinks_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Identifiers that no output may ever hold. All tests use them, so that every test can
// search for them.
const (
	customerID   = "43387ca6-0391-4c82-857d-70d95f087ecb"
	rawLogin     = "b0debb48-f9f1-46c6-80a4-08d7dd88d478"
	rawRequest   = "006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"
	rawToken     = "d65f1adb-8ebc-48dc-be8b-20c773ba1565"
	rawSecret    = "canary-secret-7f3a"
	rawAPIKey    = "canary-api-key-91c2"
	rawBearer    = "canary-bearer-55d0"
	base         = "/v3/" + customerID + "/BankingServices"
	otherRequest = "1243d6b0-0000-4000-8000-000000000001"
)

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		return v
	}
}

func login(t testing.TB) flinks.LoginID {
	return must[flinks.LoginID](t)(flinks.ParseLoginID([]byte(rawLogin)))
}

func request(t testing.TB) flinks.RequestID {
	return must[flinks.RequestID](t)(flinks.ParseRequestID([]byte(rawRequest)))
}

func tag(t testing.TB, text string) flinks.Tag {
	return must[flinks.Tag](t)(flinks.ParseTag(text))
}

func token(t testing.TB) flinks.AuthorizeToken {
	return must[flinks.AuthorizeToken](t)(flinks.ParseAuthorizeToken([]byte(rawToken)))
}

func credentials(t testing.TB) flinks.Credentials {
	return flinks.Credentials{
		SecretKey:   must[flinks.SecretKey](t)(flinks.ParseSecretKey([]byte(rawSecret))),
		APIKey:      must[flinks.APIKey](t)(flinks.ParseAPIKey([]byte(rawAPIKey))),
		BearerToken: must[flinks.BearerToken](t)(flinks.ParseBearerToken([]byte(rawBearer))),
	}
}

func endpoint(t testing.TB, baseURL string) flinks.Endpoint {
	return must[flinks.Endpoint](t)(flinks.NewEndpoint(baseURL, baseURL, customerID))
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

func client(t testing.TB, o flinks.Options) *flinks.Client {
	c := flinks.NewClient(o)
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
	run func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error
}

var operations = []operation{
	{flinks.OpGenerateAuthorizeToken, func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error {
		_, err := c.GenerateAuthorizeToken(t.Context(), ep, credentials(t))
		return err
	}},
	{flinks.OpObserve, func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error {
		_, err := c.Observe(t.Context(), ep, token(t), login(t))
		return err
	}},
	{flinks.OpRefresh, func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error {
		_, err := c.Refresh(t.Context(), ep, token(t), login(t))
		return err
	}},
	{flinks.OpGetAccountsDetail, func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error {
		_, err := c.GetAccountsDetail(t.Context(), ep, credentials(t), request(t))
		return err
	}},
	{flinks.OpGetAccountsDetailAsync, func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error {
		_, err := c.GetAccountsDetailAsync(t.Context(), ep, credentials(t), request(t))
		return err
	}},
	{flinks.OpDeleteCard, func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error {
		return c.DeleteCard(t.Context(), ep, credentials(t), login(t))
	}},
	{flinks.OpSetScheduledRefresh, func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error {
		return c.SetScheduledRefresh(t.Context(), ep, credentials(t), login(t), true)
	}},
	{flinks.OpGetNightlyRefreshStatus, func(t testing.TB, c *flinks.Client, ep flinks.Endpoint) error {
		_, err := c.GetNightlyRefreshStatus(t.Context(), ep, credentials(t))
		return err
	}},
}
