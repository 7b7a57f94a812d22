package browser

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// Whatever people do with the button, the bank asks once.

func TestADoubleClickIsOneSession(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "Greatday")
	v := s.visit(link, browser.PageOptions{})
	v.state("Start")
	v.doubleClick("#go")
	v.toTheBank()
	v.bank(s.flinks, "Greatday").pass()
	v.state("Done")
	s.ready("acme")
	if n := s.opened(login); n != 1 {
		t.Errorf("got %d sessions, want one", n)
	}
}

func TestTwoTabsAreOneSession(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "Greatday")
	one := s.visit(link, browser.PageOptions{})
	two := one.tab(browser.PageOptions{})
	s.watch(two)
	two.open(link)
	one.state("Start")
	two.state("Start")
	one.click("#go")
	two.click("#go")
	one.toTheBank()
	one.bank(s.flinks, "Greatday").pass()
	one.state("Done")
	two.open(link)
	two.state("Done")
	s.ready("acme")
	if n := s.opened(login); n != 1 {
		t.Errorf("got %d sessions, want one", n)
	}
}

// TestTwoPeopleOpenTheSameLink, as in a household: the second finds what the
// first began, and may finish it.
func TestTwoPeopleOpenTheSameLink(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "sim_multianswer")
	one := s.visit(link, browser.PageOptions{})
	one.click("#go")
	one.toTheBank()
	one.bank(s.flinks, "").state()
	two := s.visit(link, browser.PageOptions{})
	two.state("Resume")
	two.picture("resume")
	two.click("#go")
	two.bank(s.flinks, "").pass()
	two.state("Done")
	s.ready("acme")
	if n := s.opened(login); n != 1 {
		t.Errorf("got %d sessions, want one", n)
	}
}

func TestTheBackButtonIsHarmless(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", flinkssim.DefaultUsername)
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.state("Done")
	s.ready("acme")
	v.open(s.flinks + "/v2/") // somewhere else
	v.back()
	v.state("Done")
	v.none("#go")
	v.reload()
	v.state("Done")
	if n := s.opened(login); n != 1 {
		t.Errorf("got %d sessions, want one", n)
	}
}

func TestReloadingWhileTheBankAsks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "Greatday")
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.toTheBank()
	v.bank(s.flinks, "").state()
	v.reload()
	v.state("Resume")
	v.click("#go")
	v.bank(s.flinks, "").pass()
	v.state("Done")
	s.ready("acme")
	if n := s.opened(login); n != 1 {
		t.Errorf("got %d sessions, want one", n)
	}
}
