package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/browser"
)

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
		v.picture("failed-" + strings.ReplaceAll(v.t.Name(), "/", "-"))
	}
}

// complainsOf waits until the page complains of something.
func (v *visitor) complainsOf(text string) bool {
	ctx, cancel := v.soon()
	defer cancel()
	for ctx.Err() == nil {
		if strings.Contains(fmt.Sprint(v.Problems()), text) {
			return true
		}
		_ = v.Wait(ctx, "html")
	}
	return false
}

// picture keeps what the person sees, under a name that says what that is.
func (v *visitor) picture(name string) {
	v.t.Helper()
	v.must(os.MkdirAll(pictures, 0o700))
	ctx, cancel := v.soon()
	defer cancel()
	if err := v.Screenshot(ctx, filepath.Join(pictures, name+".png")); err != nil {
		v.t.Errorf("taking a picture: %v", err)
	}
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

func (v *visitor) do(act func(context.Context) error) {
	v.t.Helper()
	ctx, cancel := v.soon()
	defer cancel()
	v.must(act(ctx))
}

func (v *visitor) open(address string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error { return v.Open(ctx, address) })
}

func (v *visitor) reload() { v.t.Helper(); v.do(v.Reload) }
func (v *visitor) back()   { v.t.Helper(); v.do(v.Back) }

func (v *visitor) click(selector string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error { return v.Click(ctx, selector) })
}

func (v *visitor) doubleClick(selector string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error { return v.DoubleClick(ctx, selector) })
}

func (v *visitor) press(keys ...string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error { return v.Press(ctx, keys...) })
}

func (v *visitor) write(text string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error { return v.Write(ctx, text) })
}

func (v *visitor) see(selector string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error { return v.Wait(ctx, selector) })
}

func (v *visitor) read(selector, text string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error { return v.Read(ctx, selector, text) })
}

// none makes sure that nobody sees such an element.
func (v *visitor) none(selector string) {
	v.t.Helper()
	v.do(func(ctx context.Context) error {
		has, err := v.Has(ctx, selector)
		if has {
			v.t.Errorf("the page shows %s", selector)
		}
		return err
	})
}

func (v *visitor) attribute(selector, name string) (value string) {
	v.t.Helper()
	v.see(selector)
	v.do(func(ctx context.Context) (err error) {
		value, err = v.Attribute(ctx, selector, name)
		return err
	})
	return value
}

func (v *visitor) address() (address string) {
	v.t.Helper()
	v.do(func(ctx context.Context) (err error) {
		address, err = v.Address(ctx)
		return err
	})
	return address
}

// state waits until the page says that it is in a state.
func (v *visitor) state(name string) {
	v.t.Helper()
	v.see(fmt.Sprintf("main[data-state=%q]", name))
}

// language checks which one the page says it is in.
func (v *visitor) language(want string) {
	v.t.Helper()
	if got := v.attribute("html", "lang"); got != want {
		v.t.Errorf("the page is in %q, want %q", got, want)
	}
}

// toTheBank waits for the bank's question; where the page wants another press for
// it, that is given.
func (v *visitor) toTheBank() {
	v.t.Helper()
	v.see("#frame iframe, main[data-state=Resume] #go")
	v.do(func(ctx context.Context) error {
		framed, err := v.Has(ctx, "#frame iframe")
		if err != nil || framed {
			return err
		}
		return v.Click(ctx, "#go")
	})
}

// tabTo presses Tab until something has the focus.
func (v *visitor) tabTo(selector string) { v.t.Helper(); tabTo(v, &v.Frame, selector) }

func tabTo(v *visitor, f *browser.Frame, selector string) {
	v.t.Helper()
	for range 20 {
		var there bool
		v.do(func(ctx context.Context) error {
			return f.Evaluate(ctx, fmt.Sprintf("document.hasFocus() && document.activeElement?.matches(%q) || false", selector), &there)
		})
		if there {
			return
		}
		v.press("Tab")
	}
	v.t.Fatalf("no number of tabs leads to %s", selector)
}

// fits checks that nothing hangs over the edge of the screen, and that what is to
// be tapped is as large as a finger.
func (v *visitor) fits() {
	v.t.Helper()
	var wrong []string
	v.do(func(ctx context.Context) error {
		return v.Evaluate(ctx, `(() => {
  const wrong = [];
  if (document.scrollingElement.scrollWidth > innerWidth) wrong.push("wider than the screen");
  for (const e of document.querySelectorAll("button, a.button")) {
    const r = e.getBoundingClientRect();
    if (e.checkVisibility() && (r.height < 44 || r.width < 44)) wrong.push("too small: " + e.textContent);
  }
  return wrong;
})()`, &wrong)
	})
	for _, w := range wrong {
		v.t.Errorf("on a phone: %s", w)
	}
}
