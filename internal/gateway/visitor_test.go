package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const aTicket = "1936008000.canary-ticket-canary-ticket-canary-ticket-c"

// aProofPage is the page of an application that vouches for browsers.
const aProofPage = "https://app.example.com/vouch?challenge=c&connection=u"

// visitorOfAnswer returns the cookie that an answer gave the browser.
func visitorOfAnswer(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	for _, c := range w.Result().Cookies() {
		if c.Name == visitorCookie {
			if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.Value) != visitorLength {
				t.Errorf("the cookie is %v", c)
			}
			return c
		}
	}
	return nil
}

// TestBrowsersAreToldApart: the operator gets a secret of the browser for each link, and never the
// cookie itself. Two tabs have the same one, however fast they are clicked.
func TestBrowsersAreToldApart(t *testing.T) {
	s := newFixture(t)
	if c := visitorOfAnswer(t, s.get(aLink+"/state")); c != nil || s.visitor != "" {
		t.Fatal("a script that polls gets a secret")
	}
	first := visitorOfAnswer(t, s.get(aLink))
	if first == nil || s.visitor == "" || strings.Contains(s.visitor, first.Value) {
		t.Fatalf("on a page the cookie is %v", first)
	}
	known := s.visitor
	cookie := []string{"Cookie", visitorCookie + "=" + first.Value + "; " + cookieName + "=" + aToken}
	for name, ask := range map[string]func() *httptest.ResponseRecorder{
		"page":    func() *httptest.ResponseRecorder { return s.get(aLink, cookie...) },
		"state":   func() *httptest.ResponseRecorder { return s.get(aLink+"/state", cookie...) },
		"start":   func() *httptest.ResponseRecorder { return s.post(aLink+"/start", "{}", cookie...) },
		"connect": func() *httptest.ResponseRecorder { return s.post(aLink+"/connect", "{}", cookie...) },
		"prove": func() *httptest.ResponseRecorder {
			return s.post(aLink+"/prove", `{"ticket":"`+aTicket+`"}`, cookie...)
		},
		"finish": func() *httptest.ResponseRecorder { return s.post(aLink+"/finish", aPost, cookie...) },
		"landed": func() *httptest.ResponseRecorder { return s.post("/landed", landed("", true), cookie...) },
	} {
		s.visitor = ""
		if w := ask(); w.Code != http.StatusOK || s.visitor != known {
			t.Errorf("%s: %d, from another browser: %v", name, w.Code, s.visitor != known)
		}
	}
	if s.get("/c/"+strings.Repeat("b", 64), cookie...); s.visitor == known || s.visitor == "" {
		t.Error("two links have the same secret")
	}
	if other := visitorOfAnswer(t, s.post(aLink+"/start", "{}")); other == nil || other.Value == first.Value || s.visitor == known {
		t.Error("two browsers have the same secret")
	}
}

// TestOddVisitors: only what the gateway could have given a browser is a secret.
func TestOddVisitors(t *testing.T) {
	s := newFixture(t)
	for _, bad := range []string{"", "short", strings.Repeat("x", visitorLength), strings.Repeat("X", 4000)} {
		if s.get(aLink+"/state", "Cookie", visitorCookie+"="+bad); s.visitor != "" {
			t.Errorf("a cookie of %d bytes is a secret: %.30q", len(bad), bad)
		}
	}
}

// TestProve: a click leads to the application, with a challenge that the operator made for this
// browser, and a ticket goes to the operator.
func TestProve(t *testing.T) {
	s := newFixture(t)
	s.view = linkapi.View{State: linkapi.StateProofRequired, ProofURL: aProofPage}
	w := s.post(aLink+"/prove", "{}")
	if got := w.Body.String(); got != `{"state":"ProofRequired","url":"`+strings.ReplaceAll(aProofPage, "&", `\u0026`)+`"}` {
		t.Errorf("a click is answered %s", got)
	}
	s.wasAsked("view " + aToken)
	if visitorOfAnswer(t, w) == nil || s.visitor == "" {
		t.Error("the browser has no secret when the operator makes the challenge")
	}
	if got := s.get(aLink).Body.String(); strings.Contains(got, "app.example.com") {
		t.Error("the page itself leads to the application")
	}
	s.wasAsked("view " + aToken)
	s.view.ProofURL = "javascript:alert(1)"
	if got := s.post(aLink+"/prove", "{}").Body.String(); strings.Contains(got, "url") {
		t.Errorf("a click is answered %s", got)
	}
	s.wasAsked("view " + aToken)
	s.post(aLink+"/prove", `{"ticket":"`+aTicket+`"}`)
	s.wasAsked("prove " + aToken + " " + aTicket)
	for name, body := range map[string]string{"no JSON": "", "another field": `{"proof":1}`, "too much": `{"ticket":"` + strings.Repeat("x", maxJSON) + `"}`} {
		if code := s.post(aLink+"/prove", body).Code; code != http.StatusBadRequest && code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code := s.post(aLink+"/prove", "{}", "Sec-Fetch-Site", "cross-site").Code; code != http.StatusForbidden {
		t.Errorf("a click by another site: %d", code)
	}
	s.wasAsked()
	if text := s.log.String() + metricsOf(s.gateway); strings.Contains(text, aTicket) || strings.Contains(text, s.visitor) && s.visitor != "" {
		t.Error("the log or a metric has a ticket or a secret")
	}
}
