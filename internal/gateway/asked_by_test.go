package gateway

import (
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestRequestOnEveryPage: a customer who did not expect a link sees on each of its pages who
// asks, and for what.
func TestRequestOnEveryPage(t *testing.T) {
	labels := map[string][2]string{"en": {"Requested by", "For"}, "fr": {"Demandé par", "Pour"}}
	for language := range languages {
		for _, state := range everyState {
			t.Run(language+" "+string(state), func(t *testing.T) {
				s := newFixture(t)
				s.view = full(state, language)
				s.view.DisplayName, s.view.Title = "Prêts Łódź & fils", "Mortgage <b>17</b>"
				d := parsed(t, s.get("/c/"+aToken))
				if by, what := textOf(d.id("requester")), textOf(d.id("subject")); by != s.view.DisplayName || what != s.view.Title {
					t.Errorf("requested by %q for %q", by, what)
				}
				text := textOf(d.id("request"))
				for _, label := range labels[language] {
					if !strings.Contains(text, label) {
						t.Errorf("%q has no %q", text, label)
					}
				}
				if len(d.all("b")) != 0 {
					t.Error("a title has markup")
				}
			})
		}
	}
}

// TestPageOfNamelessRequest: what is not known is left out, with its label.
func TestPageOfNamelessRequest(t *testing.T) {
	s := newFixture(t)
	if d := parsed(t, s.get("/c/"+aToken)); d.id("request") != nil {
		t.Error("a request without names is shown")
	}
	s.view.Title = "Payroll"
	d := parsed(t, s.get("/c/"+aToken))
	if by, what := hides(d, "requester"), hides(d, "subject"); !by || what {
		t.Errorf("hides the name: %v, the title: %v", by, what)
	}
}

// hides reports whether the row of a name is hidden.
func hides(d document, id string) bool {
	for _, a := range d.id(id).Parent.Parent.Attr {
		if a.Key == "hidden" {
			return true
		}
	}
	return false
}

// TestLandingPageNamesWhoAsks before the customer confirms what another site may have sent.
func TestLandingPageNamesWhoAsks(t *testing.T) {
	s := newFixture(t)
	s.view.DisplayName, s.view.Title = "Acme", "Payroll"
	const names = `"request":{"name":"Acme","title":"Payroll"}`
	confirm := s.post("/landed", landed("", false), aConnectCookie...).Body.String()
	if !strings.Contains(confirm, `"state":"Confirm"`) || !strings.Contains(confirm, names) {
		t.Errorf("the page is told %s", confirm)
	}
	s.wasAsked("view " + aToken)
	if done := s.post("/landed", landed("", true), aConnectCookie...).Body.String(); !strings.Contains(done, names) {
		t.Errorf("the page is told %s", done)
	}
	s.view = linkapi.View{State: linkapi.StateDone}
	if nameless := s.post("/landed", landed("", true), aConnectCookie...).Body.String(); strings.Contains(nameless, "request") {
		t.Errorf("the page is told %s", nameless)
	}
	d := parsed(t, s.get("/landed"))
	if d.id("request") == nil || textOf(d.id("requester"))+textOf(d.id("subject")) != "" {
		t.Error("the landing page has no place for the names")
	}
}
