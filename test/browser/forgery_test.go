package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// forged is a login that nobody linked on this page.
const forged = "99999999-8888-4777-8666-555555555555"

// TestForgedMessages puts frames of others beside that of Flinks Connect and lets
// them say that a login was linked; then Flinks says what is true.
func TestForgedMessages(t *testing.T) {
	t.Parallel()
	s := newScene(t)
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
	v := s.visit(s.newcomer("acme"), browser.PageOptions{IgnorePolicy: true})
	v.click("#go")
	b := v.bank(s.flinks, flinkssim.DefaultUsername)
	b.state()
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
		v.forge(name, address)
	}
	v.forgeFromInside(b)
	b.pass()
	v.state("Done")
	s.ready("acme")
	v.toldOnlyTheTruth(s)
}

// toldOnlyTheTruth looks at what the page said to the gateway, and the gateway's
// operator to Flinks.
func (v *visitor) toldOnlyTheTruth(s *scene) {
	v.t.Helper()
	var told []string
	for _, r := range v.Requests() {
		if r.Method == http.MethodPost && strings.Contains(r.Body, "loginId") {
			told = append(told, r.Body)
		}
	}
	if len(told) == 0 || strings.Contains(fmt.Sprint(told), forged) {
		v.t.Errorf("the page told the gateway %d times of a login, and at least once of a forged one", len(told))
	}
	for _, e := range s.Sim.Journal() {
		if e.LoginID == forged {
			v.t.Errorf("Flinks was asked for the forged login: %v", e)
		}
	}
}

// TestTheFrameGoesElsewhere: what Flinks Connect leads to, in the very frame, is not
// believed either.
func TestTheFrameGoesElsewhere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	evil := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(evil.Close)
	v := s.visit(s.newcomer("acme"), browser.PageOptions{IgnorePolicy: true})
	v.expected = append(v.expected, "status of 404")
	v.click("#go")
	b := v.bank(s.flinks, "")
	b.state()
	b.do(func(ctx context.Context) error {
		return b.Evaluate(ctx, fmt.Sprintf("location = %q", named(evil, "evil.test")), nil)
	})
	elsewhere := v.bank(named(evil, "evil.test"), "")
	v.do(func(ctx context.Context) error {
		return v.Evaluate(ctx, "addEventListener('message', () => document.title = 'heard')", nil)
	})
	elsewhere.do(func(ctx context.Context) error {
		return elsewhere.Evaluate(ctx, "parent.postMessage("+redirect(forged)+", '*')", nil)
	})
	v.do(func(ctx context.Context) error { return v.Until(ctx, "document.title === 'heard'") })
	v.reload()
	v.click("#go")
	v.bank(s.flinks, flinkssim.DefaultUsername).pass()
	v.state("Done")
	s.ready("acme")
	v.toldOnlyTheTruth(s)
}

// redirect is what Flinks Connect would say.
func redirect(loginID string) string {
	return fmt.Sprintf(`{step: "REDIRECT", institution: "FlinksCapital", loginId: %q, requestId: %q, url: "https://x.test/?loginId=%s"}`,
		loginID, loginID, loginID)
}

// forge embeds a frame of somebody else, who speaks to the page as Flinks does.
func (v *visitor) forge(name, address string) {
	v.t.Helper()
	ctx, cancel := v.soon()
	defer cancel()
	id := strings.ReplaceAll(name, " ", "-")
	v.must(v.Evaluate(ctx, fmt.Sprintf(`new Promise(done => { const f = document.createElement("iframe");
  f.id = %q; f.src = %q; f.onload = done; document.body.append(f); })`, id, address), nil))
	frame, err := v.FrameIn(ctx, "#"+id)
	v.must(err)
	v.must(frame.Evaluate(ctx, "parent.postMessage("+redirect(forged)+", '*')", nil))
}

// forgeFromInside sends, from the right frame, what Flinks never would.
func (v *visitor) forgeFromInside(b *bank) {
	v.t.Helper()
	b.do(func(ctx context.Context) error {
		return b.Evaluate(ctx, `for (const m of [
  null, undefined, 7, "REDIRECT", [], ["REDIRECT"], {}, {step: null}, {step: ["REDIRECT"]}, {step: "redirect"}, {Step: "REDIRECT"},
  {step: "REDIRECT"}, {step: "REDIRECT", loginId: 7}, {step: "REDIRECT", loginId: {toString: "x"}}, {step: "REDIRECT", loginId: ""},
  {step: "REDIRECT", loginId: "`+forged+`x"}, {step: "REDIRECT", loginId: "javascript:alert(1)"},
  {step: "REDIRECT", url: "javascript:alert('loginId=`+forged+`')"}, {step: "REDIRECT", url: "https://x.test/#loginId=`+forged+`"},
  {step: "REDIRECT", url: 7}, {step: "x".repeat(1e6)}, {step: "<img src=x onerror=alert(1)>"}, {flinksCode: "<b>"}, {flinksCode: {}},
  {step: "REDIRECT", loginId: "y".repeat(1e6)},
]) parent.postMessage(m, "*")`, nil)
	})
}

// TestNobodyFramesThePage: a page over a page could make people press what they
// do not see.
func TestNobodyFramesThePage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	link := s.newcomer("acme")
	evil := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>Evil</title><iframe id=victim src=%q></iframe>", link)
	}))
	t.Cleanup(evil.Close)
	v := newVisitor(t, browser.PageOptions{})
	v.expected = append(v.expected, "frame-ancestors", "refused to connect", "ERR_BLOCKED_BY_RESPONSE")
	v.open(named(evil, "evil.test"))
	if !v.complainsOf("frame-ancestors") {
		t.Error("the browser must refuse to show the page in a frame of others")
	}
}
