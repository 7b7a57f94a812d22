package browser

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// embedder is an application that frames Flinks Connect as Flinks describes it:
// a page that notes the events, and a landing page.
type embedder struct {
	sim     *flinkssim.Server
	flinks  string // origin of Flinks Connect
	address string
}

func newEmbedder(t *testing.T) *embedder {
	t.Helper()
	e := &embedder{sim: flinkssim.New(flinkssim.Options{})}
	flinks := httptest.NewTLSServer(e.sim.Handler())
	t.Cleanup(flinks.Close)
	e.flinks = named(flinks, "flinks.test")
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>App</title><iframe src="%s" width=600 height=700></iframe><pre id=events></pre>
<script>addEventListener("message", e => events.textContent += e.origin + " " + JSON.stringify(e.data) + "\n")</script>`,
			html.EscapeString(r.URL.Query().Get("connect")))
	})
	mux.HandleFunc("/landed", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>Landed</title><h1>%s</h1>", html.EscapeString(r.URL.RawQuery))
	})
	app := httptest.NewTLSServer(mux)
	t.Cleanup(app.Close)
	e.address = named(app, "app.test")
	return e
}

// page is the application's page, with a fresh flow in it.
func (e *embedder) page(params ...string) string {
	q := url.Values{"demo": {"true"}, "authorizeToken": {e.sim.MintAuthorizeToken()}, "redirectUrl": {e.address + "/landed"}}
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return e.address + "/page?" + url.Values{"connect": {e.flinks + "/v2/?" + q.Encode()}}.Encode()
}

// TestSimulatedConnectInAFrame shows that the simulator's pages do in a browser
// what Flinks documents, with every kind of question.
func TestSimulatedConnectInAFrame(t *testing.T) {
	for _, username := range []string{
		"Greatday", flinkssim.DefaultUsername, "sim_multichoice", "sim_multianswer", "sim_image", "sim_textorcall", "sim_triple", "sim_otp_every_time",
	} {
		t.Run(username, func(t *testing.T) {
			e := newEmbedder(t)
			v := newVisitor(t, browser.PageOptions{})
			v.open(e.page("jsRedirect", "true"))
			b := v.bank(e.flinks, username)
			if state := b.pass(); state != bankDone {
				t.Fatalf("got state %q", state)
			}
			v.read("#events", e.flinks+` {"institution":"FlinksCapital"`)
			v.read("#events", "/landed?demo=true&institution=FlinksCapital&loginId="+e.sim.Logins()[0].LoginID)
		})
	}
}

func TestSimulatedConnectGoesToTheLandingPage(t *testing.T) {
	for name, params := range map[string][]string{
		"by itself":                 nil,
		"although jsRedirect is on": {"jsRedirect", "true"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEmbedder(t)
			if err := e.sim.SetKnobs(func(k *flinkssim.Knobs) { k.JSRedirectIgnored = true }); err != nil {
				t.Fatal(err)
			}
			v := newVisitor(t, browser.PageOptions{})
			v.open(e.page(params...))
			v.bank(e.flinks, "Greatday").pass()
			v.read("h1", "loginId="+e.sim.Logins()[0].LoginID)
		})
	}
}

func TestSimulatedConnectStaysInTheFrame(t *testing.T) {
	e := newEmbedder(t)
	v := newVisitor(t, browser.PageOptions{})
	v.open(e.page("innerRedirect", "true"))
	v.bank(e.flinks, "Greatday").pass()
	ctx, cancel := v.soon()
	defer cancel()
	landed, err := v.Embedded(ctx, e.address)
	v.must(err)
	v.must(landed.Read(ctx, "h1", "loginId="))
	v.read("#events", "REDIRECT")
}

func TestSimulatedConnectAsksAgainForTheRightPassword(t *testing.T) {
	e := newEmbedder(t)
	v := newVisitor(t, browser.PageOptions{Language: "fr-CA"})
	v.open(e.page("jsRedirect", "true", "language", "fr"))
	b := v.bank(e.flinks, "Greatday")
	b.password = "typo"
	b.state()
	b.leave()
	b.state()
	b.signIn()
	if state := b.state(); state != bankCredential {
		t.Fatalf("got state %q", state)
	}
	v.read("#events", `"INVALID_LOGIN"`)
	b.password = flinkssim.DefaultPassword
	if state := b.pass(); state != bankDone {
		t.Fatalf("got state %q", state)
	}
	if l := e.sim.Logins()[0]; l.Language != "fr" || l.OpenSessions != 1 {
		t.Errorf("got %v", l)
	}
	if err := e.sim.Advance(time.Minute); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(e.sim.Journal()); !strings.Contains(text, "Connect") {
		t.Error("the journal must tell of the pages")
	}
}
