package client_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// answering answers every call with the same answer. endless is for a body without an end.
type answering struct {
	status  int
	header  http.Header
	body    string
	endless bool
	calls   int
	read    int64
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	a.calls++
	var body io.Reader = strings.NewReader(a.body)
	if a.endless {
		body = io.MultiReader(body, blanks{})
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(io.TeeReader(body, a))}, nil
}

// Write counts what the client reads.
func (a *answering) Write(p []byte) (int, error) {
	a.read += int64(len(p))
	return len(p), nil
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte(" "), len(p))), nil }

// FuzzAnswers gives an operation any answer of Flinks, or of what pretends to be Flinks. The
// client asks once and reads no more than an answer may have. An error has the closed words
// of this package, a bank's name and no other text of the answer; a redirect and an answer
// that is no JSON are not definite. Nothing of what comes back prints an identifier.
func FuzzAnswers(f *testing.F) {
	for i := range operations {
		f.Add(byte(i), 200, goodAnswers[operations[i].op], "", "", false)
	}
	f.Add(byte(1), 401, `{"HttpStatusCode":401,"FlinksCode":"`+rawLogin+`","Message":"canary-prompt","Institution":"`+rawLogin+`","RequestId":"`+rawRequest+`"}`, "7", "", false)
	f.Add(byte(2), 203, `{"HttpStatusCode":203,"RequestId":"`+rawRequest+`","SecurityChallenges":[{"Type":"canary-prompt","Prompt":"canary-prompt"}]}`, "", "", false)
	f.Add(byte(5), 404, "Invalid LoginId", "Wed, 21 Oct 2065 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", false)
	f.Add(byte(7), 200, `{"HttpStatusCode":200,"IneligibleCards":[{"LoginId":"`+rawLogin+`","LastRefreshState":"canary","LastRefreshErrorCode":"canary-prompt"}]}`, "", "", true)
	f.Add(byte(3), 302, "", "-1", "", false)
	f.Fuzz(func(t *testing.T, which byte, status int, body, retryAfter, date string, endless bool) {
		flinksSide := &answering{status: status, header: http.Header{"Retry-After": {retryAfter}, "Date": {date}}, body: body, endless: endless}
		operation := operations[int(which)%len(operations)]
		err := operation.run(t, client(t, flinksclient.Options{Transport: flinksSide}), endpoint(t, "https://flinks.test"))
		if flinksSide.calls != 1 || flinksSide.read > 8<<20+1 {
			t.Fatalf("%d calls, and %d bytes read", flinksSide.calls, flinksSide.read)
		}
		if endless && err == nil {
			t.Fatal("a part of an answer is a success")
		}
		if err != nil {
			checkFailure(t, operation.op, status, body, asError(t, err))
		}
	})
}

// checkFailure checks an error that a body led to.
func checkFailure(t *testing.T, op flinks.Operation, status int, body string, e *flinks.Error) {
	t.Helper()
	entry := flinks.Lookup(string(e.Code), e.InSession)
	if entry.Code != e.Code || e.Class == flinks.ClassSuccess || e.Delivery == flinks.NotSent || errors.Unwrap(e) != nil || e.Cause != nil {
		t.Fatalf("%v with the cause %v", e, e.Cause)
	}
	closed := &flinks.Error{Op: op, HTTPStatus: status, Code: entry.Code, Class: e.Class, Delivery: e.Delivery}
	if e.Error() != closed.Error() {
		t.Fatalf("%v, want %v", e, closed)
	}
	if e.RetryAfter < 0 || e.RetryAfter > 24*time.Hour {
		t.Fatalf("retry after %v", e.RetryAfter)
	}
	if utf8.RuneCountInString(e.Institution) > 64 || strings.ContainsAny(e.Institution, "<>\"{}/\n\r\t") {
		t.Fatalf("the bank %q", e.Institution)
	}
	if mustBeAmbiguous(status, body) && e.Delivery != flinks.Ambiguous {
		t.Fatalf("definite: %v", e)
	}
	checkPrint(t, string(op), *e)
}

// mustBeAmbiguous reports whether an answer is a redirect, or nothing that Flinks says.
func mustBeAmbiguous(status int, body string) bool {
	noJSON := !strings.ContainsAny(body, `{"`) && !strings.Contains(strings.ToLower(body), "invalid loginid")
	return (status >= 300 && status < 400 || noJSON) && status != http.StatusTooManyRequests
}
