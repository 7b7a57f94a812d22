package browser

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

// Whatever people do with the button, the bank asks once.

func TestADoubleClickIsOneSession(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "Greatday")
	p := s.openLink(link, chromium.Options{})
	p.state("Start")
	p.DoubleClick("#go")
	p.toTheBank()
	p.bank(s.flinks, "Greatday").Pass()
	s.expectDone(p, login, 1)
}

func TestTwoTabsAreOneSession(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "Greatday")
	one := s.openLink(link, chromium.Options{})
	two := one.tab(chromium.Options{})
	s.watch(two)
	two.Open(link)
	one.state("Start")
	two.state("Start")
	one.Click("#go")
	two.Click("#go")
	one.toTheBank()
	one.bank(s.flinks, "Greatday").Pass()
	one.state("Done")
	two.Open(link)
	s.expectDone(two, login, 1)
}

// TestTwoPeopleOpenTheSameLink, as in a household: the second sees that the first is at it, and how
// it ends.
func TestTwoPeopleOpenTheSameLink(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "sim_multianswer")
	one := s.openLink(link, chromium.Options{})
	one.Click("#go")
	one.toTheBank()
	one.bank(s.flinks, "").State()
	two := s.openLink(link, chromium.Options{})
	two.state("InUse")
	two.Screenshot("in-use")
	two.none("#go")
	one.bank(s.flinks, "").Pass()
	s.expectDone(one, login, 1)
	two.state("Done")
}

func TestTheBackButtonIsHarmless(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", flinkssim.DefaultUsername)
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.state("Done")
	s.ready("acme")
	p.Open(s.flinks + "/v2/") // somewhere else
	p.Back()
	p.state("Done")
	p.none("#go")
	p.Reload()
	p.state("Done")
	s.expectOpened(login, 1)
}

func TestReloadingWhileTheBankAsks(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "Greatday")
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.toTheBank()
	p.bank(s.flinks, "").State()
	p.Reload()
	p.state("Resume")
	p.Click("#go")
	p.bank(s.flinks, "").Pass()
	s.expectDone(p, login, 1)
}
