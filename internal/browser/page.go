package browser

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"sync"
)

// PageOptions say how somebody looks at a page.
type PageOptions struct {
	// Phone has a small screen, and fingers.
	Phone bool
	// Language is what the browser asks servers for, such as fr-CA; en-CA by default.
	Language string
	// Dark is for people who prefer dark colours.
	Dark bool
	// NoScript turns scripts off.
	NoScript bool
	// IgnorePolicy lets a test put things into a page that its Content-Security-Policy
	// forbids.
	IgnorePolicy bool
}

// Page is a tab. Its own document is reached by its methods, embedded ones by
// Embedded.
type Page struct {
	Frame

	browser *Browser
	target  string
	session string
	phone   bool

	mu        sync.Mutex
	contexts  map[string]int // the script world of each frame
	problems  []string
	requests  []*Request
	byRequest map[string]*Request
}

// NewPage opens an empty tab.
func (p *Person) NewPage(ctx context.Context, o PageOptions) (*Page, error) {
	page := &Page{browser: p.browser, phone: o.Phone, contexts: map[string]int{}, byRequest: map[string]*Request{}}
	if err := page.attach(ctx, p.id); err != nil {
		return nil, fmt.Errorf("opening a tab: %w", err)
	}
	if err := page.prepare(ctx, o); err != nil {
		return nil, fmt.Errorf("opening a tab: %w", err)
	}
	return page, nil
}

func (p *Page) attach(ctx context.Context, person string) error {
	var made struct{ TargetID string }
	if err := p.browser.pipe.call(ctx, "", "Target.createTarget",
		map[string]any{"url": "about:blank", "browserContextId": person}, &made); err != nil {
		return err
	}
	var attached struct{ SessionID string }
	if err := p.browser.pipe.call(ctx, "", "Target.attachToTarget",
		map[string]any{"targetId": made.TargetID, "flatten": true}, &attached); err != nil {
		return err
	}
	p.target, p.session = made.TargetID, attached.SessionID
	p.Frame = Frame{page: p, id: made.TargetID} // a page's own frame has the name of its target
	p.browser.mu.Lock()
	defer p.browser.mu.Unlock()
	p.browser.pages[p.session] = p
	return nil
}

// prepare turns on what is to be seen, and sets up how the person looks at it.
func (p *Page) prepare(ctx context.Context, o PageOptions) error {
	for _, domain := range []string{"Page", "Runtime", "Network", "Log", "Audits", "DOM"} {
		if err := p.call(ctx, domain+".enable", none, nil); err != nil {
			return err
		}
	}
	language := o.Language
	if language == "" {
		language = "en-CA"
	}
	settings := []setting{
		{"Network.setUserAgentOverride", map[string]any{"userAgent": p.browser.userAgent, "acceptLanguage": language}},
		{"Emulation.setDeviceMetricsOverride", screen(o.Phone)},
		{"Emulation.setTouchEmulationEnabled", map[string]any{"enabled": o.Phone}},
		{"Emulation.setScriptExecutionDisabled", map[string]any{"value": o.NoScript}},
		{"Emulation.setEmulatedMedia", map[string]any{"features": []any{
			map[string]any{"name": "prefers-color-scheme", "value": scheme(o.Dark)},
		}}},
		{"Emulation.setFocusEmulationEnabled", map[string]any{"enabled": true}},
		{"Page.setBypassCSP", map[string]any{"enabled": o.IgnorePolicy}},
	}
	for _, s := range settings {
		if err := p.call(ctx, s.method, s.params, nil); err != nil {
			return err
		}
	}
	return nil
}

type setting struct {
	method string
	params any
}

func scheme(dark bool) string {
	if dark {
		return "dark"
	}
	return "light"
}

func screen(phone bool) any {
	if phone {
		return map[string]any{"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true}
	}
	return map[string]any{"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": false}
}

func (p *Page) call(ctx context.Context, method string, params, result any) error {
	return p.browser.pipe.call(ctx, p.session, method, params, result)
}

// Close closes the tab.
func (p *Page) Close(ctx context.Context) error {
	return p.browser.pipe.call(ctx, "", "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
}

// ErrNotOpened: nothing answered, or the browser refused to go there.
var ErrNotOpened = errors.New("the page does not open")

// Open goes to an address, as if it was typed, and waits until the page and
// what it embeds are there. The error does not hold the address.
func (p *Page) Open(ctx context.Context, address string) error {
	var got struct{ ErrorText string }
	if err := p.call(ctx, "Page.navigate", map[string]any{"url": address, "transitionType": "typed"}, &got); err != nil {
		return err
	}
	if got.ErrorText != "" {
		return fmt.Errorf("%w: %s", ErrNotOpened, got.ErrorText)
	}
	return p.loaded(ctx)
}

// Reload fetches the page again.
func (p *Page) Reload(ctx context.Context) error {
	if err := p.call(ctx, "Page.reload", none, nil); err != nil {
		return err
	}
	return p.loaded(ctx)
}

// Visit is one entry of a tab's history.
type Visit struct {
	ID       int
	URL      string
	TypedURL string `json:"userTypedURL"`
	Title    string
}

// History is what the back button goes through, and where the tab is in it.
func (p *Page) History(ctx context.Context) (visits []Visit, at int, err error) {
	var got struct {
		CurrentIndex int
		Entries      []Visit
	}
	err = p.call(ctx, "Page.getNavigationHistory", none, &got)
	return got.Entries, got.CurrentIndex, err
}

// Back presses the back button.
func (p *Page) Back(ctx context.Context) error { return p.move(ctx, -1) }

// Forward presses the forward button.
func (p *Page) Forward(ctx context.Context) error { return p.move(ctx, +1) }

func (p *Page) move(ctx context.Context, by int) error {
	visits, at, err := p.History(ctx)
	if err != nil {
		return err
	}
	if at+by < 0 || at+by >= len(visits) {
		return errors.New("the history has no such entry")
	}
	if err := p.call(ctx, "Page.navigateToHistoryEntry", map[string]any{"entryId": visits[at+by].ID}, nil); err != nil {
		return err
	}
	return p.loaded(ctx)
}

// Address is where the tab is now.
func (p *Page) Address(ctx context.Context) (string, error) {
	visits, at, err := p.History(ctx)
	if err != nil || at >= len(visits) {
		return "", errors.Join(err, errors.New("the tab is nowhere"))
	}
	return visits[at].URL, nil
}

// Screenshot writes a picture of the whole page, as a PNG.
func (p *Page) Screenshot(ctx context.Context, file string) error {
	var layout struct {
		Size struct{ Width, Height float64 } `json:"cssContentSize"`
	}
	if err := p.call(ctx, "Page.getLayoutMetrics", none, &layout); err != nil {
		return err
	}
	var got struct{ Data string }
	err := p.call(ctx, "Page.captureScreenshot", map[string]any{
		"format": "png", "captureBeyondViewport": true,
		"clip": map[string]any{"x": 0, "y": 0, "width": layout.Size.Width, "height": layout.Size.Height, "scale": 1},
	}, &got)
	if err != nil {
		return err
	}
	picture, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil {
		return fmt.Errorf("reading a screenshot: %w", err)
	}
	return os.WriteFile(file, picture, 0o600)
}
