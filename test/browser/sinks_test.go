package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// wire is what the gateway answered, as the proxy before it saw it.
type wire struct {
	mu   sync.Mutex
	text map[string][]string // by link or path
}

// proxy stands for the ingress that has the certificate; the gateway is behind it.
func (w *wire) proxy(behind *httptest.Server) http.Handler {
	to := forward(behind.URL)
	to.ModifyResponse = func(resp *http.Response) error {
		raw, err := httputil.DumpResponse(resp, !w.excluded(resp.Request))
		if err != nil {
			return fmt.Errorf("noting an answer: %w", err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.text[resp.Request.URL.Path] = append(w.text[resp.Request.URL.Path], string(raw))
		return nil
	}
	return to
}

// excluded reports the one answer that has a requestId in its body: the address of
// Flinks Connect for the frame, made at the press of the button. Flinks takes the
// session in that address and in no other way; it is answered to a script of the
// same origin, not kept, and dead after eight idle minutes.
func (*wire) excluded(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/connect") }

func (w *wire) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprint(w.text)
}

// checkSinks looks for the identifiers of this fixture wherever they must not be:
// in what the gateway answered and logged, in what the manager logged and
// counted, and in what the browsers keep.
func (s *fixture) checkSinks() {
	s.t.Helper()
	ids := map[string]bool{}
	for _, l := range s.Sim.Logins() {
		ids[l.LoginID] = true
	}
	for _, e := range s.Sim.Journal() {
		if e.RequestID != "" {
			ids[e.RequestID] = true
		}
	}
	sinks := map[string]string{
		"answers of the gateway": s.wire.String(),
		"log of the gateway":     s.gatewayLog.String(),
		"log of the manager":     cluster.Logs.String(),
		"audit records":          cluster.Records.String(),
		"metrics":                cluster.Gathered(s.t),
	}
	for i, text := range s.left {
		sinks[fmt.Sprintf("browser of page %d", i+1)] = text
	}
	for sink, text := range sinks {
		for id := range ids {
			if testenv.Leaks(text, id) {
				s.t.Errorf("an identifier is in the %s", sink)
			}
		}
	}
}

// watch keeps what the browser holds of a page at the end of the test.
func (s *fixture) watch(p *page) {
	s.t.Cleanup(func() { s.left = append(s.left, p.remains()) })
}

// remains returns what a browser keeps of a page: cookies, the history, what pages
// stored, and the Referer that they sent on.
func (p *page) remains() string {
	p.T().Helper()
	kept := []any{p.Cookies(), p.History()}
	for _, r := range p.Requests() {
		if referer := r.Header.Get("Referer"); referer != "" {
			kept = append(kept, referer)
		}
		if strings.Contains(r.Header.Get("Referer"), "/c/") {
			p.T().Error("a link went on as Referer")
		}
	}
	var stored string
	p.Run("JSON.stringify([localStorage, sessionStorage, history.state, name])", &stored)
	raw, err := json.Marshal(append(kept, stored))
	if err != nil {
		p.T().Fatal(err)
	}
	return string(raw)
}

// TestTheCanarySings makes sure that the checks above would find something.
func TestTheCanarySings(t *testing.T) {
	w := &wire{text: map[string][]string{"/c/x": {"HTTP/1.1 200 OK\r\n\r\n" + forged}}}
	if !testenv.Leaks(w.String(), strings.ToUpper(forged)) {
		t.Error("an answer with a loginId must be found")
	}
}
