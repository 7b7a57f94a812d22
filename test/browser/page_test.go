package browser

import (
	"fmt"
	"testing"

	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
	"github.com/flinks-operator/flinks-operator/test/browser/connect"
)

// page is the gateway's page in a tab.
type page struct{ *chromium.Tab }

func newPage(t *testing.T, o chromium.Options) *page {
	t.Helper()
	b, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	return &page{b.NewTab(t, o)}
}

// tab opens another tab of the same person.
func (p *page) tab(o chromium.Options) *page {
	p.T().Helper()
	return &page{p.Another(o)}
}

// bank waits for Flinks Connect in the page's frame.
func (p *page) bank(origin, username string) *connect.Flow {
	p.T().Helper()
	return connect.In(p.Tab, origin, username)
}

// none makes sure that a person sees no such element.
func (p *page) none(selector string) {
	p.T().Helper()
	if p.Shows(selector) {
		p.T().Errorf("the page shows %s", selector)
	}
}

// state waits until the page says that it is in a state.
func (p *page) state(name string) {
	p.T().Helper()
	p.See(fmt.Sprintf("main[data-state=%q]", name))
}

// language checks which one the page says it is in.
func (p *page) language(want string) {
	p.T().Helper()
	if got := p.Attribute("html", "lang"); got != want {
		p.T().Errorf("the page is in %q, want %q", got, want)
	}
}

// toTheBank waits for the bank's question, and clicks once more if the page wants that first.
func (p *page) toTheBank() {
	p.T().Helper()
	p.See("#frame iframe, main[data-state=Resume] #go")
	if !p.Shows("#frame iframe") {
		p.Click("#go")
	}
}

// fits checks that nothing is wider than the screen, and that what is to be tapped is as large as
// a finger.
func (p *page) fits() {
	p.T().Helper()
	var wrong []string
	p.Run(`(() => {
  const wrong = [];
  if (document.scrollingElement.scrollWidth > innerWidth) wrong.push("wider than the screen");
  for (const e of document.querySelectorAll("button, a")) {
    const r = e.getBoundingClientRect();
    if (e.checkVisibility() && (r.height < 44 || r.width < 44)) wrong.push("too small: " + e.textContent);
  }
  return wrong;
})()`, &wrong)
	for _, w := range wrong {
		p.T().Errorf("on a phone: %s", w)
	}
}
