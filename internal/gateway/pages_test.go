package gateway

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// everyState is written down a second time: a state that the gateway does not know
// shows as Unavailable.
var everyState = []linkapi.State{
	linkapi.StateConnect, linkapi.StateStart, linkapi.StateResume, linkapi.StateWorking, linkapi.StateDone, linkapi.StateWait,
	linkapi.StateUnavailable, linkapi.StateBlocked, linkapi.StateOtherLogin, linkapi.StateNotVerified,
	linkapi.StateProofRequired, linkapi.StateInUse, linkapi.StateLinkInvalid, linkapi.StateLinkExpired, linkapi.StateLinkReplaced,
}

// document is a page as a browser reads it.
type document struct {
	t        *testing.T
	root     *html.Node
	elements []*html.Node
}

func parsed(t *testing.T, w *httptest.ResponseRecorder) document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	d := document{t: t, root: root}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			d.elements = append(d.elements, n)
		}
	}
	return d
}

func (d document) all(tag string) []*html.Node {
	return slices.DeleteFunc(slices.Clone(d.elements), func(n *html.Node) bool { return n.Data != tag })
}

func (d document) one(tag string) *html.Node {
	d.t.Helper()
	found := d.all(tag)
	if len(found) != 1 {
		d.t.Fatalf("%d elements <%s>, want 1", len(found), tag)
	}
	return found[0]
}

// id returns the element of an id; nil if none exists.
func (d document) id(id string) *html.Node {
	for _, n := range d.elements {
		if attribute(n, "id") == id {
			return n
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	var text strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			text.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(text.String())
}

// full returns a view with everything in it.
func full(state linkapi.State, language string) linkapi.View {
	return linkapi.View{
		State: state, Language: language, Reason: v1alpha1.ReasonCredentialsRejected, Until: noon.Add(time.Hour),
		ConnectOrigin: aConnect, ReturnURL: "https://app.example.com/banks?a=1&b=2",
	}
}

// TestEveryPage: each state has a page in both languages, and each page is one that a
// keyboard and a screen reader can use and that runs nothing but its own script.
func TestEveryPage(t *testing.T) {
	for language, texts := range languages {
		titles := map[string]bool{}
		for _, state := range everyState {
			t.Run(language+" "+string(state), func(t *testing.T) {
				s := newFixture(t)
				s.view = full(state, language)
				w := s.get("/c/" + aToken)
				d := parsed(t, w)
				checkDocument(t, d, w.Header().Get("Content-Security-Policy"))
				if got := attribute(d.one("html"), "lang"); got != language {
					t.Errorf("lang is %q", got)
				}
				if got := attribute(d.one("main"), "data-state"); got != string(state) {
					t.Errorf("data-state is %q", got)
				}
				text := texts.states[state]
				if state == linkapi.StateDone {
					text = texts.alreadyFixed
				}
				title := textOf(d.one("h1"))
				if want := text.Title; title != want || title == "" || titles[title] {
					t.Errorf("the title is %q, want %q, which no other page has", title, want)
				}
				titles[title] = true
				if got := textOf(d.id("text")); got == "" || got != text.Text {
					t.Errorf("the text is %q", got)
				}
			})
		}
		t.Run(language+" landed", func(t *testing.T) {
			w := newFixture(t).get("/landed?loginId="+aLogin, "Accept-Language", language)
			checkDocument(t, parsed(t, w), w.Header().Get("Content-Security-Policy"))
		})
	}
}

// checkDocument checks what holds for all pages.
func checkDocument(t *testing.T, d document, policy string) {
	t.Helper()
	if h1 := d.one("h1"); attribute(h1, "tabindex") != "-1" {
		t.Error("the focus cannot be moved to the title")
	}
	if d.one("title") == nil || textOf(d.one("title")) != textOf(d.one("h1")) {
		t.Error("the document's title is not that of the page")
	}
	if attribute(d.id("status"), "role") != "status" || attribute(d.id("error"), "role") != "alert" {
		t.Error("what happens is not read out")
	}
	if progress := d.one("progress"); attribute(progress, "aria-label") == "" {
		t.Error("the progress has no label")
	}
	ids := map[string]bool{}
	nonce := regexp.MustCompile(`script-src 'nonce-([A-Z2-7]{26})'; style-src 'nonce-([A-Z2-7]{26})'`).FindStringSubmatch(policy)
	if nonce == nil || nonce[1] != nonce[2] {
		t.Fatalf("the policy %q has no nonce", policy)
	}
	for _, n := range d.elements {
		checkElement(t, n, nonce[1])
		if id := attribute(n, "id"); id != "" && ids[id] {
			t.Errorf("two elements %s", id)
		}
		ids[attribute(n, "id")] = true
	}
}

func checkElement(t *testing.T, n *html.Node, nonce string) {
	t.Helper()
	switch n.Data {
	case "script", "style":
		if attribute(n, "nonce") != nonce {
			t.Errorf("a <%s> without the nonce of the policy", n.Data)
		}
	case "button":
		if textOf(n) == "" || attribute(n, "type") != "button" {
			t.Error("a button without a label")
		}
	case "a":
		if textOf(n) == "" || attribute(n, "rel") != "noreferrer" {
			t.Error("a link without a label, or that tells where it was")
		}
	case "img":
		if !strings.HasPrefix(attribute(n, "src"), "data:image/") {
			t.Error("an image of another place")
		}
		return
	case "form", "iframe", "link", "object", "embed", "base":
		t.Errorf("a <%s>", n.Data)
	}
	for _, a := range n.Attr {
		if strings.HasPrefix(a.Key, "on") || slices.Contains([]string{"style", "src", "srcset", "action", "ping"}, a.Key) {
			t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
		}
	}
}

func TestContentPolicy(t *testing.T) {
	for name, tc := range map[string]struct {
		state        linkapi.State
		origin, want string
	}{
		"what Connect is framed by": {linkapi.StateStart, aConnect, aConnect},
		"an address for tests":      {linkapi.StateConnect, "http://127.0.0.1:8090", "http://127.0.0.1:8090"},
		"IPv6":                      {linkapi.StateResume, "http://[::1]:8090", "http://[::1]:8090"},
		"nothing to frame":          {linkapi.StateDone, aConnect, "'none'"},
		"no origin":                 {linkapi.StateStart, "", "'none'"},
		"a path":                    {linkapi.StateStart, aConnect + "/v2/", "'none'"},
		"a script":                  {linkapi.StateStart, "javascript:alert(1)", "'none'"},
		"all of them":               {linkapi.StateStart, "https://*", "'none'"},
		"a policy":                  {linkapi.StateStart, "https://x;script-src", "'none'"},
		"two":                       {linkapi.StateStart, "https://x https://y", "'none'"},
		"a user":                    {linkapi.StateStart, "https://x@y", "'none'"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			s.view = linkapi.View{State: tc.state, ConnectOrigin: tc.origin}
			w := s.get("/c/" + aToken)
			got := regexp.MustCompile(`nonce-[A-Z2-7]+`).ReplaceAllString(w.Header().Get("Content-Security-Policy"), "nonce-N")
			want := "default-src 'none'; script-src 'nonce-N'; style-src 'nonce-N'; connect-src 'self'; frame-src " + tc.want +
				"; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
			if got != want {
				t.Errorf("the policy is\n%s, want\n%s", got, want)
			}
			believed := attribute(parsed(t, w).one("main"), "data-connect-origin")
			if believed != tc.want && (believed != "" || tc.want != "'none'") {
				t.Errorf("the script believes %q", believed)
			}
		})
	}
	s := newFixture(t)
	if a, b := s.get("/c/"+aToken).Header(), s.get("/c/"+aToken).Header(); cmp.Equal(a["Content-Security-Policy"], b["Content-Security-Policy"]) {
		t.Error("two pages have the same nonce")
	}
}

func TestWhatAPageOffers(t *testing.T) {
	for name, tc := range map[string]struct {
		view                                linkapi.View
		button, reason, until, back, script bool
	}{
		"start":                {full(linkapi.StateStart, "en"), true, true, false, false, true},
		"connect":              {full(linkapi.StateConnect, "en"), true, true, false, false, true},
		"resume":               {full(linkapi.StateResume, "en"), true, true, false, false, true},
		"working":              {full(linkapi.StateWorking, "en"), false, false, false, false, true},
		"done":                 {full(linkapi.StateDone, "en"), false, false, false, true, false},
		"done, no way back":    {linkapi.View{State: linkapi.StateDone}, false, false, false, false, false},
		"done, into a script":  {linkapi.View{State: linkapi.StateDone, ReturnURL: "javascript:alert(1)"}, false, false, false, false, false},
		"done, in plain text":  {linkapi.View{State: linkapi.StateDone, ReturnURL: "http://app.example.com/"}, false, false, false, false, false},
		"done, on this host":   {linkapi.View{State: linkapi.StateDone, ReturnURL: "/c/x"}, false, false, false, false, false},
		"wait":                 {full(linkapi.StateWait, "en"), true, true, true, false, true},
		"unavailable":          {full(linkapi.StateUnavailable, "en"), true, true, true, false, true},
		"unavailable, for now": {linkapi.View{State: linkapi.StateUnavailable}, true, false, false, false, true},
		"blocked":              {full(linkapi.StateBlocked, "en"), false, false, false, false, false},
		"the proof":            {full(linkapi.StateProofRequired, "en"), true, true, false, false, true},
		"used elsewhere":       {full(linkapi.StateInUse, "en"), false, false, true, false, true},
		"invalid":              {full(linkapi.StateLinkInvalid, "en"), false, false, false, false, false},
		"expired":              {full(linkapi.StateLinkExpired, "en"), false, false, false, false, false},
		"replaced":             {full(linkapi.StateLinkReplaced, "en"), false, false, false, false, false},
		"a state of tomorrow":  {linkapi.View{State: "Party"}, true, false, false, false, true},
		"an unknown reason":    {linkapi.View{State: linkapi.StateStart, Reason: "Mood"}, true, false, false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			s.view = tc.view
			d := parsed(t, s.get("/c/"+aToken))
			for id, want := range map[string]bool{
				"go": tc.button, "reason": tc.reason, "until": tc.until, "return": tc.back, "texts": tc.script,
			} {
				if got := d.id(id) != nil; got != want {
					t.Errorf("#%s is there: %v, want %v", id, got, want)
				}
			}
			if want := tc.button || tc.view.State == linkapi.StateWorking || tc.view.State == linkapi.StateInUse; (len(d.all("noscript")) > 0) != want {
				t.Errorf("says that it needs a script: %v", !want)
			}
			if tc.back && (attribute(d.id("return"), "href") != tc.view.ReturnURL+"&result=AlreadyFixed" || textOf(d.id("return")) != "Back to app.example.com") {
				t.Errorf("the way back is %v", d.id("return"))
			}
			if tc.until && attribute(d.one("time"), "datetime") != "2031-05-06T13:00:00Z" {
				t.Errorf("the time is %v", d.one("time"))
			}
		})
	}
}

// Who links a bank for the first time is not told to do it again.
func TestFirstConnect(t *testing.T) {
	for language, texts := range languages {
		s := newFixture(t)
		s.view = linkapi.View{State: linkapi.StateConnect, Reason: v1alpha1.ReasonConnectRequired, Language: language}
		if got := textOf(parsed(t, s.get("/c/"+aToken)).one("h1")); got != texts.connectFirst.Title {
			t.Errorf("%s: %q", language, got)
		}
	}
	if reasonConnectRequired != v1alpha1.ReasonConnectRequired {
		t.Error("the API has another name for it")
	}
}

// The texts of reasons are found by the reasons of the API, which the gateway does not import.
func TestHintsAreReasons(t *testing.T) {
	reasons := []string{
		v1alpha1.ReasonCredentialsRejected, v1alpha1.ReasonLoginLocked, v1alpha1.ReasonBankActionRequired,
		v1alpha1.ReasonLinkExpired, v1alpha1.ReasonQuestionUnanswered, v1alpha1.ReasonNightlyRefreshFailed,
	}
	for language, texts := range languages {
		for reason := range texts.reasons {
			if !slices.Contains(reasons, reason) {
				t.Errorf("%s: %s is no reason", language, reason)
			}
		}
		for _, reason := range reasons {
			if texts.reasons[reason] == "" {
				t.Errorf("%s: no text for the reason %s", language, reason)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	for name, tc := range map[string]struct{ own, accepted, want string }{
		"nothing said":               {"", "", "en"},
		"the connection's":           {"fr", "en-CA,en;q=0.9", "fr"},
		"the connection's, in turn":  {"en", "fr-CA", "en"},
		"the browser's":              {"", "fr-CA,fr;q=0.9,en;q=0.8", "fr"},
		"the first that there is":    {"", "de, it;q=0.9, FR-ca;q=0.8, en;q=0.5", "fr"},
		"none of them":               {"", "de,ja", "en"},
		"not that one":               {"", "fr;q=0, de", "en"},
		"any":                        {"", "*", "en"},
		"an unknown one of ours":     {"de", "fr", "fr"},
		"noise":                      {"", ";;,,=\x00fr", "en"},
		"no more than a start of it": {"", "frr", "en"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			s.view.Language = tc.own
			for _, path := range []string{"/c/" + aToken, "/landed"} {
				want := tc.want
				if path == "/landed" && tc.own != "" {
					continue // It knows no connection.
				}
				if got := attribute(parsed(t, s.get(path, "Accept-Language", tc.accepted)).one("html"), "lang"); got != want {
					t.Errorf("%s is in %q, want %q", path, got, want)
				}
			}
		})
	}
}
