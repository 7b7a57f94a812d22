package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// lookAgain is the pause between two looks at a page that is not ready yet.
const lookAgain = 20 * time.Millisecond

// Frame is a document: that of a page, or one that is embedded in it.
type Frame struct {
	page *Page
	id   string
}

// errNotYet: what is waited for is not there; look again.
var errNotYet = errors.New("not there yet")

// until looks again and again until look has nothing to complain about.
func until(ctx context.Context, what string, look func() error) error {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		err := look()
		if err == nil || errors.Is(err, ErrClosed) {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w (%w)", what, context.Cause(ctx), err)
		}
	}
}

// Embedded waits for an embedded document of that origin, and returns the last one.
func (p *Page) Embedded(ctx context.Context, origin string) (*Frame, error) {
	found := &Frame{page: p}
	err := until(ctx, "a frame of "+origin, func() error {
		var got struct{ FrameTree frameTree }
		if err := p.call(ctx, "Page.getFrameTree", none, &got); err != nil {
			return err
		}
		found.id = ""
		got.FrameTree.each(func(id, at string) {
			if id != p.id && originOf(at) == origin {
				found.id = id
			}
		})
		if found.id == "" {
			return errNotYet
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, found.loaded(ctx)
}

// FrameIn is the document in a frame of the page's own document.
func (p *Page) FrameIn(ctx context.Context, selector string) (*Frame, error) {
	found := &Frame{page: p}
	err := until(ctx, "a document in "+selector, func() error {
		owner, err := p.evaluate(ctx, "document.querySelector("+quoted(selector)+")", false)
		if err != nil {
			return err
		}
		var got struct{ Node struct{ FrameID string } }
		if err := p.call(ctx, "DOM.describeNode", map[string]any{"objectId": owner.Result.ObjectID}, &got); err != nil {
			return err
		}
		if found.id = got.Node.FrameID; found.id == "" {
			return errNotYet
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, found.loaded(ctx)
}

// Embeds are the origins of all embedded documents.
func (p *Page) Embeds(ctx context.Context) (origins []string, err error) {
	var got struct{ FrameTree frameTree }
	err = p.call(ctx, "Page.getFrameTree", none, &got)
	got.FrameTree.each(func(id, at string) {
		if id != p.id {
			origins = append(origins, originOf(at))
		}
	})
	return origins, err
}

// Alive says whether the document's frame is still part of the page.
func (f *Frame) Alive(ctx context.Context) (alive bool, err error) {
	var got struct{ FrameTree frameTree }
	err = f.page.call(ctx, "Page.getFrameTree", none, &got)
	got.FrameTree.each(func(id, _ string) { alive = alive || id == f.id })
	return alive, err
}

type frameTree struct {
	Frame struct {
		ID, URL string
	}
	ChildFrames []frameTree
}

func (t frameTree) each(visit func(id, at string)) {
	visit(t.Frame.ID, t.Frame.URL)
	for _, child := range t.ChildFrames {
		child.each(visit)
	}
}

func originOf(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (f *Frame) loaded(ctx context.Context) error {
	return until(ctx, "the page to load", func() error {
		var state string
		if err := f.Evaluate(ctx, "document.readyState", &state); err != nil {
			return err
		}
		if state != "complete" {
			return errNotYet
		}
		return nil
	})
}

// remoteValue is what an expression came to.
type remoteValue struct {
	Result struct {
		Value    json.RawMessage
		ObjectID string
	}
	ExceptionDetails *struct {
		Text      string
		Exception struct{ Description string }
	}
}

// Evaluate runs an expression in the document, waits for it if it is a promise,
// and reads its value into result, unless that is nil.
func (f *Frame) Evaluate(ctx context.Context, expression string, result any) error {
	got, err := f.evaluate(ctx, expression, true)
	if err != nil || result == nil || len(got.Result.Value) == 0 {
		return err
	}
	return json.Unmarshal(got.Result.Value, result)
}

func (f *Frame) evaluate(ctx context.Context, expression string, byValue bool) (got remoteValue, err error) {
	f.page.mu.Lock()
	world, ok := f.page.contexts[f.id]
	f.page.mu.Unlock()
	if !ok {
		return got, errNotYet
	}
	err = f.page.call(ctx, "Runtime.evaluate", map[string]any{
		"expression": expression, "contextId": world, "returnByValue": byValue, "awaitPromise": true,
	}, &got)
	if err == nil && got.ExceptionDetails != nil {
		first, _, _ := strings.Cut(got.ExceptionDetails.Exception.Description, "\n")
		err = fmt.Errorf("the expression failed: %s %s", got.ExceptionDetails.Text, first)
	}
	return got, err
}

// quoted is text as a literal of the script language.
func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err) // every string is a literal
	}
	return string(raw)
}

// visible is an expression for the first element that a person can see.
func visible(selector string) string {
	return "[...document.querySelectorAll(" + quoted(selector) + ")].find(e => e.checkVisibility({visibilityProperty: true}))"
}

// Until waits until an expression is true.
func (f *Frame) Until(ctx context.Context, expression string) error {
	return until(ctx, expression, func() error {
		var holds bool
		err := f.Evaluate(ctx, "!!("+expression+")", &holds)
		if err == nil && !holds {
			err = errNotYet
		}
		return err
	})
}

// Has says whether a person sees such an element now.
func (f *Frame) Has(ctx context.Context, selector string) (bool, error) {
	var has bool
	err := f.Evaluate(ctx, "!!"+visible(selector), &has)
	return has, err
}

// Wait waits until a person sees such an element.
func (f *Frame) Wait(ctx context.Context, selector string) error {
	return until(ctx, selector, func() error {
		has, err := f.Has(ctx, selector)
		if err == nil && !has {
			err = errNotYet
		}
		return err
	})
}

// Gone waits until there is no such element to see.
func (f *Frame) Gone(ctx context.Context, selector string) error {
	return until(ctx, selector+" to go", func() error {
		has, err := f.Has(ctx, selector)
		if err == nil && has {
			err = errNotYet
		}
		return err
	})
}

// Text is what a person reads in the first such element that they see; it waits
// for one.
func (f *Frame) Text(ctx context.Context, selector string) (text string, err error) {
	if err := f.Wait(ctx, selector); err != nil {
		return "", err
	}
	err = f.Evaluate(ctx, visible(selector)+"?.innerText", &text)
	return strings.TrimSpace(text), err
}

// Read waits until a person reads that text in such an element.
func (f *Frame) Read(ctx context.Context, selector, text string) error {
	return f.Until(ctx, visible(selector)+"?.innerText.includes("+quoted(text)+")")
}

// Attribute of the first such element, seen or not; empty without one.
func (f *Frame) Attribute(ctx context.Context, selector, name string) (value string, err error) {
	err = f.Evaluate(ctx, "document.querySelector("+quoted(selector)+")?.getAttribute("+quoted(name)+") ?? ''", &value)
	return value, err
}
