package browser

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/devplane/preview"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/test/browser/axe"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

// looks are how people look at a page: on a phone or enlarged to twice its size, in light or dark.
var looks = map[string]chromium.Options{
	"phone": {Phone: true}, "phone in the dark": {Phone: true, Dark: true},
	"enlarged": {Zoom: true}, "enlarged in the dark": {Zoom: true, Dark: true},
}

// TestEveryPageIsAccessible to axe-core, in every state and both languages, and fits the screen.
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	gateway := gatewayOf(t, preview.Backend{})
	for _, language := range []string{"en", "fr"} {
		for _, view := range preview.Views() {
			t.Run(language+" "+preview.Name(view), func(t *testing.T) {
				t.Parallel()
				p := newPage(t, chromium.Options{})
				p.Expect("status of 4")
				p.Open(gateway + "/c/" + preview.Token(view, language))
				p.state(string(view.State))
				p.language(language)
				p.accessible()
			})
		}
		t.Run(language+" landed", func(t *testing.T) {
			t.Parallel()
			p := newPage(t, chromium.Options{Language: language})
			p.Expect("status of 4")
			p.Open(gateway + "/landed")
			p.state("Failed") // No link was opened.
			p.accessible()
		})
	}
}

// accessible checks the page in every look.
func (p *page) accessible() {
	p.T().Helper()
	axe.Load(p.Tab)
	for name, look := range looks {
		p.Look(look)
		p.fits()
		axe.Check(p.Tab, name)
	}
}

// framing is an operator whose page opens Flinks Connect.
type framing struct {
	preview.Backend

	url string
}

func (f framing) Connect(context.Context, linkapi.Visit) (linkapi.Identifier, error) {
	return linkapi.NewIdentifier(f.url), nil
}

func (f framing) View(ctx context.Context, visit linkapi.Visit) (linkapi.View, error) {
	view, err := f.Backend.View(ctx, visit)
	view.ConnectOrigin = f.url
	return view, err
}

// TestTheOpenFrameIsAccessible: the page around Flinks Connect is, too, and says that the customer is
// at the second step.
func TestTheOpenFrameIsAccessible(t *testing.T) {
	t.Parallel()
	flinks := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(flinks.Close)
	gateway := gatewayOf(t, framing{url: named(flinks, "flinks.test")})
	p := newPage(t, chromium.Options{})
	p.Expect("status of 4")
	p.Open(gateway + "/c/" + preview.Token(preview.Views()[0], "en"))
	p.Read("#steps [aria-current=step]", "Start here")
	p.Click("#go")
	p.state("Open")
	p.Read("#steps [aria-current=step]", "Confirm with your bank")
	p.accessible()
}
