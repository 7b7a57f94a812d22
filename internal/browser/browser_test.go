package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// running is the browser of all tests of the package, and the web that it sees.
type running struct {
	browser *Browser
	site    *httptest.Server // https
	plain   *httptest.Server // http, as another site
	err     error
}

var shared = sync.OnceValue(func() *running {
	r := &running{site: httptest.NewTLSServer(pages()), plain: httptest.NewServer(pages())}
	dir, err := os.MkdirTemp("", "browser-test-")
	if err != nil {
		r.err = err
		return r
	}
	directory = dir
	r.browser, r.err = Start(context.Background(), Options{
		Directory: dir, TrustedKeys: []string{KeyOf(r.site.Certificate())},
	})
	return r
})

var directory string

func TestMain(m *testing.M) {
	code := m.Run()
	if r := shared(); r.browser != nil {
		if err := r.browser.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "closing the browser:", err)
			code = 1
		}
	}
	_ = os.RemoveAll(directory)
	os.Exit(code)
}

// pages are small ones, each for one thing that a browser does.
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
	page("/forbidden", "default-src 'none'", `<script>document.title = "ran"</script>`)
	page("/next", "", `<a href="/button" id=away>away</a><noscript><p id=note>no scripts</p></noscript>`)
	page("/phone", "", `<button id=go ontouchstart="this.dataset.touched=1" onclick="this.textContent=innerWidth+' '+this.dataset.touched">Go</button>`)
	page("/out", "", `<img src="https://example.com/x.png">`)
	return mux
}

// visitor is a new person with one page, who gives up after a while.
type visitor struct {
	*Page
	t      *testing.T
	ctx    context.Context
	person *Person
	site   string
	plain  string
}

func newVisitor(t *testing.T, o PageOptions) *visitor {
	t.Helper()
	r := shared()
	if r.err != nil {
		t.Fatal(r.err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	person, err := r.browser.NewPerson(ctx)
	if err != nil {
		t.Fatal(err)
	}
	page, err := person.NewPage(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Leave(context.WithoutCancel(ctx)) })
	host := func(s *httptest.Server, name string) string {
		return strings.Replace(s.URL, "127.0.0.1", name, 1)
	}
	return &visitor{Page: page, t: t, ctx: ctx, person: person, site: host(r.site, "site.test"), plain: host(r.plain, "other.test")}
}

func (v *visitor) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) clean() {
	v.t.Helper()
	if p := v.Problems(); len(p) > 0 {
		v.t.Errorf("got problems %q", p)
	}
}

func TestClick(t *testing.T) {
	v := newVisitor(t, PageOptions{})
	v.must(v.Open(v.ctx, v.site+"/button"))
	if got, err := v.Text(v.ctx, "h1"); got != "One" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	v.must(v.Click(v.ctx, "#go"))
	v.must(v.Read(v.ctx, "#go", "pressed 1"))
	v.must(v.DoubleClick(v.ctx, "#go"))
	v.must(v.Read(v.ctx, "#go", "pressed 3"))
	if has, err := v.Has(v.ctx, "#secret"); has || err != nil {
		t.Errorf("got %t, %v: nobody sees what is hidden", has, err)
	}
	v.clean()
}

func TestAFrameOfAnotherSite(t *testing.T) {
	v := newVisitor(t, PageOptions{})
	inner := newVisitor(t, PageOptions{}).site
	v.must(v.Open(v.ctx, strings.Replace(v.site, "site.test", "outer.test", 1)+"/frame?"+inner+"/form"))
	frame, err := v.Embedded(v.ctx, inner)
	v.must(err)
	v.must(frame.Type(v.ctx, "#name", "Zoé & co"))
	v.must(frame.Click(v.ctx, "#box"))
	v.must(frame.Click(v.ctx, "#send"))
	v.must(v.Read(v.ctx, "#heard", inner+" Zoé & co"))
	var checked bool
	v.must(frame.Evaluate(v.ctx, "document.getElementById('box').checked", &checked))
	if !checked {
		t.Error("the box must be ticked")
	}
	embeds, err := v.Embeds(v.ctx)
	if diff := cmp.Diff([]string{inner}, embeds); diff != "" || err != nil {
		t.Errorf("got %v, %v", embeds, err)
	}
	v.clean()
}

func TestWhatIsOutOfReachCannotBeClicked(t *testing.T) {
	for _, path := range []string{"/covered", "/disabled"} {
		v := newVisitor(t, PageOptions{})
		v.must(v.Open(v.ctx, v.site+path))
		ctx, cancel := context.WithTimeout(v.ctx, 300*time.Millisecond)
		if err := v.Click(ctx, "#under"); err == nil || !strings.Contains(err.Error(), "#under") {
			t.Errorf("%s: got %v", path, err)
		}
		cancel()
	}
}

func TestProblems(t *testing.T) {
	for path, want := range map[string]string{
		"/broken": "undefinedFunction", "/forbidden": "Content Security Policy", "/out": "ERR_NAME_NOT_RESOLVED",
	} {
		v := newVisitor(t, PageOptions{})
		v.must(v.Open(v.ctx, v.site+path))
		v.must(until(v.ctx, "a problem", func() error {
			if !strings.Contains(fmt.Sprint(v.Problems()), want) {
				return errNotYet
			}
			return nil
		}))
	}
}

func TestKeyboard(t *testing.T) {
	v := newVisitor(t, PageOptions{})
	v.must(v.Open(v.ctx, v.site+"/form"))
	v.must(v.Press(v.ctx, "Tab"))
	v.must(v.Write(v.ctx, "abc"))
	v.must(v.Press(v.ctx, "Tab", "Space", "Tab"))
	if focused, err := v.Focused(v.ctx); focused != "button#send" || err != nil {
		t.Errorf("got %q, %v", focused, err)
	}
	v.must(v.Press(v.ctx, "Shift+Tab"))
	var state string
	v.must(v.Evaluate(v.ctx, "document.getElementById('name').value + box.checked", &state))
	if state != "abctrue" {
		t.Errorf("got %q", state)
	}
	v.must(v.Open(v.ctx, v.site+"/button"))
	v.must(v.Press(v.ctx, "Tab", "Enter"))
	v.must(v.Read(v.ctx, "#go", "pressed 1"))
	v.must(v.Press(v.ctx, "Space"))
	v.must(v.Read(v.ctx, "#go", "pressed 2"))
}

func TestPhone(t *testing.T) {
	v := newVisitor(t, PageOptions{Phone: true})
	v.must(v.Open(v.ctx, v.site+"/phone"))
	v.must(v.Click(v.ctx, "#go"))
	v.must(v.Read(v.ctx, "#go", "390 1"))
}

func TestLanguageCookiesAndHeaders(t *testing.T) {
	v := newVisitor(t, PageOptions{Language: "fr-CA"})
	v.must(v.Open(v.ctx, v.site+"/next"))
	v.must(v.Click(v.ctx, "#away"))
	v.must(v.Wait(v.ctx, "#go"))
	requests := v.Requests()
	i := slices.IndexFunc(requests, func(r Request) bool { return strings.HasSuffix(r.URL, "/button") })
	if i < 0 {
		t.Fatalf("got %+v", requests)
	}
	got := requests[i].Header
	if got.Get("Referer") != v.site+"/next" || got.Get("Accept-Language") != "fr-CA" || got.Get("Cookie") != "__Host-seen=yes" {
		t.Errorf("got %v", got)
	}
	if requests[i].Status != 200 || requests[i].Answer.Get("Set-Cookie") == "" || requests[i].Kind != "Document" {
		t.Errorf("got %+v", requests[i])
	}
	cookies, err := v.person.Cookies(v.ctx)
	want := []Cookie{{
		Name: "__Host-seen", Value: "yes", Domain: "site.test", Path: "/", Secure: true, HTTPOnly: true, HostOnly: true,
	}}
	if diff := cmp.Diff(want, cookies); diff != "" || err != nil {
		t.Errorf("cookies (-want +got):\n%s%v", diff, err)
	}
}

func TestPeopleShareNoCookies(t *testing.T) {
	one, two := newVisitor(t, PageOptions{}), newVisitor(t, PageOptions{})
	one.must(one.Open(one.ctx, one.site+"/next"))
	if cookies, err := two.person.Cookies(two.ctx); len(cookies) > 0 || err != nil {
		t.Errorf("got %+v, %v", cookies, err)
	}
}

func TestHistory(t *testing.T) {
	v := newVisitor(t, PageOptions{})
	v.must(v.Open(v.ctx, v.site+"/next"))
	v.must(v.Click(v.ctx, "#away"))
	v.must(v.Wait(v.ctx, "#go"))
	v.must(v.Back(v.ctx))
	v.must(v.Wait(v.ctx, "#away"))
	v.must(v.Forward(v.ctx))
	v.must(v.Wait(v.ctx, "#go"))
	if at, err := v.Address(v.ctx); at != v.site+"/button" || err != nil {
		t.Errorf("got %q, %v", at, err)
	}
	visits, _, err := v.History(v.ctx)
	if len(visits) != 3 || err != nil { // about:blank is the first
		t.Errorf("got %+v, %v", visits, err)
	}
}

func TestWithoutScripts(t *testing.T) {
	v := newVisitor(t, PageOptions{NoScript: true})
	v.must(v.Open(v.ctx, v.site+"/next"))
	v.must(v.Read(v.ctx, "#note", "no scripts"))
}

func TestScreenshot(t *testing.T) {
	v := newVisitor(t, PageOptions{})
	v.must(v.Open(v.ctx, v.site+"/form"))
	file := filepath.Join(t.TempDir(), "form.png")
	v.must(v.Screenshot(v.ctx, file))
	if raw, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(raw), "\x89PNG") {
		t.Errorf("got %d bytes, %v", len(raw), err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	v := newVisitor(t, PageOptions{})
	if err := v.Open(v.ctx, "https://nobody.example.com/?secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestNoChromium(t *testing.T) {
	t.Setenv(Variable, "")
	t.Setenv("PATH", t.TempDir())
	if _, err := Start(t.Context(), Options{Directory: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "make chromium") {
		t.Errorf("got %v", err)
	}
	t.Setenv(Variable, "/nowhere/chromium")
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "/nowhere/chromium") {
		t.Errorf("got %v", err)
	}
}
