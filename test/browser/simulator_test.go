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

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
	"github.com/flinks-operator/flinks-operator/test/browser/connect"
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

// page returns the address of the application's page, with a fresh flow in it.
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
			p := newPage(t, chromium.Options{})
			p.Open(e.page("jsRedirect", "true"))
			b := p.bank(e.flinks, username)
			if state := b.Pass(); state != connect.Done {
				t.Fatalf("got state %q", state)
			}
			p.Read("#events", e.flinks+` {"institution":"FlinksCapital"`)
			p.Read("#events", "/landed?demo=true&institution=FlinksCapital&loginId="+e.sim.Logins()[0].LoginID)
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
			p := newPage(t, chromium.Options{})
			p.Open(e.page(params...))
			p.bank(e.flinks, "Greatday").Pass()
			p.Read("h1", "loginId="+e.sim.Logins()[0].LoginID)
		})
	}
}

func TestSimulatedConnectStaysInTheFrame(t *testing.T) {
	e := newEmbedder(t)
	p := newPage(t, chromium.Options{})
	p.Open(e.page("innerRedirect", "true"))
	p.bank(e.flinks, "Greatday").Pass()
	p.Embedded(e.address).Read("h1", "loginId=")
	p.Read("#events", "REDIRECT")
}

func TestSimulatedConnectAsksAgainForTheRightPassword(t *testing.T) {
	e := newEmbedder(t)
	p := newPage(t, chromium.Options{Language: "fr-CA"})
	p.Open(e.page("jsRedirect", "true", "language", "fr"))
	b := p.bank(e.flinks, "Greatday")
	b.Password = "typo"
	b.State()
	b.Submit()
	b.State()
	b.SignIn()
	if state := b.State(); state != connect.Credential {
		t.Fatalf("got state %q", state)
	}
	p.Read("#events", `"INVALID_LOGIN"`)
	b.Password = flinkssim.DefaultPassword
	if state := b.Pass(); state != connect.Done {
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
