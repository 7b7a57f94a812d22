package browser

import (
	"context"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/devplane/preview"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

// scripted stands for the operator, so that every state of the page can be looked
// at, also those that are hard to get into.
type scripted struct{ view linkapi.View }

var _ linkapi.Backend = scripted{}

func (s scripted) View(context.Context, linkapi.Visit) (linkapi.View, error) {
	return s.view, nil
}

func (s scripted) Open(context.Context, linkapi.Visit) (linkapi.View, error) {
	return s.view, nil
}

func (s scripted) Start(context.Context, linkapi.Visit) (linkapi.View, error) {
	return s.view, nil
}

func (scripted) Logo(context.Context, linkapi.Visit) ([]byte, error) { return nil, linkapi.ErrNotFound }

func (scripted) Connect(context.Context, linkapi.Visit) (linkapi.Identifier, error) {
	return linkapi.Identifier{}, linkapi.ErrUnavailable
}

func (s scripted) Finish(context.Context, linkapi.Visit, linkapi.Identifier, linkapi.Identifier, ...linkapi.Identifier) (linkapi.View, error) {
	return s.view, nil
}

func (s scripted) Prove(context.Context, linkapi.Visit, linkapi.Identifier) (linkapi.View, error) {
	return s.view, nil
}

func (scripted) WebhookKeys(context.Context, linkapi.Instance) ([]linkapi.Identifier, error) {
	return nil, linkapi.ErrNotFound
}

func (scripted) Notify(context.Context, linkapi.Instance, linkapi.Identifier) error { return nil }

// TestEveryState takes pictures of every state, in both languages, on a large and
// a small screen, in light and dark, and checks what can be checked without eyes.
func TestEveryState(t *testing.T) {
	t.Parallel()
	looks := []struct {
		name     string
		language string
		options  chromium.Options
	}{
		{"en", "en", chromium.Options{Language: "en-CA"}},
		{"fr-phone-dark", "fr", chromium.Options{Language: "fr-CA", Phone: true, Dark: true}},
	}
	for _, view := range preview.Views() {
		if view.Title != "" {
			view.Title = strings.Repeat("Mortgage", 12) // as long as it can be, and one word
		}
		for _, look := range looks {
			name := preview.Name(view) + "-" + look.name
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newPage(t, look.options)
				p.Expect("status of 4")
				p.Open(gatewayOf(t, scripted{view}) + "/c/" + strings.Repeat("a", 64))
				p.state(string(view.State))
				p.language(look.language)
				p.fits()
				p.wellMade()
				p.Screenshot("state-" + name)
			})
		}
	}
}

// wellMade checks what people depend on who do not see well, or not at all.
func (p *page) wellMade() {
	p.T().Helper()
	var wrong []string
	p.Run(wellMade, &wrong)
	for _, w := range wrong {
		p.T().Errorf("the page: %s", w)
	}
}

// wellMade is a script that lists what is wrong: headings, names of controls, and
// the contrast of text, which is 4.5 to 1 at least.
const wellMade = `(() => {
  const wrong = [];
  const shown = [...document.body.querySelectorAll("*")].filter(e => e.checkVisibility({visibilityProperty: true}));
  if (shown.filter(e => e.matches("h1")).length !== 1) wrong.push("there must be one heading");
  if (!document.title.trim()) wrong.push("it has no title");
  for (const e of shown) {
    if (e.matches("button, a") && !(e.innerText.trim() || e.ariaLabel)) wrong.push("a control has no name");
    if (e.matches("iframe") && !e.title) wrong.push("a frame has no title");
    if (e.matches("[tabindex]:not([tabindex='0']):not([tabindex='-1'])")) wrong.push("the order of focus is changed");
  }
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d", {willReadFrequently: true});
  const pixel = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    const colours = [];
    for (; e; e = e.parentElement) colours.unshift(getComputedStyle(e).backgroundColor);
    return [matchMedia("(prefers-color-scheme: dark)").matches &&
      getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "#121212" : "white", ...colours];
  };
  for (const e of shown) {
    if (![...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.textContent.trim())) continue;
    const ground = behind(e), text = light(pixel(...ground, getComputedStyle(e).color)), paper = light(pixel(...ground));
    const contrast = (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
    if (contrast < 4.5) wrong.push("text is hard to read (" + contrast.toFixed(1) + "): " + e.textContent.trim().slice(0, 40));
  }
  return wrong;
})()`
