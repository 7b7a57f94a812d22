package gateway

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// mood is what the operator of a fuzz target answers: a view, or an error without one.
type mood struct {
	view linkapi.View
	err  error
}

var moods = func() (all []mood) {
	for _, state := range everyState {
		all = append(all, mood{view: full(state, "")}, mood{view: linkapi.View{State: state, DisplayName: "Acme <b>", Title: `"17" & more`}})
	}
	unproven := full(linkapi.StateProofRequired, "")
	unproven.ProofURL = aProofPage
	all = append(all, mood{view: unproven})
	for _, err := range []error{linkapi.ErrUnavailable, linkapi.ErrNotNow, linkapi.ErrInvalid, linkapi.ErrNotFound} {
		all = append(all, mood{err: err})
	}
	return all
}()

// handlerTransport sends the calls of a link API client to a handler in the same process.
type handlerTransport struct{ handler http.Handler }

func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	t.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// overLinkAPI puts client and server of the link API between gateway and operator.
func overLinkAPI(t testing.TB, handler http.Handler) linkapi.Backend {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("a.b.c"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := linkapi.NewClient(linkapi.ClientOptions{URL: "https://operator.test", TokenFile: file, Transport: handlerTransport{handler}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sent is a request as it arrives over a connection; nil if net/http answers it itself.
func sent(method, target, headers string, body []byte) *http.Request {
	if len(target)+len(headers) > maxHeaders {
		return nil
	}
	raw := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: example.com\r\n%s\r\n", method, target, headers)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil || r.Header.Get("Expect") != "" || r.RequestURI == "*" {
		return nil
	}
	r.RemoteAddr = "192.0.2.1:1234"
	if r.ContentLength = int64(len(body)); len(body) > 0 && strings.Contains(headers, "chunked") {
		r.ContentLength = -1
	}
	r.Body = http.NoBody
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r
}

// FuzzRequests sends the gateway any request, with an operator that answers over the link
// API whatever it may. No request panics, gets an error that is not documented, or an answer
// without the headers that protect a page. The answer is one of those that the gateway has
// for the operator's view: it repeats nothing of the request, except for the token of the
// link in the cookie and in the path, and the secret of the browser in its cookie. The operator is asked about a token that the request
// has, at most once, and by a POST of the gateway's own pages alone for more than a view. The
// log says which route was asked for and nothing else.
func FuzzRequests(f *testing.F) {
	f.Add("GET", "/c/"+aToken, "Accept-Language: fr\r\n", []byte{}, byte(0))
	f.Add("GET", "/landed?loginId="+aLogin, "Accept-Language: de<script>\r\n", []byte{}, byte(0))
	f.Add("GET", "/c/"+aToken+"?"+justDone, "", []byte{}, byte(2*slices.Index(everyState, linkapi.StateDone)))
	f.Add("POST", "/c/"+aToken+"/open", "Content-Type: application/json\r\n", []byte("{}"), byte(0))
	f.Add("POST", "/c/"+aToken+"/start", "Content-Type: application/json\r\n", []byte("{}"), byte(2))
	f.Add("POST", "/c/"+aToken+"/prove", "Content-Type: application/json\r\n", []byte("{}"), byte(2*len(everyState)))
	f.Add("POST", "/c/"+aToken+"/prove", "Content-Type: application/json\r\nCookie: "+visitorCookie+"=ABCDEFGHIJKLMNOPQRSTUVWXYZ\r\n", []byte(`{"ticket":"`+aTicket+`"}`), byte(0))
	f.Add("POST", "/c/"+aToken+"/connect", "Content-Type: application/json\r\nOrigin: https://example.com\r\n", []byte("{}"), byte(1))
	f.Add("POST", "/c/"+aToken+"/finish", "Content-Type: application/json\r\n", []byte(aPost), byte(8))
	f.Add("POST", "/landed", "Content-Type: application/json\r\nCookie: "+aConnectCookie[1]+"\r\n", []byte(landed("canary-tag", false)), byte(8))
	f.Add("POST", "/landed", "Content-Type: application/json\r\nCookie: "+aCookie[1]+"\r\n", []byte(landed("", true)), byte(1))
	f.Add("POST", "/c/"+aToken+"/finish", "Content-Type: application/json\r\n", []byte(`{"<script>":"x"}`), byte(0))
	f.Add("POST", "/webhooks/toolbox", signatureHeader+": "+signed("another key", []byte(kyc))+"\r\n", []byte(kyc), byte(0))
	asked := &operator{keys: []string{aWebhook}}
	backend := overLinkAPI(f, linkapi.Handler(asked))
	f.Fuzz(func(t *testing.T, method, target, headers string, body []byte, which byte) {
		r := sent(method, target, headers, body)
		if r == nil {
			return
		}
		answer := moods[int(which)%len(moods)]
		asked.view, asked.err, asked.journal = answer.view, answer.err, nil
		s := newFixture(t, func(c *Config) { c.Backend = backend })
		s.operator = asked
		given := r.Clone(t.Context())
		w := s.do(r)
		checkHeaders(t, w)
		s.checkAnswer(given, w)
		s.checkCookies(given, w)
		s.checkAsked(given, w)
		s.checkLog()
	})
}

// texts of answers that are not pages. A method that a route does not have is answered by
// net/http.
var answerTexts = map[int][]string{
	http.StatusOK:                    {""},
	http.StatusBadRequest:            {"", "invalid\n", "no link was opened\n", "the body is not what is expected\n"},
	http.StatusUnauthorized:          {""},
	http.StatusForbidden:             {"cross-origin request detected from Sec-Fetch-Site header\n", "cross-origin request detected, and/or browser is out of date: Sec-Fetch-Site is missing, and Origin does not match Host\n"},
	http.StatusNotFound:              {"404 page not found\n", "not found\n"},
	http.StatusMethodNotAllowed:      {"Method Not Allowed\n"},
	http.StatusConflict:              {"look again\n"},
	http.StatusRequestEntityTooLarge: {"", "the body is too large\n"},
	http.StatusUnsupportedMediaType:  {"", "the body must be JSON\n"},
	http.StatusServiceUnavailable:    {"try again\n"},
}

func (s *fixture) checkAnswer(r *http.Request, w *httptest.ResponseRecorder) {
	s.t.Helper()
	if w.Code >= 500 && (w.Code != http.StatusServiceUnavailable || s.err == nil || w.Header().Get("Retry-After") == "") {
		s.t.Fatalf("%d %s", w.Code, w.Body)
	}
	switch body := w.Body.String(); w.Header().Get("Content-Type") {
	case "text/html; charset=utf-8":
		if !s.isPage(body) {
			s.t.Fatalf("a page that no view of the operator has:\n%s", body)
		}
	case "application/json":
		s.checkJSON(r, w)
	case "text/plain; charset=utf-8", "":
		if texts, ok := answerTexts[w.Code]; !ok || !slices.Contains(texts, body) {
			s.t.Fatalf("%d with the text %q", w.Code, body)
		}
	default:
		s.t.Fatalf("an answer of the type %q", w.Header().Get("Content-Type"))
	}
}

var pageNonce = regexp.MustCompile(`nonce="[A-Z2-7]+"`)

// isPage reports whether a page is one of those that exist for the operator's view.
func (s *fixture) isPage(body string) bool {
	invalid, away := linkapi.View{State: linkapi.StateLinkInvalid}, linkapi.View{State: linkapi.StateUnavailable}
	for language := range languages {
		finished := linkPage(s.view, language)
		if s.view.State == linkapi.StateDone {
			finished.sayDone()
		}
		for _, p := range []page{linkPage(s.view, language), finished, linkPage(invalid, language), linkPage(away, language), landingPage(language)} {
			w := httptest.NewRecorder()
			if err := p.write(w, http.StatusOK); err != nil {
				s.t.Fatal(err)
			}
			if pageNonce.ReplaceAllString(w.Body.String(), "") == pageNonce.ReplaceAllString(body, "") {
				return true
			}
		}
	}
	return false
}

func (s *fixture) checkJSON(r *http.Request, w *httptest.ResponseRecorder) {
	s.t.Helper()
	var got stateAnswer
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil || d.More() || w.Code != http.StatusOK {
		s.t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	link, _ := readLinkCookie(r)
	known := slices.Contains(everyState, got.State) || got.State == stateConfirm
	if !known && got.URL == "" || got.URL != "" && got.URL != aWay && got.URL != s.view.ProofURL || got.Path != "" && got.Path != "/c/"+link.token.Reveal() {
		s.t.Fatalf("the answer is %s", w.Body)
	}
	if got.Request != nil && (got.Request.Name != s.view.DisplayName || got.Request.Title != s.view.Title) {
		s.t.Fatalf("another request: %s", w.Body)
	}
}

// aSecret matches what the gateway gives a browser.
var aSecret = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// checkCookies: what is set is the link of the path, or nothing any more, and the secret of the
// browser: the one that it has, if the gateway can have given it.
func (s *fixture) checkCookies(r *http.Request, w *httptest.ResponseRecorder) {
	s.t.Helper()
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == visitorCookie {
			had := visitorOf(r)
			if !aSecret.MatchString(cookie.Value) || had != "" && cookie.Value != had || !strings.HasPrefix(r.URL.Path, "/c/") {
				s.t.Fatalf("sets %s", cookie)
			}
			continue
		}
		token, digest, _ := strings.Cut(cookie.Value, ".")
		clicked := r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/c/"+token+"/") && (digest == "" || digest == digestOf("canary-tag"))
		if cookie.Name != cookieName || !clicked && (cookie.Value != "" || cookie.MaxAge >= 0) {
			s.t.Fatalf("sets %s", cookie)
		}
	}
	if all := fmt.Sprint(w.Header()); len(all) > 4<<10 {
		s.t.Fatalf("%d bytes of headers", len(all))
	}
}

// checkAsked: the operator is asked once, about what the request names.
func (s *fixture) checkAsked(r *http.Request, w *httptest.ResponseRecorder) {
	s.t.Helper()
	asks := s.asks()
	if len(asks) > 1 {
		s.t.Fatalf("one request is %q", asks)
	}
	for _, ask := range asks {
		op, rest, _ := strings.Cut(ask, " ")
		subject, _, _ := strings.Cut(rest, " ")
		cookie, _ := readLinkCookie(r)
		_, token := parseToken(subject)
		switch {
		case op == "keys" && isWebhook(r) && w.Code != http.StatusOK:
		case !token || !strings.HasPrefix(r.URL.Path+"/", "/c/"+subject+"/") && (r.URL.Path != "/landed" || subject != cookie.token.Reveal()):
			s.t.Fatalf("%q without its token", ask)
		case op == "view":
		case r.Method != http.MethodPost || !slices.Contains([]string{"", "same-origin", "none"}, r.Header.Get("Sec-Fetch-Site")):
			s.t.Fatalf("%q by a request of another site, or that is no POST", ask)
		case !slices.Contains([]string{"open", "start", "prove", "connect", "finish"}, op):
			s.t.Fatalf("asks for %q", ask)
		}
	}
}

// checkLog: a line has the fields that it always has, and a route that exists.
func (s *fixture) checkLog() {
	s.t.Helper()
	var line struct {
		Time                 time.Time
		Level, Msg, Route    string
		Status, Milliseconds int
	}
	d := json.NewDecoder(strings.NewReader(s.log.String()))
	d.DisallowUnknownFields()
	if err := d.Decode(&line); err != nil || d.More() || line.Msg != "Request" || !routes[line.Route] {
		s.t.Fatalf("%v: logged %s", err, s.log)
	}
}

// routes are the routes that a line of the log may name.
var routes = map[string]bool{
	"none": true, "GET /c/{token}": true, "GET /c/{token}/state": true, "POST /c/{token}/open": true, "POST /c/{token}/start": true,
	"POST /c/{token}/connect": true, "POST /c/{token}/prove": true, "POST /c/{token}/finish": true, "GET /landed": true, "POST /landed": true,
	"POST /webhooks/{name}": true, "POST /webhooks/{namespace}/{name}": true,
}

// FuzzViews gives a page whatever a process answers that is not the operator. The page has
// the structure of every page and no other script, style, link or frame; what the operator
// says is in it as a text, or not at all.
func FuzzViews(f *testing.F) {
	view, err := json.Marshal(full(linkapi.StateDone, "fr"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(200, "application/json", view)
	f.Add(200, "application/json", []byte(`{"state":"Start","connectOrigin":"https://a.test;script-src *","displayName":"</bdi><script>alert(1)</script>","title":"&lt;b&gt;"}`))
	f.Add(200, "application/json", []byte(`{"state":"Done","returnURL":"https://a.test/\"onclick=\"alert(1)","until":"2031-05-06T13:00:00Z"}`))
	f.Add(200, "application/json", []byte(`{"state":"Start","brand":{"accentColor":"#00695c","supportEmail":"a+b@c.test","supportPhone":"+1 (514) 555-0100","supportURL":"https://a.test/"x","privacyURL":"javascript:alert(1)"}}`))
	f.Add(404, "text/html", []byte("<script>alert(1)</script>"))
	answer := &rawAnswer{}
	backend := overLinkAPI(f, answer)
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		*answer = rawAnswer{min(max(status, 200), 599), contentType, body}
		s := newFixture(t, func(c *Config) { c.Backend = backend })
		w := s.get("/c/" + aToken)
		checkHeaders(t, w)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		d := parsed(t, w)
		policy := w.Header().Get("Content-Security-Policy")
		checkDocument(t, d, policy)
		if !framePolicy.MatchString(policy) {
			t.Fatalf("the policy is %q", policy)
		}
		for _, a := range d.all("a") {
			if href := attribute(a, "href"); !leadsOut.MatchString(href) || a.Parent.Parent.Data != "footer" && attribute(a, "id") != "return" {
				t.Fatalf("leads to %q", href)
			}
		}
		var said linkapi.View
		_ = json.Unmarshal(body, &said) // It need not be a view.
		for id, text := range map[string]string{"requester": said.DisplayName, "subject": said.Title} {
			if n := d.id(id); n != nil && textOf(n) != "" && textOf(n) != strings.TrimSpace(text) {
				t.Fatalf("#%s is %q, and the operator said %q", id, textOf(n), text)
			}
		}
		for _, n := range d.elements {
			if !slices.Contains(pageElements, n.Data) {
				t.Fatalf("a <%s>", n.Data)
			}
		}
	})
}

// pageElements are the elements that a page may have.
var pageElements = []string{
	"html", "head", "meta", "title", "style", "body", "main", "dl", "div", "dt", "dd", "bdi", "h1", "p", "time", "button",
	"noscript", "a", "progress", "script", "nav", "ol", "li", "footer", "small", "header", "img",
}

// leadsOut matches what a link may lead to.
var leadsOut = regexp.MustCompile(`^(?i:https)://|^mailto:[0-9A-Za-z_+.-]+@[0-9A-Za-z.-]+$|^tel:[+]?[0-9]*$`)

// framePolicy matches a Content-Security-Policy whose frame is one origin or none.
var framePolicy = regexp.MustCompile(`^default-src 'none'; script-src 'nonce-[A-Z2-7]{26}'; style-src 'nonce-[A-Z2-7]{26}'; ` +
	`connect-src 'self'; frame-src ('none'|https?://[A-Za-z0-9.:\[\]_-]+); frame-ancestors 'none'; base-uri 'none'; form-action 'none'$`)

// rawAnswer is a process that answers every call in the same way.
type rawAnswer struct {
	status      int
	contentType string
	body        []byte
}

func (a *rawAnswer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = []string{a.contentType}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
