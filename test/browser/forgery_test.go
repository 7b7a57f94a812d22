package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
	"github.com/flinks-operator/flinks-operator/test/browser/connect"
)

// forged is a login that was not linked on this page.
const forged = "99999999-8888-4777-8666-555555555555"

// TestForgedMessages puts frames of others beside that of Flinks Connect and lets
// them say that a login was linked; then Flinks says what is true.
func TestForgedMessages(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "<!DOCTYPE html><title>Evil</title>")
	})
	plain, secure := httptest.NewServer(nothing), httptest.NewTLSServer(nothing)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	flinks, err := url.Parse(s.flinks)
	if err != nil {
		t.Fatal(err)
	}
	p := s.openLink(s.unlinked("acme"), chromium.Options{IgnorePolicy: true})
	p.Click("#go")
	b := p.bank(s.flinks, flinkssim.DefaultUsername)
	b.State()
	for name, address := range map[string]string{
		"another port":           named(secure, "flinks.test"),
		"without TLS":            named(plain, "localhost"), // others would be blocked as mixed content
		"a longer name":          "https://flinks.test.evil.test:" + flinks.Port() + "/v2/?sibling",
		"another beginning":      "https://xflinks.test:" + flinks.Port() + "/v2/?sibling",
		"a name below":           "https://www.flinks.test:" + flinks.Port() + "/v2/?sibling",
		"another site":           named(secure, "evil.test"),
		"a sibling of the frame": s.flinks + "/v2/?sibling",
		"an opaque origin":       "data:text/html,<title>Evil</title>",
	} {
		p.forge(name, address)
	}
	p.forgeFromInside(b)
	b.Pass()
	p.state("Done")
	s.ready("acme")
	p.toldOnlyTheTruth(s)
}

// TestAnotherSiteLeadsToTheLandingPage with a login of its choice, while a customer links
// their bank: nothing happens until the customer says so.
func TestAnotherSiteLeadsToTheLandingPage(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	link := s.unlinked("acme")
	evil := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>Evil</title><a id=go href=%q>A prize</a>",
			s.gateway+"/landed?loginId="+forged+"&tag=made-up")
	}))
	t.Cleanup(evil.Close)
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.bank(s.flinks, flinkssim.DefaultUsername).State()
	p.Open(named(evil, "evil.test"))
	p.Click("#go")
	p.state("Confirm")
	p.Screenshot("landed-confirm")
	for _, e := range s.Sim.Journal() {
		if e.LoginID == forged {
			t.Errorf("Flinks was asked for the forged login: %v", e)
		}
	}
	p.Click("#go") // A customer who confirms it is told that it is not their login.
	p.state("NotVerified")
}

// toldOnlyTheTruth looks at what the page said to the gateway, and the gateway's
// operator to Flinks.
func (p *page) toldOnlyTheTruth(s *fixture) {
	p.T().Helper()
	var told []string
	for _, r := range p.Requests() {
		if r.Method == http.MethodPost && strings.Contains(r.Body, "loginId") {
			told = append(told, r.Body)
		}
	}
	if len(told) == 0 || strings.Contains(fmt.Sprint(told), forged) {
		p.T().Errorf("the page told the gateway %d times of a login, and at least once of a forged one", len(told))
	}
	for _, e := range s.Sim.Journal() {
		if e.LoginID == forged {
			p.T().Errorf("Flinks was asked for the forged login: %v", e)
		}
	}
}

// TestTheFrameGoesElsewhere: what Flinks Connect leads to, in the very frame, is not
// believed either.
func TestTheFrameGoesElsewhere(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	evil := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(evil.Close)
	p := s.openLink(s.unlinked("acme"), chromium.Options{IgnorePolicy: true})
	p.Expect("status of 404")
	p.Click("#go")
	b := p.bank(s.flinks, "")
	b.State()
	b.Run(fmt.Sprintf("location = %q", named(evil, "evil.test")), nil)
	elsewhere := p.bank(named(evil, "evil.test"), "")
	p.Run("addEventListener('message', () => document.title = 'heard')", nil)
	elsewhere.Run("parent.postMessage("+redirect(forged)+", '*')", nil)
	p.Until("document.title === 'heard'")
	p.Reload()
	p.Click("#go")
	p.bank(s.flinks, flinkssim.DefaultUsername).Pass()
	p.state("Done")
	s.ready("acme")
	p.toldOnlyTheTruth(s)
}

// redirect returns the message that Flinks Connect would post.
func redirect(loginID string) string {
	return fmt.Sprintf(`{step: "REDIRECT", institution: "FlinksCapital", loginId: %q, requestId: %q, url: "https://x.test/?loginId=%s"}`,
		loginID, loginID, loginID)
}

// forge embeds a frame of another site, which posts to the page what Flinks posts.
func (p *page) forge(name, address string) {
	p.T().Helper()
	id := strings.ReplaceAll(name, " ", "-")
	p.Run(fmt.Sprintf(`new Promise(done => { const f = document.createElement("iframe");
  f.id = %q; f.src = %q; f.onload = done; document.body.append(f); })`, id, address), nil)
	p.FrameIn("#"+id).Run("parent.postMessage("+redirect(forged)+", '*')", nil)
}

// forgeFromInside sends, from the right frame, what Flinks never would.
func (p *page) forgeFromInside(b *connect.Flow) {
	p.T().Helper()
	b.Run(`for (const m of [
  null, undefined, 7, "REDIRECT", [], ["REDIRECT"], {}, {step: null}, {step: ["REDIRECT"]}, {step: "redirect"}, {Step: "REDIRECT"},
  {step: "REDIRECT"}, {step: "REDIRECT", loginId: 7}, {step: "REDIRECT", loginId: {toString: "x"}}, {step: "REDIRECT", loginId: ""},
  {step: "REDIRECT", loginId: "`+forged+`x"}, {step: "REDIRECT", loginId: "javascript:alert(1)"},
  {step: "REDIRECT", url: "javascript:alert('loginId=`+forged+`')"}, {step: "REDIRECT", url: "https://x.test/#loginId=`+forged+`"},
  {step: "REDIRECT", url: 7}, {step: "x".repeat(1e6)}, {step: "<img src=x onerror=alert(1)>"}, {flinksCode: "<b>"}, {flinksCode: {}},
  {step: "REDIRECT", loginId: "y".repeat(1e6)},
]) parent.postMessage(m, "*")`, nil)
}

// TestThePageCannotBeFramed: a page over a page could make people press what they
// do not see.
func TestThePageCannotBeFramed(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	link := s.unlinked("acme")
	evil := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>Evil</title><iframe id=victim src=%q></iframe>", link)
	}))
	t.Cleanup(evil.Close)
	p := newPage(t, chromium.Options{})
	p.Expect("frame-ancestors", "refused to connect", "ERR_BLOCKED_BY_RESPONSE")
	p.Open(named(evil, "evil.test"))
	p.AwaitProblem("frame-ancestors") // the browser refuses to show the page in a frame of others
}
