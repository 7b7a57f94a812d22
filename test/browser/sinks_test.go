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

// excluded is the one answer that has a requestId in its body: the address of
// Flinks Connect for the frame, made at the press of the button. Flinks takes the
// session in that address and in no other way; it is answered to a script of the
// same origin, not kept, and dead after eight idle minutes.
func (*wire) excluded(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/connect") }

func (w *wire) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprint(w.text)
}

// checkSinks looks for the identifiers of this scene wherever they must not be:
// in what the gateway answered and logged, in what the manager logged and
// counted, and in what the browsers keep.
func (s *scene) checkSinks() {
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
		"metrics":                cluster.Gathered(s.t),
	}
	for i, text := range s.left {
		sinks[fmt.Sprintf("browser of visitor %d", i+1)] = text
	}
	for sink, text := range sinks {
		for id := range ids {
			if testenv.Leaks(text, id) {
				s.t.Errorf("an identifier is in the %s", sink)
			}
		}
	}
}

// watch looks at a visitor's browser before they leave.
func (s *scene) watch(v *visitor) {
	s.t.Cleanup(func() { s.left = append(s.left, v.remains()) })
}

// remains is what a browser keeps of a visit: cookies, the history, what pages
// stored, and the Referer that they sent on.
func (v *visitor) remains() string {
	v.t.Helper()
	var kept []any
	cookies, err := v.person.Cookies(v.ctx)
	v.must(err)
	visits, _, err := v.History(v.ctx)
	v.must(err)
	kept = append(kept, cookies, visits)
	for _, r := range v.Requests() {
		if referer := r.Header.Get("Referer"); referer != "" {
			kept = append(kept, referer)
		}
		if strings.Contains(r.Header.Get("Referer"), "/c/") {
			v.t.Error("a link went on as Referer")
		}
	}
	var stored string
	if err := v.Evaluate(v.ctx, "JSON.stringify([localStorage, sessionStorage, history.state, name])", &stored); err == nil {
		kept = append(kept, stored)
	}
	raw, err := json.Marshal(kept)
	v.must(err)
	return string(raw)
}

// TestTheCanarySings makes sure that the checks above would find something.
func TestTheCanarySings(t *testing.T) {
	w := &wire{text: map[string][]string{"/c/x": {"HTTP/1.1 200 OK\r\n\r\n" + forged}}}
	if !testenv.Leaks(w.String(), strings.ToUpper(forged)) {
		t.Error("an answer with a loginId must be found")
	}
}
