package browser

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
	"github.com/flinks-operator/flinks-operator/test/browser/connect"
)

// application is where customers come from, and go back to.
type application struct {
	url string
	// status it answers with, and the Referer that it was last sent.
	status  int
	referer atomic.Value
	visits  atomic.Int32
}

func newApplication(t *testing.T, status int) *application {
	t.Helper()
	a := &application{status: status}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/banks" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		a.visits.Add(1)
		a.referer.Store(r.Referer())
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(a.status)
		if a.status == http.StatusOK {
			_, _ = w.Write([]byte("<!doctype html><title>Banks</title><h1 id=application>Welcome back</h1>"))
		}
	}))
	t.Cleanup(server.Close)
	a.url = named(server, "app.test") + "/banks?from=mail"
	return a
}

// expects makes customers come back to the application.
func (a *application) expects(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect.RedirectURL = a.url + "#top"
}

// journey waits for a state of the journey of acme's link.
func (s *fixture) journey(want v1alpha1.JourneyState) *v1alpha1.LinkJourney {
	s.t.Helper()
	var got *v1alpha1.LinkJourney
	s.await("the link to be "+string(want), func() bool {
		got = s.Get("acme").Status.Link
		return got != nil && got.State == want
	})
	return got
}

// way does what a click does that opens Flinks Connect, and returns where it leads.
func (p *page) way() string {
	p.T().Helper()
	var address string
	p.Run(`(async () => {
		const response = await fetch(location.pathname + "/connect", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"});
		return (await response.json()).url;
	})()`, &address)
	return address
}

// TestTheWayBack: after a success the page goes back to the application at once, which is told of which
// connection and of the result, and of nothing else. A customer who opens the link afterwards is told
// that it is fixed, and may go back by a click.
func TestTheWayBack(t *testing.T) {
	t.Parallel()
	for name, knobs := range map[string]func(*flinkssim.Knobs){"by an event": func(*flinkssim.Knobs) {}, "by the landing page": landsOnly} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, app := newFixture(t, knobs), newApplication(t, http.StatusOK)
			link := s.unlinked("acme", app.expects)
			p := s.openLink(link, chromium.Options{})
			s.journey(v1alpha1.JourneyOpened)
			p.Click("#go")
			b := p.bank(s.flinks, flinkssim.DefaultUsername)
			b.State()
			s.journey(v1alpha1.JourneyLeftForBank)
			b.Pass()
			p.See("#application")
			if got, want := p.Address(), app.url+"&connection=acme&result=Completed#top"; got != want {
				t.Errorf("came back to %q, want %q", got, want)
			}
			if referer := app.referer.Load(); referer != "" {
				t.Errorf("the application is told %q", referer)
			}
			s.ready("acme")
			s.journey(v1alpha1.JourneyCompleted)
			other := s.openLink(link, chromium.Options{})
			other.Read("h1", "This is already fixed")
			other.Screenshot("already-fixed")
			if got, want := other.Attribute("#return", "href"), app.url+"&connection=acme&result=AlreadyFixed#top"; got != want {
				t.Errorf("the way back is %q, want %q", got, want)
			}
			if n := app.visits.Load(); n != 1 {
				t.Errorf("came back %d times", n)
			}
		})
	}
}

// TestAWayBackThatDoesNotWork: the page says that all is done, and has a link that can be seen.
func TestAWayBackThatDoesNotWork(t *testing.T) {
	t.Parallel()
	s, app := newFixture(t), newApplication(t, http.StatusNoContent) // which leaves the browser where it is
	p := s.openLink(s.unlinked("acme", app.expects), chromium.Options{})
	p.Click("#go")
	p.bank(s.flinks, flinkssim.DefaultUsername).Pass()
	p.state("Done")
	p.Read("h1", "All done")
	p.Read("#return", "Back to app.test")
	p.accessible()
	p.Screenshot("done-way-back")
	p.Click("#return")
	s.await("a click", func() bool { return app.visits.Load() == 2 })
}

// TestBackInAnotherTab: Flinks Connect returns the customer in another tab of their browser, to the landing
// page. Both tabs come to the same end.
func TestBackInAnotherTab(t *testing.T) {
	t.Parallel()
	s := newFixture(t, landsOnly)
	link := s.unlinked("acme")
	one := s.openLink(link, chromium.Options{})
	one.state("Connect")
	one.Expect("status of 409") // The state is another one by the time of the click.
	two := one.tab(chromium.Options{})
	two.Open(one.way())
	connect.On(two.Tab, s.flinks, flinkssim.DefaultUsername).Pass()
	two.state("Done")
	two.Read("h1", "All done")
	s.ready("acme")
	s.journey(v1alpha1.JourneyCompleted)
	one.Click("#go") // on a page that knows nothing of it yet
	one.state("Done")
	one.Read("h1", "This is already fixed")
	if got := s.Sim.Logins(); len(got) != 1 || got[0].LoginID != s.loginID("acme") {
		t.Errorf("got logins %v, want the one that is stored", got)
	}
}

// TestBackInAnotherBrowser: the customer answers the bank in a browser that knows nothing of the link. It
// tells them to open the link again, and every browser that does shows how it ended.
func TestBackInAnotherBrowser(t *testing.T) {
	t.Parallel()
	s := newFixture(t, func(k *flinkssim.Knobs) { k.JSRedirectIgnored = true })
	login, link := s.returning("acme", "sim_multichoice")
	one := s.openLink(link, chromium.Options{})
	one.Click("#go")
	one.toTheBank()
	one.bank(s.flinks, "").State()
	two := newPage(t, chromium.Options{})
	two.Expect("status of 400") // No link was opened in this browser.
	two.Open(one.way())
	connect.On(two.Tab, s.flinks, "sim_multichoice").Pass()
	two.state("Failed")
	two.Screenshot("back-in-another-browser")
	two.Open(link)
	s.expectDone(two, login, 1)
	one.Reload()
	one.state("Done")
	one.Read("h1", "This is already fixed")
}

// TestAStuckPage: Flinks Connect says to a page that is gone that the customer is done. Opening the link
// again leads on from there, although no session of the bank tells the operator.
func TestAStuckPage(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "greatday_nomfa+changed", func(o *flinkssim.SeedOptions) { o.LastCode = "INVALID_LOGIN" })
	s.Sim.SetBankPassword("greatday_nomfa+changed", "Newer")
	p := s.openLink(link, chromium.Options{})
	p.state("Connect")
	way := p.way()
	p.Open(way)
	b := connect.On(p.Tab, s.flinks, "greatday_nomfa+changed")
	b.Password = "Newer"
	b.Pass()
	s.journey(v1alpha1.JourneyLeftForBank)
	p.Open(link)
	p.state("Done")
	s.ready("acme")
	j := s.journey(v1alpha1.JourneyCompleted)
	if j.ReturnedTime == nil || s.loginID("acme") != login {
		t.Errorf("the journey is %+v", j)
	}
}

// TestAnotherLoginIsTold: the platform learns that the customer came back with another login than the bound
// one, which stays.
func TestAnotherLoginIsTold(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "greatday_nomfa+mine", func(o *flinkssim.SeedOptions) { o.LastCode = "INVALID_LOGIN" })
	p := s.openLink(link, chromium.Options{Language: "fr-CA"})
	p.Click("#go")
	p.bank(s.flinks, "greatday_nomfa+another").Pass()
	p.state("OtherLogin")
	p.language("fr")
	p.none("#return")
	if j := s.journey(v1alpha1.JourneyReturned); j.Reason != v1alpha1.ReasonOtherLogin {
		t.Errorf("the journey is %+v", j)
	}
	c := s.Get("acme")
	if len(c.Status.UnverifiedLogins) != 1 || s.loginID("acme") != login {
		t.Errorf("unverified: %+v", c.Status.UnverifiedLogins)
	}
	for _, l := range s.Sim.Logins() {
		if l.Deleted {
			t.Error("a login was deleted on the word of a browser")
		}
	}
}
