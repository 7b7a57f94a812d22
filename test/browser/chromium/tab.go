package chromium

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// Patience is how long a tab waits for anything on a busy machine.
const Patience = 30 * time.Second

// pictures is where screenshots go, in the directory of the test.
const pictures = "screenshots"

// Options say how a person looks at a page.
type Options struct {
	// Phone has a small screen, and fingers.
	Phone bool
	// Language is what the browser asks servers for, such as fr-CA; en-CA by default.
	Language string
	// Zoom enlarges everything to twice its size, as with Ctrl and +.
	Zoom bool
	// Dark is for people who prefer dark colours.
	Dark bool
	// NoScript turns scripts off.
	NoScript bool
	// IgnorePolicy lets a test put things into a page that its Content-Security-Policy
	// forbids.
	IgnorePolicy bool
}

// Tab is a tab of the browser, and the document that it shows.
type Tab struct {
	Frame

	t       testing.TB
	browser *Browser
	// ctx has the tab as its target.
	ctx   context.Context
	phone bool

	mu       sync.Mutex
	contexts map[cdp.FrameID]string // the execution context of each frame's own scripts
	problems []string
	// expected are parts of problems that belong to the test.
	expected []string
	requests []*Request
	byID     map[network.RequestID]*Request
}

// NewTab opens an empty tab with cookies of its own, until the test ends.
func (b *Browser) NewTab(t testing.TB, o Options) *Tab {
	t.Helper()
	return b.newTab(b.ctx, t, o, chromedp.WithNewBrowserContext())
}

// Another opens another tab, which has the same cookies.
func (tab *Tab) Another(o Options) *Tab {
	tab.t.Helper()
	return tab.browser.newTab(tab.ctx, tab.t, o)
}

func (b *Browser) newTab(parent context.Context, t testing.TB, o Options, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	tab := &Tab{
		t: t, browser: b, phone: o.Phone, contexts: map[cdp.FrameID]string{}, byID: map[network.RequestID]*Request{},
	}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(tab.record))...)
	t.Cleanup(cancel)
	tab.must("opening a tab", chromedp.Do(ctx, b.settings(o)...))
	// A page's own frame has the name of its target.
	tab.ctx, tab.Frame = ctx, Frame{tab: tab, id: cdp.FrameID(chromedp.FromContext(ctx).Target.TargetID)}
	t.Cleanup(tab.reportProblems)
	return tab
}

// settings turn on what the tab records, and set up how the person looks at it.
func (b *Browser) settings(o Options) []chromedp.Action[chromedp.Void] {
	language, scheme := "en-CA", "light"
	if o.Language != "" {
		language = o.Language
	}
	if o.Dark {
		scheme = "dark"
	}
	screen := chromedp.EmulateViewport(1280, 900)
	if o.Zoom {
		screen = chromedp.EmulateViewport(640, 450, chromedp.EmulateScale(2))
	}
	if o.Phone {
		screen = chromedp.EmulateViewport(360, 740, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	return []chromedp.Action[chromedp.Void]{
		screen,
		send(audits.Enable, cdp.Empty{}),
		send(emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: b.userAgent, AcceptLanguage: language}),
		send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: o.NoScript}),
		send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}),
		send(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		send(page.SetBypassCSP, page.SetBypassCSPParams{Enabled: o.IgnorePolicy}),
	}
}

// send returns a call of the protocol as an action.
func send[P any](command cdp.Command[P, cdp.Empty], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// Look changes how the person looks at the page that is open.
func (tab *Tab) Look(o Options) {
	tab.t.Helper()
	tab.do("looking in another way", tab.browser.settings(o)...)
}

// T returns the test that the tab is for.
func (tab *Tab) T() testing.TB { return tab.t }

func (tab *Tab) must(what string, err error) {
	tab.t.Helper()
	if err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

// do carries out actions, and fails the test if one of them does not succeed in time.
func (tab *Tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	tab.must(what, chromedp.Do(ctx, actions...))
}

// Open goes to an address and waits until the page and what it embeds are loaded. An error does
// not hold the address.
func (tab *Tab) Open(address string) {
	tab.t.Helper()
	tab.do("opening a page", chromedp.Navigate(address))
}

// Reload fetches the page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do("reloading the page", chromedp.Reload())
}

// Back presses the back button. chromedp.NavigateBack would wait for a load, and there is none when
// the page comes out of the back/forward cache.
func (tab *Tab) Back() {
	tab.t.Helper()
	history := tab.history()
	if history.CurrentIndex == 0 {
		tab.t.Fatal("going back: there is no earlier page")
	}
	to := history.Entries[history.CurrentIndex-1].ID
	tab.do("going back", send(page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: to}))
	tab.Await("the page before", func(context.Context) error {
		if tab.history().CurrentIndex >= history.CurrentIndex {
			return errNotYet
		}
		return nil
	})
	tab.awaitLoad()
}

// History returns the entries that the back button goes through.
func (tab *Tab) History() []*page.NavigationEntry {
	tab.t.Helper()
	return tab.history().Entries
}

// Address returns the address that the tab shows.
func (tab *Tab) Address() string {
	tab.t.Helper()
	history := tab.history()
	if history.CurrentIndex >= int64(len(history.Entries)) {
		tab.t.Fatal("the tab has no address")
	}
	return history.Entries[history.CurrentIndex].URL
}

func (tab *Tab) history() page.GetNavigationHistoryResult {
	tab.t.Helper()
	history, err := chromedp.Run(tab.ctx, chromedp.NavigationEntries())
	tab.must("reading the history", err)
	return history
}

// Cookies returns all that this tab shares with others.
func (tab *Tab) Cookies() []*network.Cookie {
	tab.t.Helper()
	got, err := chromedp.CallBrowser(tab.ctx, storage.GetCookies,
		storage.GetCookiesParams{BrowserContextID: chromedp.FromContext(tab.ctx).BrowserContextID})
	tab.must("reading cookies", err)
	return got.Cookies
}

// Screenshot writes a picture of the whole page, as a PNG, under a name that says what it shows.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = errors.Join(os.MkdirAll(pictures, 0o700), os.WriteFile(filepath.Join(pictures, name+".png"), picture, 0o600))
	}
	if err != nil {
		tab.t.Errorf("taking a picture: %v", err)
	}
}

// reportProblems fails the test for each problem that it does not expect.
func (tab *Tab) reportProblems() {
	tab.t.Helper()
	for _, p := range tab.Problems() {
		if !tab.expects(p) {
			tab.t.Errorf("a problem of the page: %s", p)
		}
	}
	if tab.t.Failed() {
		tab.Screenshot("failed-" + strings.ReplaceAll(tab.t.Name(), "/", "-"))
	}
}
