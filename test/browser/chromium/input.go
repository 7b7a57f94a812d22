package chromium

import (
	"context"
	"errors"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// point is a place on the screen.
type point struct{ x, y float64 }

// find waits for an element that a person can see and reach, and returns where it is.
func (f *Frame) find(selector string) (at point) {
	f.tab.t.Helper()
	f.Await(selector+" to be within reach", func(ctx context.Context) (err error) {
		at, err = f.reach(ctx, selector)
		return err
	})
	return at
}

// reach returns the middle of an element, on the screen of the tab.
func (f *Frame) reach(ctx context.Context, selector string) (point, error) {
	element, err := evaluate[*runtime.RemoteObject](ctx, f, reachable(selector))
	if err != nil {
		return point{}, err
	}
	if element.ObjectID == "" {
		return point{}, errNotYet
	}
	got, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{ObjectID: element.ObjectID})
	if err != nil {
		return point{}, err
	}
	if len(got.Quads) == 0 || len(got.Quads[0]) != 8 {
		return point{}, errNotYet
	}
	q := got.Quads[0]
	return point{(q[0] + q[2] + q[4] + q[6]) / 4, (q[1] + q[3] + q[5] + q[7]) / 4}, nil
}

// reachable returns an expression for an element that is visible, enabled, does not move, and has
// nothing over it. A label or a child may stand for it.
func reachable(selector string) string {
	return `(async () => {
  const e = ` + visible(selector) + `;
  if (!e || e.disabled || e.ariaDisabled === "true") return null;
  e.scrollIntoView({block: "center", behavior: "instant"});
  const before = e.getBoundingClientRect();
  await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
  const r = e.getBoundingClientRect();
  if (before.x !== r.x || before.y !== r.y) return null;
  const hit = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
  return hit && (e.contains(hit) || hit.closest("label")?.contains(e)) ? e : null;
})()`
}

// Click waits for an element and clicks it, or taps it on a phone.
func (f *Frame) Click(selector string) {
	f.tab.t.Helper()
	at := f.find(selector)
	if f.tab.phone {
		f.tab.do("tapping "+selector, chromedp.TapXY(at.x, at.y))
		return
	}
	f.tab.do("clicking "+selector, chromedp.MouseEvent(chromedp.MouseMoved, at.x, at.y), chromedp.MouseClickXY(at.x, at.y))
}

// DoubleClick clicks twice as fast as possible, without a look in between.
func (f *Frame) DoubleClick(selector string) {
	f.tab.t.Helper()
	at := f.find(selector)
	f.tab.do("double-clicking "+selector, chromedp.MouseEvent(chromedp.MouseMoved, at.x, at.y),
		chromedp.MouseClickXY(at.x, at.y), chromedp.MouseClickXY(at.x, at.y, chromedp.ClickCount(2)))
}

// Type clicks into a field and writes.
func (f *Frame) Type(selector, text string) {
	f.tab.t.Helper()
	f.Click(selector)
	f.tab.Press(text)
}

// Press presses keys, one after the other, whatever has the focus: characters, or keys that
// package kb names, such as kb.Enter.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.do("pressing keys", chromedp.KeyEvent(keys))
}

// maxTabs is more than there are stops of the Tab key on a page.
const maxTabs = 20

// TabTo presses the Tab key until such an element has the focus.
func (f *Frame) TabTo(selector string) {
	f.tab.t.Helper()
	for range maxTabs {
		var focused bool
		f.Run("document.hasFocus() && document.activeElement?.matches("+quoted(selector)+") || false", &focused)
		if focused {
			return
		}
		f.tab.Press(kb.Tab)
	}
	f.tab.must("pressing Tab until "+selector+" has the focus", errors.New("it never has"))
}
