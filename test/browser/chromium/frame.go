package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// lookAgain is the pause between two looks at a page that is not ready yet.
const lookAgain = 20 * time.Millisecond

// Frame is a document: that of a tab, or one that is embedded in it.
type Frame struct {
	tab *Tab
	id  cdp.FrameID
}

// errNotYet reports that the page does not show yet what the test waits for.
var errNotYet = errors.New("not there yet")

// Await calls look until it returns no error, and fails the test if that takes too long.
func (f *Frame) Await(what string, look func(context.Context) error) {
	f.tab.t.Helper()
	ctx, cancel := context.WithTimeout(f.tab.ctx, Patience)
	defer cancel()
	f.tab.must("waiting for "+what, until(ctx, func() error { return look(ctx) }))
}

// until calls look until it returns no error, or until ctx ends.
func until(ctx context.Context, look func() error) error {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
		}
	}
}

// Embedded waits for an embedded document of that origin, and returns the last one.
func (tab *Tab) Embedded(origin string) *Frame {
	tab.t.Helper()
	found := &Frame{tab: tab}
	tab.Await("a frame of "+origin, func(ctx context.Context) error {
		frames, err := tab.embedded(ctx)
		for _, frame := range frames {
			if originOf(frame.URL) == origin {
				found.id = frame.ID
			}
		}
		if err == nil && found.id == "" {
			err = errNotYet
		}
		return err
	})
	found.awaitLoad()
	return found
}

// FrameIn waits for the document in a frame of the tab's own document.
func (tab *Tab) FrameIn(selector string) *Frame {
	tab.t.Helper()
	found := &Frame{tab: tab}
	tab.Await("a document in "+selector, func(ctx context.Context) error {
		owner, err := evaluate[*runtime.RemoteObject](ctx, &tab.Frame, "document.querySelector("+quoted(selector)+")")
		if err != nil {
			return err
		}
		got, err := chromedp.Call(ctx, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: owner.ObjectID})
		if err != nil {
			return err
		}
		if found.id = got.Node.FrameID; found.id == "" {
			return errNotYet
		}
		return nil
	})
	found.awaitLoad()
	return found
}

// Alive reports whether the frame is still part of the page, which its own frame always is.
func (f *Frame) Alive(ctx context.Context) (bool, error) {
	if f.id == f.tab.id {
		return true, nil
	}
	frames, err := f.tab.embedded(ctx)
	for _, frame := range frames {
		if frame.ID == f.id {
			return true, err
		}
	}
	return false, err
}

// embedded returns all frames of the page but its own.
func (tab *Tab) embedded(ctx context.Context) (frames []*cdp.Frame, err error) {
	got, err := chromedp.Call(ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return nil, err
	}
	var visit func([]*page.FrameTree)
	visit = func(children []*page.FrameTree) {
		for _, child := range children {
			frames = append(frames, child.Frame)
			visit(child.ChildFrames)
		}
	}
	visit(got.FrameTree.ChildFrames)
	return frames, nil
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (f *Frame) awaitLoad() {
	f.tab.t.Helper()
	f.Until(`document.readyState === "complete"`)
}

// Evaluate runs an expression in the document, waits for it if it is a promise, and reads its value
// into result, unless that is nil.
func (f *Frame) Evaluate(ctx context.Context, expression string, result any) error {
	value, err := evaluate[[]byte](ctx, f, expression)
	if err != nil || result == nil || len(value) == 0 {
		return err
	}
	return json.Unmarshal(value, result)
}

// Run does the same as Evaluate, and fails the test on an error.
func (f *Frame) Run(expression string, result any) {
	f.tab.t.Helper()
	f.Await("a document", func(context.Context) error {
		_, err := f.context()
		return err
	})
	ctx, cancel := context.WithTimeout(f.tab.ctx, Patience)
	defer cancel()
	f.tab.must("running a script", f.Evaluate(ctx, expression, result))
}

func evaluate[T any](ctx context.Context, f *Frame, expression string) (value T, err error) {
	id, err := f.context()
	if err != nil {
		return value, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise, func(p *runtime.EvaluateParams) {
		p.UniqueContextID = id
	}))
}

// context returns the execution context of the document's own scripts.
func (f *Frame) context() (string, error) {
	f.tab.mu.Lock()
	defer f.tab.mu.Unlock()
	id, ok := f.tab.contexts[f.id]
	if !ok {
		return "", errNotYet
	}
	return id, nil
}

// quoted returns a text as a literal of JavaScript.
func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err) // every string is a literal
	}
	return string(raw)
}

// visible returns an expression for the first element that a person can see.
func visible(selector string) string {
	return "[...document.querySelectorAll(" + quoted(selector) + ")].find(e => e.checkVisibility({visibilityProperty: true}))"
}

// Until waits until an expression is true.
func (f *Frame) Until(expression string) {
	f.tab.t.Helper()
	f.Await(expression, func(ctx context.Context) error {
		var holds bool
		err := f.Evaluate(ctx, "!!("+expression+")", &holds)
		if err == nil && !holds {
			err = errNotYet
		}
		return err
	})
}

// See waits until a person can see such an element.
func (f *Frame) See(selector string) {
	f.tab.t.Helper()
	f.Until(visible(selector))
}

// Shows reports whether a person can see such an element now.
func (f *Frame) Shows(selector string) (shows bool) {
	f.tab.t.Helper()
	f.Run("!!"+visible(selector), &shows)
	return shows
}

// Read waits until a person can read that text in such an element.
func (f *Frame) Read(selector, text string) {
	f.tab.t.Helper()
	f.Until(visible(selector) + "?.innerText.includes(" + quoted(text) + ")")
}

// Text waits for such an element, and returns what a person reads in it.
func (f *Frame) Text(selector string) (text string) {
	f.tab.t.Helper()
	f.See(selector)
	f.Run(visible(selector)+"?.innerText", &text)
	return strings.TrimSpace(text)
}

// Attribute waits for such an element, seen or not, and returns one of its attributes; empty
// without one.
func (f *Frame) Attribute(selector, name string) (value string) {
	f.tab.t.Helper()
	f.Until("document.querySelector(" + quoted(selector) + ")")
	f.Run("document.querySelector("+quoted(selector)+").getAttribute("+quoted(name)+") ?? ''", &value)
	return value
}
