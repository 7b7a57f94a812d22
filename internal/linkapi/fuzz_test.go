package linkapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// FuzzServer sends the server any request. It asks the backend at most once, and only for
// one JSON object that is posted to the path of an operation; what the backend is asked is
// what encoding/json finds in the object. Any other answer is a code and nothing else.
func FuzzServer(f *testing.F) {
	const asJSON = "application/json"
	f.Add("POST", "/linkapi/v1/view", "", asJSON, []byte(`{"token":"t"}`))
	f.Add("POST", "/linkapi/v1/logo", "", asJSON, []byte(`{"token":"t"}`))
	f.Add("POST", "/linkapi/v1/start", "", asJSON, []byte(`{"token":"t","visitor":"v","client":"203.0.113.7/32"}`))
	f.Add("POST", "/linkapi/v1/finish", "", asJSON, []byte(`{"token":"t","loginId":"l","requestId":"r"}`))
	f.Add("POST", "/linkapi/v1/prove", "", asJSON, []byte(`{"token":"t","visitor":"v","ticket":"k"}`))
	f.Add("POST", "/linkapi/v1/connect", "", asJSON+"; charset=utf-8", []byte(`{"token":"t","token":"u","TOKEN":"\u0076"}`))
	f.Add("POST", "/linkapi/v1/webhook-keys", "", asJSON, []byte(`{"instance":{"name":"toolbox","namespace":"lending"}}`))
	f.Add("POST", "/linkapi/v1/notify", "", asJSON, []byte(`{"instance":{"name":"toolbox"},"loginId":"l"}`))
	f.Add("POST", "/linkapi/v1/view", "token=t", asJSON, []byte(`{}`))
	f.Add("POST", "/linkapi/v1/view", "", asJSON, []byte(`{"token":"t","secret":1}`))
	f.Add("GET", "/linkapi/v1/", "", "", []byte(`{"token":"t"} {}`))
	f.Fuzz(func(t *testing.T, method, path, query, contentType string, body []byte) {
		b := &scripted{view: linkapi.View{State: linkapi.StateDone}, url: "https://x.test/", keys: []string{"k"}}
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Header.Set("Content-Type", contentType)
		var noted []linkapi.Code
		w := httptest.NewRecorder()
		(&linkapi.Server{Backend: b, OnCall: func(op linkapi.Operation, code linkapi.Code) {
			if op != "" && path != linkapi.Path+string(op) {
				t.Errorf("%q is noted as %q", path, op)
			}
			noted = append(noted, code)
		}}).ServeHTTP(w, r)
		if len(noted) != 1 || len(b.calls) > 1 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != asJSON {
			t.Fatalf("%v, %+v, %v", noted, b.calls, w.Header())
		}
		if w.Code != http.StatusOK {
			if text := strings.TrimSpace(w.Body.String()); len(b.calls) > 0 || text != `{"code":"`+string(noted[0])+`"}` || w.Code >= 500 {
				t.Fatalf("%d %s, and the backend was asked %+v", w.Code, text, b.calls)
			}
			return
		}
		checkCall(t, r, body, b.calls)
	})
}

// checkCall compares what the backend was asked with what encoding/json finds.
func checkCall(t *testing.T, r *http.Request, body []byte, calls []said) {
	t.Helper()
	var all struct {
		Token, Visitor, Client, Ticket string
		LoginID, RequestID             string
		Instance                       struct{ Namespace, Name string }
	}
	if err := json.Unmarshal(body, &all); err != nil || len(calls) != 1 || r.Method != http.MethodPost || r.URL.RawQuery != "" {
		t.Fatalf("%s %s %q: %v, %+v", r.Method, r.URL, body, err, calls)
	}
	got := calls[0]
	want := said{got.Op, all.Token, all.Visitor, all.Client, all.Ticket, all.LoginID, all.RequestID, all.Instance.Namespace, all.Instance.Name, got.Accounts}
	if diff := cmp.Diff(want, got); diff != "" || r.URL.Path != linkapi.Path+string(got.Op) {
		t.Fatalf("%s asks for (-body +call):\n%s", r.URL.Path, diff)
	}
}

// answering is a server that gives one answer, with a body that may have no end.
type answering struct {
	status  int
	header  http.Header
	body    []byte
	endless bool
	read    int
}

func (a *answering) RoundTrip(*http.Request) (*http.Response, error) {
	a.read = 0
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(&counted{a, bytes.NewReader(a.body)})}, nil
}

// counted counts what is read of an answer.
type counted struct {
	of   *answering
	rest *bytes.Reader
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.rest.Read(p)
	if n == 0 && c.of.endless {
		n, err = copy(p, strings.Repeat(" ", len(p))), nil
	}
	c.of.read += n
	return n, err
}

// FuzzClient gives the client any answer. It reads no more of it than an answer may have,
// and returns an error of this package or a view that a page can show: with a state that
// exists, one origin at most, addresses of web pages, and texts of one line. The same view
// from the operator arrives as it is.
func FuzzClient(f *testing.F) {
	f.Add(200, "application/json", []byte(`{"state":"Wait","reason":"MFARequired","until":"2031-05-06T07:08:09Z","language":"fr","connectOrigin":"https://x.test","returnURL":"https://x.test/a?b=<c>","displayName":"Acme","title":"Title"}`), false)
	f.Add(200, "application/json", []byte(`{"state":"Connect","connectOrigin":"https://x.test;script-src *","displayName":"\u202eAcme","title":"a\nb","returnURL":"javascript:alert(1)"}`), false)
	f.Add(200, "application/json", []byte(`{"state":"ProofRequired","proofURL":"https://app.test/vouch?challenge=c&connection=u"}`), false)
	f.Add(200, "application/json", []byte(`{"state":"ProofRequired","proofURL":"javascript:alert(1)"}`), false)
	f.Add(200, "application/json", []byte(`{"url":"https://user@x.test/","keys":["a",""]}`), false)
	f.Add(200, "application/json; charset=utf-8", []byte(`{"url":"https://x.test/","keys":["a","b"]}`), true)
	f.Add(404, "application/json", []byte(`{"code":"NotFound"}`), false)
	f.Add(409, "application/json", []byte(`{"code":"NotFound"}`), false)
	f.Add(401, "text/html", []byte(`<html>`), true)
	token := file(f, "token", bearer)
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte, endless bool) {
		server := &answering{status: status, header: http.Header{"Content-Type": {contentType}}, body: body, endless: endless}
		c, err := linkapi.NewClient(linkapi.ClientOptions{URL: "https://operator.test", TokenFile: token, Transport: server})
		if err != nil {
			t.Fatal(err)
		}
		view, viewErr := c.View(t.Context(), visit("t"))
		checkError(t, server, viewErr, view == linkapi.View{})
		link, connectErr := c.Connect(t.Context(), visit("t"))
		checkError(t, server, connectErr, link.IsZero())
		if connectErr == nil && !isWebPage(link.Reveal()) {
			t.Fatalf("frames %q", link.Reveal())
		}
		keys, keysErr := c.WebhookKeys(t.Context(), linkapi.Instance{Name: "i"})
		checkError(t, server, keysErr, keys == nil)
		if keysErr == nil && (len(keys) < 1 || len(keys) > 2 || slices.ContainsFunc(keys, linkapi.Identifier.IsZero)) {
			t.Fatalf("%d keys", len(keys))
		}
		checkError(t, server, c.Notify(t.Context(), linkapi.Instance{Name: "i"}, id("l")), true)
		if viewErr == nil {
			checkView(t, view, token)
		}
	})
}

// checkError checks an error, and that nothing comes with it.
func checkError(t *testing.T, server *answering, err error, nothing bool) {
	t.Helper()
	known := []error{linkapi.ErrRefused, linkapi.ErrNotFound, linkapi.ErrNotNow, linkapi.ErrInvalid, linkapi.ErrUnavailable}
	if err != nil && (!slices.Contains(known, err) || !nothing) {
		t.Fatalf("%v, with a result", err)
	}
	if server.read > 17<<10 {
		t.Fatalf("%d bytes were read", server.read)
	}
	if wrong := server.status != http.StatusOK && err == nil; wrong || err != nil && errors.Is(err, linkapi.ErrRefused) != (server.status == 401 || server.status == 403) {
		t.Fatalf("%v of the status %d", err, server.status)
	}
}

var (
	aState  = regexp.MustCompile(`^[A-Z][A-Za-z]+$`)
	aReason = regexp.MustCompile(`^[A-Za-z0-9_]{0,64}$`)
	aOrigin = regexp.MustCompile(`^(|https?://[A-Za-z0-9_.:\[\]-]+)$`)
)

// isWebPage reports whether a text is the address of a web page, without a user.
func isWebPage(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

func checkView(t *testing.T, v linkapi.View, token string) {
	t.Helper()
	checkAddresses(t, v)
	if !aState.MatchString(string(v.State)) || !aReason.MatchString(v.Reason) || !aOrigin.MatchString(v.ConnectOrigin) {
		t.Fatalf("the view is %+v", v)
	}
	for _, text := range []string{v.DisplayName, v.Title} {
		if utf8.RuneCountInString(text) > 100 || strings.ContainsAny(text, "\r\n\t\u2028\u2029\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\u200f") {
			t.Fatalf("the text %q", text)
		}
	}
	c, err := linkapi.NewClient(linkapi.ClientOptions{URL: "https://operator.test", TokenFile: token, Transport: within{linkapi.Handler(&scripted{view: v})}})
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.View(t.Context(), visit("t"))
	if diff := cmp.Diff(v, again); diff != "" || err != nil {
		t.Fatalf("%v: from the operator the view is (-want +got):\n%s", err, diff)
	}
}

// checkAddresses checks where a page leads.
func checkAddresses(t *testing.T, v linkapi.View) {
	t.Helper()
	if v.ReturnURL != "" && (!isWebPage(v.ReturnURL) || len(v.ReturnURL) > 2048) {
		t.Fatalf("leads back to %q", v.ReturnURL)
	}
	if v.ProofURL != "" && (!isWebPage(v.ProofURL) || v.State != linkapi.StateProofRequired || len(v.ProofURL) > 2048) {
		t.Fatalf("leads to %q for a proof", v.ProofURL)
	}
}

// within is a server in the same process.
type within struct{ handler http.Handler }

func (s within) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Result(), nil
}
