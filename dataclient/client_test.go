package dataclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/dataclient"
	"github.com/flinks-operator/flinks-operator/internal/dataapi"
)

// TestNew: a token goes to an https host and nowhere else.
func TestNew(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "http://data-api", "https://", "https://user@data-api", "https://data-api/v1", "https://data-api?x=y", "https://data-api#x", "data-api", "https://:443",
	} {
		if _, err := dataclient.New(url, from("t"), from("a")); !errors.Is(err, dataclient.ErrURL) {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := dataclient.New("https://data-api:443/", from("t"), from("a")); err != nil {
		t.Error(err)
	}
	if _, err := dataclient.New("https://data-api", nil, from("a")); !errors.Is(err, dataclient.ErrToken) {
		t.Error(err)
	}
	if _, err := dataclient.New("https://data-api", from("t"), nil); !errors.Is(err, dataclient.ErrAuthorities) {
		t.Error(err)
	}
}

// TestRequest: what the client sends.
func TestRequest(t *testing.T) {
	t.Parallel()
	var sent *http.Request
	client := serving(t, func(w http.ResponseWriter, req *http.Request) {
		sent = req
		answers(http.StatusOK, "application/json; charset=utf-8", `{"Accounts":[]}`)(w, req)
	})
	for q, want := range map[dataclient.Query]string{
		{}: "/v1/namespaces/lending/bankconnections/acme/accounts",
		{Transactions: dataclient.TransactionsDays365, IfNoneMatch: `"tag"`}: "/v1/namespaces/lending/bankconnections/acme/accounts?transactions=Days365",
		{Transactions: "A&b=c"}: "/v1/namespaces/lending/bankconnections/acme/accounts?transactions=A%26b%3Dc",
	} {
		data, err := client.Accounts(t.Context(), "lending", "acme", q)
		if err != nil {
			t.Fatal(err)
		}
		_ = data.Close()
		if sent.URL.String() != want || sent.Header.Get("Authorization") != "Bearer "+canary || sent.Header.Get("If-None-Match") != q.IfNoneMatch {
			t.Errorf("%+v: sent %s %v", q, sent.URL, sent.Header)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", "a?b", "A", "a%2fb", strings.Repeat("a", 254)} {
		if _, err := client.Accounts(t.Context(), "lending", name, dataclient.Query{}); !errors.Is(err, dataclient.ErrName) {
			t.Errorf("name %q: %v", name, err)
		}
		if _, err := client.Accounts(t.Context(), name, "acme", dataclient.Query{}); !errors.Is(err, dataclient.ErrName) {
			t.Errorf("namespace %q: %v", name, err)
		}
	}
}

// TestProblems: each reason that the data API has comes out of the client as it went in.
func TestProblems(t *testing.T) {
	t.Parallel()
	for reason, status := range dataapi.Reasons() {
		client := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			dataapi.WriteProblem(w, &dataapi.Problem{Reason: reason, Cause: "CredentialsRejected", RetryAfter: 7 * time.Second})
		})
		_, err := client.Accounts(t.Context(), "lending", "acme", dataclient.Query{})
		problem, ok := errors.AsType[*dataclient.Problem](err)
		want := dataclient.Problem{Status: status, Reason: dataclient.Reason(reason), Cause: "CredentialsRejected", RetryAfter: 7 * time.Second}
		if !ok || *problem != want || !strings.Contains(err.Error(), string(reason)) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestOddAnswers: of what is not clearly an answer of the data API the status counts at most, and no
// error repeats a text of it.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100<<10)
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		is     error
		status int
	}{
		"a redirect":                    {answer: http.RedirectHandler("https://elsewhere.example.com/", http.StatusFound).ServeHTTP, is: dataclient.ErrAnswer},
		"a page":                        {answer: answers(200, "text/html", "canary"), is: dataclient.ErrAnswer},
		"no type":                       {answer: answers(200, "", "{}"), is: dataclient.ErrAnswer},
		"not modified since nothing":    {answer: answers(304, "", ""), is: dataclient.ErrAnswer},
		"no content":                    {answer: answers(204, "", ""), is: dataclient.ErrAnswer},
		"a page of a proxy":             {answer: answers(503, "text/html", "canary"), status: 503},
		"a problem that is no JSON":     {answer: answers(409, "application/problem+json", "canary"), status: 409},
		"a problem that is huge":        {answer: answers(409, "application/problem+json", `{"reason":"NoData","detail":"`+long+`"}`), status: 409},
		"a reason that forges a log":    {answer: answers(409, "application/problem+json", `{"reason":"canary\nline"}`), status: 409},
		"a reason that is no text":      {answer: answers(409, "application/problem+json", `{"reason":["canary"]}`), status: 409},
		"a connection closed at once":   {answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, is: dataclient.ErrUnreachable},
		"a head that does not end":      {answer: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("ETag", long) }, is: dataclient.ErrUnreachable},
		"a malformed head":              {answer: raw("HTTP/1.1 canary\r\n\r\n"), is: dataclient.ErrUnreachable},
		"a problem that is no chunk":    {answer: raw("HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n"), is: dataclient.ErrUnreachable},
		"an end that cannot be noticed": {answer: raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"Accounts\":["), is: dataclient.ErrAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serving(t, tc.answer).Accounts(t.Context(), "lending", "acme", dataclient.Query{Follow: true})
			if tc.is != nil && !errors.Is(err, tc.is) {
				t.Errorf("error %v", err)
			}
			if problem, ok := errors.AsType[*dataclient.Problem](err); tc.status != 0 && (!ok || *problem != dataclient.Problem{Status: tc.status}) {
				t.Errorf("error %v", err)
			}
			expectNoSecret(t, err)
		})
	}
}

// raw answers with a text that need not be HTTP, and closes the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = fmt.Fprint(connection, text)
		_ = connection.Close()
	}
}

func expectNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, banned := range []string{"canary", "https:", "lending", "acme"} {
		if err == nil || strings.Contains(err.Error(), banned) {
			t.Errorf("an error has %q: %v", banned, err)
		}
	}
}

// TestErrorsHaveNoSecret: of what fails before there is an answer.
func TestErrorsHaveNoSecret(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(answers(200, "application/json", `{"Accounts":[]}`))
	server.Close()
	other := httptest.NewTLSServer(answers(200, "application/json", `{"Accounts":[]}`))
	defer other.Close()
	failing := func(context.Context) ([]byte, error) { return nil, os.ErrNotExist }
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, tc := range []struct {
		name               string
		ctx                context.Context
		url                string
		token, authorities dataclient.Source
		is                 []error
	}{
		{"nothing listens", t.Context(), server.URL, from(canary), from(authority(server)), []error{dataclient.ErrUnreachable}},
		{"the caller has gone", stopped, other.URL, from(canary), from(authority(other)), []error{dataclient.ErrUnreachable, context.Canceled}},
		{"a token of two lines", t.Context(), other.URL, from(canary + "\nx"), from(authority(other)), []error{dataclient.ErrToken}},
		{"an empty token", t.Context(), other.URL, from("\n"), from(authority(other)), []error{dataclient.ErrToken}},
		{"no token", t.Context(), other.URL, failing, from(authority(other)), []error{dataclient.ErrToken, os.ErrNotExist}},
		{"no authorities", t.Context(), other.URL, from(canary), failing, []error{dataclient.ErrAuthorities, os.ErrNotExist}},
		{"authorities that are none", t.Context(), other.URL, from(canary), from("canary"), []error{dataclient.ErrAuthorities}},
		{"another certificate", t.Context(), other.URL, from(canary), from(anotherAuthority), []error{dataclient.ErrUnreachable}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := clientOf(t, tc.url, tc.token, tc.authorities).Accounts(tc.ctx, "lending", "acme", dataclient.Query{})
			for _, want := range tc.is {
				if !errors.Is(err, want) {
					t.Errorf("%v is not %v", err, want)
				}
			}
			expectNoSecret(t, err)
		})
	}
}

// TestFilesChange: a token and an authority that are replaced are used from the next read on.
func TestFilesChange(t *testing.T) {
	t.Parallel()
	var tokens []string
	handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		tokens = append(tokens, req.Header.Get("Authorization"))
		answers(http.StatusOK, "application/json", `{"Accounts":[]}`)(w, req)
	})
	server := httptest.NewTLSServer(handler)
	defer server.Close()
	tokenFile, caFile := filepath.Join(t.TempDir(), "token"), filepath.Join(t.TempDir(), "ca.crt")
	write := func(file, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	client := clientOf(t, server.URL, dataclient.File(tokenFile), dataclient.File(caFile))
	read := func() error {
		data, err := client.Accounts(t.Context(), "lending", "acme", dataclient.Query{})
		if err == nil {
			_ = data.Close()
		}
		return err
	}
	write(tokenFile, "first\n")
	write(caFile, anotherAuthority)
	if err := read(); !errors.Is(err, dataclient.ErrUnreachable) {
		t.Errorf("a server of another authority: %v", err)
	}
	write(caFile, authority(server))
	if err := read(); err != nil {
		t.Error(err)
	}
	write(tokenFile, "second\n")
	write(caFile, "half a cert") // The last ones go on.
	if err := read(); err != nil {
		t.Error(err)
	}
	if len(tokens) != 2 || tokens[0] != "Bearer first" || tokens[1] != "Bearer second" {
		t.Errorf("tokens %q", tokens)
	}
}

// TestFollow: what is pending is asked for again as the data API says, as long as the caller waits.
func TestFollow(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	client := serving(t, func(w http.ResponseWriter, req *http.Request) {
		if asked.Add(1) < 4 {
			dataapi.WriteProblem(w, &dataapi.Problem{Reason: dataapi.Pending, RetryAfter: 9 * time.Second})
			return
		}
		answers(http.StatusOK, "application/json", `{"Accounts":[{"Id":"a"}]}`)(w, req)
	})
	var waited []time.Duration
	dataclient.SetPause(client, func(_ context.Context, d time.Duration) { waited = append(waited, d) })
	data, err := client.Accounts(t.Context(), "lending", "acme", dataclient.Query{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	for account, err := range data.Accounts() {
		if err != nil || string(account) != `{"Id":"a"}` {
			t.Errorf("%s, %v", account, err)
		}
	}
	if len(waited) != 3 || waited[0] != 9*time.Second {
		t.Errorf("it waited %v", waited)
	}
	asked.Store(0)
	ctx, cancel := context.WithCancel(t.Context())
	dataclient.SetPause(client, func(context.Context, time.Duration) { cancel() })
	_, err = client.Accounts(ctx, "lending", "acme", dataclient.Query{Follow: true})
	problem, ok := errors.AsType[*dataclient.Problem](err)
	if !ok || problem.Reason != dataclient.Pending || !errors.Is(err, context.Canceled) || asked.Load() != 1 {
		t.Errorf("a caller that goes gets %v after %d requests", err, asked.Load())
	}
}

// TestNoHotLoop: an answer that does not say when to ask again, or says at once, is not asked for at once.
func TestNoHotLoop(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"": 10 * time.Second, "0": 10 * time.Second, "-5": 10 * time.Second, "soon": 10 * time.Second, "99999999999": 10 * time.Minute} {
		client := serving(t, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Retry-After", header)
			answers(http.StatusAccepted, "application/problem+json", `{"reason":"Pending"}`)(w, req)
		})
		ctx, cancel := context.WithCancel(t.Context())
		var waited time.Duration
		dataclient.SetPause(client, func(_ context.Context, d time.Duration) {
			waited = d
			cancel()
		})
		_, _ = client.Accounts(ctx, "lending", "acme", dataclient.Query{Follow: true})
		if waited != want {
			t.Errorf("Retry-After %q: it waits %s, want %s", header, waited, want)
		}
	}
}

// TestPause: a wait ends when its time or the caller's does.
func TestPause(t *testing.T) {
	t.Parallel()
	dataclient.Pause(t.Context(), time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dataclient.Pause(ctx, time.Hour)
}

// accountsOf reads all accounts.
func accountsOf(data *dataclient.Data) (all []json.RawMessage, err error) {
	for account, err := range data.Accounts() {
		if err != nil {
			return all, err
		}
		all = append(all, account)
	}
	return all, nil
}
