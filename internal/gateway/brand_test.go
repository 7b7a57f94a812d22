package gateway

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

var aBrand = linkapi.Brand{
	AccentColor: "#00695c", SupportEmail: "help+banks@example.com", SupportPhone: "+1 (514) 555-0100",
	SupportURL: "https://example.com/help?a=1&b=2", PrivacyURL: "https://example.com/privacy",
}

// linksIn returns where the links of a page's footer lead.
func linksIn(d document) (links []string) {
	for _, footer := range d.all("footer") {
		for n := range footer.Descendants() {
			if n.Data == "a" {
				links = append(links, textOf(n)+" → "+attribute(n, "href")+" "+attribute(n, "target"))
			}
		}
	}
	return links
}

// TestBrandOnEveryPage: every page of a link says where help is, and what happens to data.
func TestBrandOnEveryPage(t *testing.T) {
	want := map[string][]string{
		"en": {
			"help+banks@example.com → mailto:help+banks@example.com ", "+1 (514) 555-0100 → tel:+15145550100 ",
			"Help page (new tab) → https://example.com/help?a=1&b=2 _blank", "Privacy (new tab) → https://example.com/privacy _blank",
		},
		"fr": {
			"help+banks@example.com → mailto:help+banks@example.com ", "+1 (514) 555-0100 → tel:+15145550100 ",
			"Page d’aide (nouvel onglet) → https://example.com/help?a=1&b=2 _blank", "Confidentialité (nouvel onglet) → https://example.com/privacy _blank",
		},
	}
	for language := range languages {
		for _, state := range everyState {
			s := newFixture(t)
			s.view = full(state, language)
			s.view.Brand = aBrand
			w := s.get("/c/" + aToken)
			checkDocument(t, parsed(t, w), w.Header().Get("Content-Security-Policy"))
			if diff := cmp.Diff(want[language], linksIn(parsed(t, w))); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", language, state, diff)
			}
		}
	}
}

// TestPageWithoutBrand has no empty footer, and no label without a link.
func TestPageWithoutBrand(t *testing.T) {
	s := newFixture(t)
	if d := parsed(t, s.get("/c/"+aToken)); len(d.all("footer")) != 0 {
		t.Error("there is a footer")
	}
	s.view.Brand = linkapi.Brand{PrivacyURL: aBrand.PrivacyURL}
	if d := parsed(t, s.get("/c/"+aToken)); d.id("help") != nil || d.id("privacy") == nil {
		t.Error("the page offers help, or no privacy")
	}
}

// TestBrandCannotRunScripts, even if the operator let such a text through.
func TestBrandCannotRunScripts(t *testing.T) {
	s := newFixture(t)
	for _, text := range []string{
		"javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "//other.example.com", "/c/x", "http://example.com",
		"https://", "https://user@example.com", `"><script>alert(1)</script>`, "vbscript:x", " https://example.com\n",
	} {
		s.view.Brand = linkapi.Brand{AccentColor: text, SupportURL: text, PrivacyURL: text}
		if links := linksIn(parsed(t, s.get("/c/"+aToken))); links != nil {
			t.Errorf("%q becomes %q", text, links)
		}
		s.view.Brand = linkapi.Brand{SupportEmail: text, SupportPhone: text}
		w := s.get("/c/" + aToken)
		checkDocument(t, parsed(t, w), w.Header().Get("Content-Security-Policy"))
		for _, n := range parsed(t, w).all("a") {
			if href := attribute(n, "href"); href[:4] != "tel:" && href[:7] != "mailto:" {
				t.Errorf("%q becomes a link to %q", text, href)
			}
		}
	}
}
