package chromium

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// running is the browser of all tests of the package, and the web that it sees.
type running struct {
	browser *Browser
	site    *httptest.Server
	err     error
}

var shared = sync.OnceValue(func() *running {
	r := &running{site: httptest.NewTLSServer(pages())}
	r.browser, r.err = Start(context.Background(), r.site.Certificate())
	return r
})

func TestMain(m *testing.M) {
	code := m.Run()
	if r := shared(); r.browser != nil {
		if err := r.browser.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "closing the browser:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// pages returns small pages, each for one thing that a browser does.
func pages() http.Handler {
	mux := http.NewServeMux()
	page := func(path, policy, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if policy != "" {
				w.Header().Set("Content-Security-Policy", policy)
			}
			http.SetCookie(w, &http.Cookie{Name: "__Host-seen", Value: "yes", Path: "/", Secure: true, HttpOnly: true})
			_, _ = fmt.Fprintf(w, "<!DOCTYPE html><meta name=viewport content='width=device-width'><title>%s</title><body>%s",
				path, strings.ReplaceAll(body, "$query", r.URL.RawQuery))
		})
	}
	page("/button", "", `<h1>One</h1><button id=go onclick="this.textContent='pressed '+(++n)">Go</button><p hidden id=secret>x</p>
		<script>var n = 0;</script>`)
	page("/frame", "", `<iframe src="$query" width=600 height=500 style="margin:77px; border:5px solid"></iframe><p id=heard></p>
		<script>addEventListener("message", e => heard.textContent = e.origin + " " + e.data)</script>`)
	page("/form", "", `<div style="height:900px"></div><label for=name>Name</label><input id=name>
		<label><input type=checkbox id=box> Box</label>
		<button id=send onclick="parent.postMessage(document.getElementById('name').value, '*')">Send</button>`)
	page("/covered", "", `<button id=under>Under</button><div style="position:fixed; inset:0; background:white">over</div>`)
	page("/disabled", "", `<button disabled id=under>Under</button>`)
	page("/broken", "", `<script>undefinedFunction()</script>`)
	page("/complains", "", `<script>console.error("bad")</script>`)
	page("/forbidden", "default-src 'none'", `<script>document.title = "ran"</script>`)
	page("/next", "", `<a href="/button" id=away>away</a><noscript><p id=note>no scripts</p></noscript>`)
	page("/phone", "", `<button id=go ontouchstart="this.dataset.touched=1" onclick="this.textContent=innerWidth+' '+this.dataset.touched">Go</button>`)
	page("/out", "", `<img src="https://example.com/x.png">`)
	return mux
}

// newTab opens a tab with cookies of its own.
func newTab(t *testing.T, o Options) *Tab {
	t.Helper()
	r := shared()
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.browser.NewTab(t, o)
}

// site returns the address of the pages under another name.
func site(host string) string { return strings.Replace(shared().site.URL, "127.0.0.1", host, 1) }

func TestClick(t *testing.T) {
	tab := newTab(t, Options{})
	tab.Open(site("site.test") + "/button")
	if got := tab.Text("h1"); got != "One" {
		t.Errorf("got %q", got)
	}
	tab.Click("#go")
	tab.Read("#go", "pressed 1")
	tab.DoubleClick("#go")
	tab.Read("#go", "pressed 3")
	if tab.Shows("#secret") {
		t.Error("a hidden element must count as not shown")
	}
}

func TestFrameOfAnotherSite(t *testing.T) {
	tab := newTab(t, Options{})
	inner := site("site.test")
	tab.Open(site("outer.test") + "/frame?" + inner + "/form")
	frame := tab.Embedded(inner)
	frame.Type("#name", "Zoé & co")
	frame.Click("#box")
	frame.Click("#send")
	tab.Read("#heard", inner+" Zoé & co")
	var ticked bool
	frame.Run("document.getElementById('box').checked", &ticked)
	if !ticked {
		t.Error("the box must be ticked")
	}
	if alive, err := frame.Alive(tab.ctx); !alive || err != nil {
		t.Errorf("got %t, %v", alive, err)
	}
	tab.Run("document.querySelector('iframe').remove()", nil)
	if alive, err := frame.Alive(tab.ctx); alive || err != nil {
		t.Errorf("got %t, %v after the frame was removed", alive, err)
	}
}

func TestOutOfReach(t *testing.T) {
	for _, path := range []string{"/covered", "/disabled"} {
		tab := newTab(t, Options{})
		tab.Open(site("site.test") + path)
		ctx, cancel := context.WithTimeout(tab.ctx, 300*time.Millisecond)
		err := until(ctx, func() error {
			_, err := tab.reach(ctx, "#under")
			return err
		})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestProblems(t *testing.T) {
	for path, problem := range map[string]string{
		"/broken": "undefinedFunction", "/complains": "console: \"bad\"", "/forbidden": "Content Security Policy", "/out": "ERR_NAME_NOT_RESOLVED",
	} {
		tab := newTab(t, Options{})
		tab.Expect("undefinedFunction", "bad", "Content Security Policy", "policy: script-src", "ERR_NAME_NOT_RESOLVED")
		tab.Open(site("site.test") + path)
		tab.AwaitProblem(problem)
	}
}

func TestKeyboard(t *testing.T) {
	tab := newTab(t, Options{})
	tab.Open(site("site.test") + "/form")
	tab.TabTo("#name")
	tab.Press("abc" + kb.Tab + " " + kb.Tab)
	tab.Until("document.activeElement.id === 'send'")
	tab.Until("document.getElementById('name').value === 'abc' && box.checked")
	tab.Open(site("site.test") + "/button")
	tab.Press(kb.Tab + kb.Enter)
	tab.Read("#go", "pressed 1")
	tab.Press(" ")
	tab.Read("#go", "pressed 2")
}

func TestPhone(t *testing.T) {
	tab := newTab(t, Options{Phone: true})
	tab.Open(site("site.test") + "/phone")
	tab.Click("#go")
	tab.Read("#go", "360 1")
}

func TestLanguageCookiesAndHeaders(t *testing.T) {
	tab := newTab(t, Options{Language: "fr-CA"})
	tab.Open(site("site.test") + "/next")
	tab.Click("#away")
	tab.See("#go")
	requests := tab.Requests()
	i := slices.IndexFunc(requests, func(r Request) bool { return strings.HasSuffix(r.URL, "/button") })
	if i < 0 {
		t.Fatalf("got %+v", requests)
	}
	got := requests[i].Header
	if got.Get("Referer") != site("site.test")+"/next" || got.Get("Accept-Language") != "fr-CA" || got.Get("Cookie") != "__Host-seen=yes" {
		t.Errorf("got %v", got)
	}
	if cookies := tab.Cookies(); len(cookies) != 1 || cookies[0].Name != "__Host-seen" || !cookies[0].HTTPOnly {
		t.Errorf("got cookies %+v", cookies)
	}
	if n := len(tab.Another(Options{}).Cookies()); n != 1 {
		t.Errorf("got %d cookies in another tab of the same person", n)
	}
	if n := len(newTab(t, Options{}).Cookies()); n != 0 {
		t.Errorf("got %d cookies in the tab of another person", n)
	}
}

func TestHistory(t *testing.T) {
	tab := newTab(t, Options{})
	tab.Open(site("site.test") + "/next")
	tab.Click("#away")
	tab.See("#go")
	tab.Back()
	tab.See("#away")
	if at := tab.Address(); at != site("site.test")+"/next" {
		t.Errorf("got %q", at)
	}
	if n := len(tab.History()); n != 3 { // about:blank is the first
		t.Errorf("got %d entries", n)
	}
}

func TestWithoutScripts(t *testing.T) {
	tab := newTab(t, Options{NoScript: true})
	tab.Open(site("site.test") + "/next")
	tab.Read("#note", "no scripts")
}

func TestScreenshot(t *testing.T) {
	t.Chdir(t.TempDir())
	tab := newTab(t, Options{})
	tab.Open(site("site.test") + "/form")
	tab.Screenshot("form")
	raw, err := os.ReadFile("screenshots/form.png")
	if err != nil {
		t.Fatal(err)
	}
	size, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil || size.Width != 1280 || size.Height <= 900 {
		t.Errorf("got a picture of %d by %d, %v, want all of the page, which is higher than the screen", size.Width, size.Height, err)
	}
}

func TestUnknownHost(t *testing.T) {
	tab := newTab(t, Options{})
	err := chromedp.Do(tab.ctx, chromedp.Navigate("https://nobody.example.com/?secret"))
	if !errors.Is(err, chromedp.ErrPageLoad) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestNoChromium(t *testing.T) {
	t.Setenv(Variable, "")
	t.Setenv("PATH", t.TempDir())
	if _, err := Start(t.Context()); err == nil || !strings.Contains(err.Error(), "make chromium") {
		t.Errorf("got %v", err)
	}
	t.Setenv(Variable, "/nowhere/chromium")
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "/nowhere/chromium") {
		t.Errorf("got %v", err)
	}
}
