package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// place is a point of the screen.
type place struct{ x, y float64 }

// find waits for an element that a person can see and reach, and says where it is.
func (f *Frame) find(ctx context.Context, selector string) (at place, err error) {
	err = until(ctx, selector+" to be within reach", func() error {
		got, err := f.evaluate(ctx, reachable(selector), false)
		if err != nil {
			return err
		}
		if got.Result.ObjectID == "" {
			return errNotYet
		}
		at, err = f.page.middleOf(ctx, got.Result.ObjectID)
		return err
	})
	return at, err
}

// reachable is an expression for an element that is there, enabled, does not
// move, and has nothing over it. A label or a child may stand for it.
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

// middleOf is the middle of an element, of whatever frame, on the page's screen.
func (p *Page) middleOf(ctx context.Context, objectID string) (place, error) {
	var got struct{ Quads [][]float64 }
	if err := p.call(ctx, "DOM.getContentQuads", map[string]any{"objectId": objectID}, &got); err != nil {
		return place{}, err
	}
	if len(got.Quads) == 0 || len(got.Quads[0]) != 8 {
		return place{}, errNotYet
	}
	q := got.Quads[0]
	return place{(q[0] + q[2] + q[4] + q[6]) / 4, (q[1] + q[3] + q[5] + q[7]) / 4}, nil
}

// Click waits for an element and clicks it, or taps it on a phone.
func (f *Frame) Click(ctx context.Context, selector string) error {
	at, err := f.find(ctx, selector)
	if err != nil {
		return err
	}
	if f.page.phone {
		return f.page.tap(ctx, at)
	}
	return f.page.click(ctx, at, 1)
}

// DoubleClick clicks twice as fast as it goes, without a look in between.
func (f *Frame) DoubleClick(ctx context.Context, selector string) error {
	at, err := f.find(ctx, selector)
	if err != nil {
		return err
	}
	return errors.Join(f.page.click(ctx, at, 1), f.page.click(ctx, at, 2))
}

func (p *Page) click(ctx context.Context, at place, count int) error {
	for _, kind := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
		params := map[string]any{"type": kind, "x": at.x, "y": at.y, "button": "left", "clickCount": count}
		if kind == "mouseMoved" {
			params = map[string]any{"type": kind, "x": at.x, "y": at.y}
		}
		if err := p.call(ctx, "Input.dispatchMouseEvent", params, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *Page) tap(ctx context.Context, at place) error {
	start := map[string]any{"type": "touchStart", "touchPoints": []any{map[string]any{"x": at.x, "y": at.y}}}
	if err := p.call(ctx, "Input.dispatchTouchEvent", start, nil); err != nil {
		return err
	}
	end := map[string]any{"type": "touchEnd", "touchPoints": []any{}}
	return p.call(ctx, "Input.dispatchTouchEvent", end, nil)
}

// Type clicks into a field and writes.
func (f *Frame) Type(ctx context.Context, selector, text string) error {
	if err := f.Click(ctx, selector); err != nil {
		return err
	}
	return f.page.Write(ctx, text)
}

// Write types text, key by key, into whatever has the focus.
func (p *Page) Write(ctx context.Context, text string) error {
	for _, char := range text {
		if err := p.stroke(ctx, key{name: string(char), text: string(char)}, 0); err != nil {
			return err
		}
	}
	return nil
}

// key is what the browser is told of one on the keyboard.
type key struct {
	name, code, text string
	number           int
}

var keys = map[string]key{
	"Tab":       {"Tab", "Tab", "", 9},
	"Enter":     {"Enter", "Enter", "\r", 13},
	"Escape":    {"Escape", "Escape", "", 27},
	"Space":     {" ", "Space", " ", 32},
	"ArrowUp":   {"ArrowUp", "ArrowUp", "", 38},
	"ArrowDown": {"ArrowDown", "ArrowDown", "", 40},
}

// shift is the protocol's bit for the Shift key.
const shift = 8

// Press presses keys one after the other: Tab, Shift+Tab, Enter, Escape, Space,
// ArrowUp, ArrowDown.
func (p *Page) Press(ctx context.Context, names ...string) error {
	for _, name := range names {
		plain, modifiers := name, 0
		if rest, ok := strings.CutPrefix(name, "Shift+"); ok {
			plain, modifiers = rest, shift
		}
		k, ok := keys[plain]
		if !ok {
			return fmt.Errorf("no key is called %s", name)
		}
		if err := p.stroke(ctx, k, modifiers); err != nil {
			return err
		}
	}
	return nil
}

func (p *Page) stroke(ctx context.Context, k key, modifiers int) error {
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := map[string]any{
			"type": kind, "key": k.name, "code": k.code, "windowsVirtualKeyCode": k.number, "modifiers": modifiers,
		}
		if kind == "keyDown" {
			params["text"] = k.text
		}
		if err := p.call(ctx, "Input.dispatchKeyEvent", params, nil); err != nil {
			return err
		}
	}
	return nil
}

// Focused describes the element that has the focus, as tag#id.
func (f *Frame) Focused(ctx context.Context) (what string, err error) {
	err = f.Evaluate(ctx, `(() => { const e = document.activeElement;
  return e ? e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") : ""; })()`, &what)
	return what, err
}
