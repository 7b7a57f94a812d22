package browser

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

// TestLinksThatDoNotWork say so without saying more.
func TestLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	_, good := s.returning("acme", "Greatday")
	c := s.Get("acme")
	of := c.Status.Reconnect.Link
	issued := of.IssueTime.Time
	claims := func(change func(*link.Claims)) string {
		claims := link.Claims{KeyID: of.KeyID, UID: string(c.UID), Purpose: link.Reconnect, Issued: issued, Expires: issued.Add(168 * time.Hour)}
		change(&claims)
		return s.signed(s.t, claims)
	}
	for name, tt := range map[string]struct{ link, state string }{
		"expired":  {claims(func(c *link.Claims) { c.Expires = s.clock.Now().Add(-time.Second) }), "LinkExpired"},
		"replaced": {claims(func(c *link.Claims) { c.Issued = c.Issued.Add(-time.Hour) }), "LinkReplaced"},
		"of a connection that is gone": {
			claims(func(c *link.Claims) { c.UID = "11111111-2222-4333-8444-555555555555" }), "LinkInvalid",
		},
		"cut off":  {good[:len(good)-3], "LinkInvalid"},
		"tampered": {good[:len(good)-3] + "AAA", "LinkInvalid"},
		"no token": {s.gateway + "/c/hello", "LinkInvalid"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPage(t, chromium.Options{})
			p.Expect("status of 4") // what is not found, or gone, may say so
			p.Open(tt.link)
			p.state(tt.state)
			p.none("#go")
			p.none("iframe")
			p.Screenshot("link-" + tt.state)
		})
	}
}

// TestADeletedConnection: the link was good, and is not any more.
func TestADeletedConnection(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	link := s.unlinked("acme")
	p := s.openLink(link, chromium.Options{})
	p.state("Connect")
	s.Kubectl("delete", "bankconnection", "acme", "-n", s.Namespace)
	p.Expect("status of 4")
	p.Click("#go")
	p.state("LinkInvalid")
	p.none("iframe")
	if n := len(s.Sim.Logins()); n != 0 {
		t.Errorf("got %d logins", n)
	}
}

// TestScannersStartNothing: what fetches links before people do, by whatever
// method, runs scripts, or says that it only prefetches.
func TestScannersStartNothing(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "Greatday")
	before := len(s.Sim.Journal())
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost} {
		for _, purpose := range []string{"", "prefetch", "prerender"} {
			s.scan(method, link, purpose)
		}
	}
	p := s.openLink(link, chromium.Options{})
	p.state("Start")
	p.Reload()
	p.state("Start")
	if c := s.Get("acme"); c.Status.Internal.GatewayRequest != nil || s.opened(login) != 0 || len(s.Sim.Journal()) != before {
		t.Errorf("got request %+v, %d sessions, %d calls", c.Status.Internal.GatewayRequest, s.opened(login), len(s.Sim.Journal())-before)
	}
}

func (s *fixture) scan(method, link, purpose string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, link, nil)
	if err != nil {
		s.t.Fatal("making the request")
	}
	if purpose != "" {
		req.Header.Set("Sec-Purpose", purpose)
	}
	resp, err := s.program().Do(req)
	if err != nil {
		s.t.Fatalf("%s: no answer", method)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		s.t.Fatal(err)
	}
}

// TestWithoutScripts the page says that it needs them, and who to ask.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", flinkssim.DefaultUsername)
	p := s.openLink(link, chromium.Options{NoScript: true})
	p.See("noscript")
	p.Screenshot("no-scripts")
	s.expectOpened(login, 0)
}
