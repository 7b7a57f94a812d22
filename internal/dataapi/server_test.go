package dataapi

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// backend answers with what it is given.
type backend struct {
	answer Answer
	err    error
	body   string
	wait   chan struct{}

	mu     sync.Mutex
	counts []int
}

func (b *backend) Read(_ context.Context, asked Request) (Answer, error) {
	if b.wait != nil {
		<-b.wait
	}
	a := b.answer
	if b.err == nil && (asked.Has == nil || !asked.Has(a.Version)) {
		a.Data = dataOf(strings.NewReader(b.body))
		a.Data.Done = func(n int, _ bool) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.counts = append(b.counts, n)
		}
	}
	return a, b.err
}

var version = Version{UID: "u", DataTime: time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)}

func ask(s *Server, path string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for _, tag := range header {
		req.Header.Add("If-None-Match", tag)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	return w
}

const path = "/v1/namespaces/a/bankconnections/b/accounts"

func TestETags(t *testing.T) {
	t.Parallel()
	s := &Server{Backend: &backend{answer: Answer{Version: version}, body: `{"Accounts":[]}`}}
	tag := ask(s, path).Header().Get("ETag")
	for name, tc := range map[string]struct {
		path string
		tags []string
		want int
	}{
		"the tag":                {path, []string{tag}, 304},
		"among others":           {path, []string{`"x", W/` + tag}, 304},
		"in another field":       {path, []string{`"x"`, tag}, 304},
		"another":                {path, []string{`"x"`}, 200},
		"any":                    {path, []string{"*"}, 200},
		"for other transactions": {path + "?transactions=Days90", []string{tag}, 200},
		"for the same":           {path + "?transactions=None", []string{tag}, 304},
	} {
		if w := ask(s, tc.path, tc.tags...); w.Code != tc.want {
			t.Errorf("%s: status %d, want %d", name, w.Code, tc.want)
		}
	}
	selected, later := version, version
	selected.Accounts = []string{one}
	later.DataTime = later.DataTime.Add(time.Second)
	for _, v := range []Version{selected, later, {UID: "v", DataTime: version.DataTime}} {
		if v.ETag(TransactionsNone) == tag {
			t.Errorf("%+v has the same tag", v)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for reason := range meanings {
		s := &Server{Backend: &backend{err: &Problem{Reason: reason, RetryAfter: 1500 * time.Millisecond}}}
		w := ask(s, path)
		if w.Code != meanings[reason].status || w.Header().Get("Content-Type") != problemType || w.Header().Get("Retry-After") != "2" {
			t.Errorf("%s: %d %v", reason, w.Code, w.Header())
		}
	}
	w := ask(&Server{Backend: &backend{err: errors.New("canary")}}, path)
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("another error: %d %s", w.Code, w.Body)
	}
}

// TestReadsAtOnce: no namespace takes the last place.
func TestReadsAtOnce(t *testing.T) {
	t.Parallel()
	b := &backend{answer: Answer{Version: version}, body: `{"Accounts":[]}`, wait: make(chan struct{})}
	s := &Server{Backend: b}
	codes := make(chan int, 100)
	for range 100 {
		go func() { codes <- ask(s, path).Code }()
	}
	refused := 0
	for range 100 - (maxReads - maxReads/5) {
		if code := <-codes; code != http.StatusTooManyRequests {
			t.Fatalf("status %d", code)
		}
		refused++
		if refused == 48 {
			break
		}
	}
	if !s.begin("other") {
		t.Error("another namespace cannot read")
	}
	close(b.wait)
	for range 100 - refused {
		<-codes
	}
}

// TestCutOff: a failure after the first byte ends the connection.
func TestCutOff(t *testing.T) {
	t.Parallel()
	account := `{"a":["` + strings.Repeat(`x","`, 20<<10) + `"],"Id":"` + one + `"}`
	b := &backend{answer: Answer{Version: version}, body: `{"Accounts":[` + account + `,}`}
	defer func() {
		if recover() != http.ErrAbortHandler { //nolint:errorlint // It is what net/http compares with.
			t.Error("the connection is not ended")
		}
		if len(b.counts) != 1 {
			t.Errorf("records %v", b.counts)
		}
	}()
	ask(&Server{Backend: b}, path)
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]bool{
		path: true, path + "/": false, "/" + path: false, "/v1/namespaces//bankconnections/b/accounts": false,
		"/v1/namespaces/a/bankconnections/b/accounts/x": false, "/v2/namespaces/a/bankconnections/b/accounts": false,
		"/v1/namespaces/A/bankconnections/b/accounts": false, "/v1/namespaces/a/secrets/b/accounts": false, "": false,
		"/v1/namespaces/" + strings.Repeat("a", 254) + "/bankconnections/b/accounts": false,
	} {
		if target, ok := ParsePath(p); ok != want || ok && target != (Target{"a", "b"}) {
			t.Errorf("%s: %v %t", p, target, ok)
		}
	}
}

// TestNoPartBeforeTheFirstByte: an answer that is found to be bad at once is a problem, and no data.
func TestNoPartBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	b := &backend{answer: Answer{Version: version}, body: `{"Accounts":[{"a":1}]`}
	w := ask(&Server{Backend: b}, path)
	if w.Code != http.StatusBadGateway || bytes.Contains(w.Body.Bytes(), []byte("Accounts")) || w.Header().Get("ETag") != "" || len(b.counts) != 0 {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
}
