package browser

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/browser"
)

// patience is how long a person waits for anything on a busy machine.
const patience = 30 * time.Second

// pictures is where screenshots go.
const pictures = "screenshots"

// certified is a server whose certificate every browser of these tests trusts,
// whatever name it is called by: httptest gives all servers the same.
var certified = sync.OnceValue(func() *httptest.Server { return httptest.NewTLSServer(nil) })

var profile string

// chromium is the one browser of all tests. People share it, but no cookies.
var chromium = sync.OnceValues(func() (*browser.Browser, error) {
	var err error
	if profile, err = os.MkdirTemp("", "flinks-browser-"); err != nil {
		return nil, err
	}
	return browser.Start(context.Background(), browser.Options{
		Directory: profile, TrustedKeys: []string{browser.KeyOf(certified().Certificate())},
	})
})

func closeBrowser() {
	if b, err := chromium(); err == nil {
		if err := b.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "closing Chromium:", err)
		}
	}
	_ = os.RemoveAll(profile)
}

// named is a server's address under another name, which leads to this machine.
func named(server *httptest.Server, host string) string {
	return strings.Replace(server.URL, "127.0.0.1", host, 1)
}

// visitor is a person with one page, who gives up after a while and lets the test
// fail. Whatever the page complains about fails it too.
type visitor struct {
	*browser.Page
	t      *testing.T
	ctx    context.Context
	person *browser.Person
	// expected are complaints that belong to the test.
	expected []string
}

func newVisitor(t *testing.T, o browser.PageOptions) *visitor {
	t.Helper()
	b, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 4*patience)
	t.Cleanup(cancel)
	person, err := b.NewPerson(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Leave(ctx) })
	return (&visitor{t: t, ctx: ctx, person: person}).tab(o)
}

// tab opens another page of the same person.
func (v *visitor) tab(o browser.PageOptions) *visitor {
	v.t.Helper()
	page, err := v.person.NewPage(v.ctx, o)
	v.must(err)
	opened := &visitor{Page: page, t: v.t, ctx: v.ctx, person: v.person}
	v.t.Cleanup(opened.complain)
	return opened
}

// complain reports the page's problems, but those that the test is about.
func (v *visitor) complain() {
	v.t.Helper()
problems:
	for _, p := range v.Problems() {
		for _, e := range v.expected {
			if strings.Contains(p, e) {
				continue problems
			}
		}
		v.t.Errorf("the page complains: %s", p)
	}
	if v.t.Failed() {
		file := v.t.TempDir() + "/failed.png"
		_ = v.Screenshot(v.ctx, file)
		if err := keep(file, v.t.Name()); err == nil {
			v.t.Logf("what the person saw last is in %s", pictures)
		}
	}
}

func keep(file, name string) error {
	if err := os.MkdirAll(pictures, 0o700); err != nil {
		return err
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(pictures+"/failed-"+strings.ReplaceAll(name, "/", "-")+".png", raw, 0o600)
}

// soon is a context for one step.
func (v *visitor) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.ctx, patience)
}

func (v *visitor) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) open(address string) {
	v.t.Helper()
	ctx, cancel := v.soon()
	defer cancel()
	v.must(v.Open(ctx, address))
}

func (v *visitor) click(selector string) {
	v.t.Helper()
	ctx, cancel := v.soon()
	defer cancel()
	v.must(v.Click(ctx, selector))
}

func (v *visitor) see(selector string) {
	v.t.Helper()
	ctx, cancel := v.soon()
	defer cancel()
	v.must(v.Wait(ctx, selector))
}

func (v *visitor) read(selector, text string) {
	v.t.Helper()
	ctx, cancel := v.soon()
	defer cancel()
	v.must(v.Read(ctx, selector, text))
}
