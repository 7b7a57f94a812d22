package browser

import (
	"context"
	"errors"
	"fmt"

	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// bank is Flinks Connect in a page's frame, and somebody who goes through it.
type bank struct {
	*browser.Frame
	v *visitor
	// origin of Flinks Connect.
	origin string
	// username and password that are typed where they are asked for.
	username, password string
	// answers by prompt, where they are not the right ones.
	answers map[string][]string
}

// bank waits for the frame of Flinks Connect.
func (v *visitor) bank(origin, username string) *bank {
	v.t.Helper()
	ctx, cancel := v.soon()
	defer cancel()
	frame, err := v.Embedded(ctx, origin)
	v.must(err)
	return &bank{Frame: frame, v: v, origin: origin, username: username, password: flinkssim.DefaultPassword, answers: map[string][]string{}}
}

// The states of Flinks Connect, as its body says, and that of a frame that the
// page took away.
const (
	bankInstitutions = "institutions"
	bankCredential   = "credential"
	bankMFA          = "mfa"
	bankDone         = "done"
	bankGone         = "gone"
)

// state waits for a page that was not looked at yet. A frame that is gone, or a
// page that went elsewhere with it, is the end as well.
func (b *bank) state() string {
	b.v.t.Helper()
	ctx, cancel := b.v.soon()
	defer cancel()
	for {
		if alive, err := b.Alive(ctx); err == nil && !alive {
			return bankGone
		}
		var state string
		err := b.Evaluate(ctx, fmt.Sprintf(`document.readyState !== "complete" ? "" : location.origin !== %q ? %q :
  !document.body.dataset.seen && document.body.dataset.state || ""`, b.origin, bankGone), &state)
		if err == nil && state != "" {
			return state
		}
		if ctx.Err() != nil {
			b.v.t.Fatalf("waiting for Flinks Connect: %v", errors.Join(err, context.Cause(ctx)))
		}
	}
}

// gone waits until the page took the frame away.
func (b *bank) gone() {
	b.v.t.Helper()
	ctx, cancel := b.v.soon()
	defer cancel()
	for {
		alive, err := b.Alive(ctx)
		b.v.must(err)
		if !alive {
			return
		}
	}
}

// leave presses the page's button, and marks it as seen: the next one is new.
func (b *bank) leave() {
	b.v.t.Helper()
	b.do(func(ctx context.Context) error { return b.Evaluate(ctx, `document.body.dataset.seen = "yes"`, nil) })
	b.do(func(ctx context.Context) error { return b.Click(ctx, "form button") })
}

func (b *bank) do(act func(context.Context) error) {
	b.v.t.Helper()
	ctx, cancel := b.v.soon()
	defer cancel()
	b.v.must(act(ctx))
}

// startAgain takes the offer of a page that says that it cannot go on.
func (b *bank) startAgain() {
	b.v.t.Helper()
	b.state()
	b.do(func(ctx context.Context) error { return b.Evaluate(ctx, `document.body.dataset.seen = "yes"`, nil) })
	b.do(func(ctx context.Context) error { return b.Click(ctx, "a.button") })
}

func (b *bank) tabTo(selector string) { b.v.t.Helper(); tabTo(b.v, b.Frame, selector) }

// pressOn presses a key that leads to the next page.
func (b *bank) pressOn(key string) {
	b.v.t.Helper()
	b.do(func(ctx context.Context) error { return b.Evaluate(ctx, `document.body.dataset.seen = "yes"`, nil) })
	b.v.press(key)
}

// pass goes through every page, until one where there is nothing to do for this
// person, and returns the state of that.
func (b *bank) pass() string {
	b.v.t.Helper()
	for range 10 {
		switch state := b.state(); state {
		case bankInstitutions:
			b.leave()
		case bankCredential:
			b.signIn()
		case bankMFA:
			b.answer()
		default:
			return state
		}
	}
	b.v.t.Fatal("Flinks Connect does not come to an end")
	return ""
}

func (b *bank) signIn() {
	b.v.t.Helper()
	b.do(func(ctx context.Context) error { return b.Type(ctx, "#username", b.username) })
	b.do(func(ctx context.Context) error { return b.Type(ctx, "#password", b.password) })
	b.leave()
}

// question is one that the bank asks.
type question struct {
	Field, Prompt string
	Choice        bool
}

func (b *bank) questions() (asked []question) {
	b.v.t.Helper()
	b.do(func(ctx context.Context) error {
		return b.Evaluate(ctx, `[...document.querySelectorAll("fieldset[data-prompt]")].map(f => ({
  Field: f.dataset.field, Prompt: f.dataset.prompt, Choice: !f.querySelector("input[type=text]")}))`, &asked)
	})
	return asked
}

// answer gives the answers that this person has in mind, else the right ones.
func (b *bank) answer() {
	b.v.t.Helper()
	right := flinkssim.FlinksCapitalAnswers()
	for _, q := range b.questions() {
		given, own := b.answers[q.Prompt]
		if !own {
			given = right[q.Prompt]
		}
		if len(given) == 0 {
			b.v.t.Fatalf("nobody knows what to answer to %q", q.Prompt)
		}
		for _, a := range given {
			if q.Choice {
				b.do(func(ctx context.Context) error {
					return b.Click(ctx, fmt.Sprintf("input[name=%q][value=%q]", q.Field, a))
				})
			} else {
				b.do(func(ctx context.Context) error { return b.Type(ctx, fmt.Sprintf("input[name=%q]", q.Field), a) })
			}
		}
	}
	b.leave()
}
