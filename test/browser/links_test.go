package browser

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/link"
)

// TestLinksThatDoNotWork say so without saying more.
func TestLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, good := s.returning("acme", "Greatday")
	c := s.Get("acme")
	issued := c.Status.Reconnect.LinkIssueTime.Time
	claims := func(change func(*link.Claims)) string {
		claims := link.Claims{UID: string(c.UID), Purpose: link.Reconnect, Issued: issued, Expires: issued.Add(168 * time.Hour)}
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
			v := newVisitor(t, browser.PageOptions{})
			v.expected = append(v.expected, "status of 4") // what is not found, or gone, may say so
			v.open(tt.link)
			v.state(tt.state)
			v.none("#go")
			v.none("iframe")
			v.picture("link-" + tt.state)
		})
	}
}

// TestADeletedConnection: the link was good, and is not any more.
func TestADeletedConnection(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	link := s.newcomer("acme")
	v := s.visit(link, browser.PageOptions{})
	v.state("Connect")
	s.Kubectl("delete", "bankconnection", "acme", "-n", s.Namespace)
	v.expected = append(v.expected, "status of 4")
	v.click("#go")
	v.state("LinkInvalid")
	v.none("iframe")
	if n := len(s.Sim.Logins()); n != 0 {
		t.Errorf("got %d logins", n)
	}
}

// TestScannersStartNothing: what fetches links before people do, by whatever
// method, runs scripts, or says that it only prefetches.
func TestScannersStartNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "Greatday")
	before := len(s.Sim.Journal())
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost} {
		for _, purpose := range []string{"", "prefetch", "prerender"} {
			s.scan(method, link, purpose)
		}
	}
	v := s.visit(link, browser.PageOptions{})
	v.state("Start")
	v.reload()
	v.state("Start")
	if c := s.Get("acme"); c.Status.GatewayRequest != nil || s.opened(login) != 0 || len(s.Sim.Journal()) != before {
		t.Errorf("got request %+v, %d sessions, %d calls", c.Status.GatewayRequest, s.opened(login), len(s.Sim.Journal())-before)
	}
}

func (s *scene) scan(method, link, purpose string) {
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
	s := newScene(t)
	login, link := s.returning("acme", flinkssim.DefaultUsername)
	v := s.visit(link, browser.PageOptions{NoScript: true})
	v.see("noscript")
	v.picture("no-scripts")
	if n := s.opened(login); n != 0 {
		t.Errorf("got %d sessions", n)
	}
}
