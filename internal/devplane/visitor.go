package devplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// visitor is a person with Chromium who goes through the pages of links.
type visitor struct {
	*browser.Page

	browser  *browser.Browser
	dir      string
	story    *story
	connect  string // origin of Flinks Connect
	patience time.Duration
}

// visit starts Chromium.
func (d *demo) visit(ctx context.Context) (*visitor, error) {
	dir, err := os.MkdirTemp("", "flinks-demo-")
	if err != nil {
		return nil, err
	}
	v := &visitor{dir: dir, story: d.story, connect: d.SimulatorURL, patience: d.options.Patience}
	if v.browser, err = browser.Start(ctx, browser.Options{Directory: dir}); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	person, err := v.browser.NewPerson(ctx)
	if err == nil {
		v.Page, err = person.NewPage(ctx, browser.PageOptions{Language: "en-CA"})
	}
	if err != nil {
		return nil, errors.Join(err, v.browser.Close(), os.RemoveAll(dir))
	}
	return v, nil
}

// leave closes Chromium, if it was started.
func (d *demo) leave() {
	if d.page != nil {
		_ = errors.Join(d.page.browser.Close(), os.RemoveAll(d.page.dir)) // Nothing depends on it.
	}
}

// goThrough opens a link, presses its button, does in Flinks Connect what it asks for,
// and waits until the page says that all is done.
func (v *visitor) goThrough(ctx context.Context, link, username string) error {
	ctx, cancel := context.WithTimeout(ctx, v.patience)
	defer cancel()
	if err := v.Open(ctx, link); err != nil {
		return fmt.Errorf("opening the link: %w", err)
	}
	title, err := v.Text(ctx, "h1")
	if err != nil {
		return fmt.Errorf("reading the page: %w", err)
	}
	v.story.say("page:    %s", title)
	if err := v.Click(ctx, "#go"); err != nil {
		return fmt.Errorf("pressing the button: %w", err)
	}
	connect, err := v.Embedded(ctx, v.connect)
	if err != nil {
		return fmt.Errorf("waiting for Flinks Connect on the page: %w", err)
	}
	if err := (bank{connect, v.story, username}).goThrough(ctx); err != nil {
		return err
	}
	if err := v.Wait(ctx, `main[data-state="Done"]`); err != nil {
		return fmt.Errorf("waiting for the page to say that all is done: %w; it complains of %q", err, v.Problems())
	}
	if title, err = v.Text(ctx, "h1"); err == nil {
		v.story.say("page:    %s", title)
	}
	if problems := v.Problems(); len(problems) > 0 {
		return fmt.Errorf("the page complains: %q", problems)
	}
	return err
}

// bank is Flinks Connect in the frame of a page.
type bank struct {
	*browser.Frame

	story    *story
	username string
}

func (b bank) goThrough(ctx context.Context) error {
	for {
		state, err := b.state(ctx)
		if err != nil {
			return fmt.Errorf("going through Flinks Connect: %w", err)
		}
		if state == "" || state == "done" {
			return nil
		}
		b.story.say("Connect: %s", state)
		if err := b.fill(ctx, state); err != nil {
			return fmt.Errorf("going through Flinks Connect, at %s: %w", state, err)
		}
	}
}

// state waits for a page of Connect that was not seen yet; empty if the frame is gone.
func (b bank) state(ctx context.Context) (state string, err error) {
	for ctx.Err() == nil {
		if alive, err := b.Alive(ctx); err == nil && !alive {
			return "", nil
		}
		err = b.Evaluate(ctx, `document.readyState === "complete" && !document.body.dataset.seen && document.body.dataset.state || ""`, &state)
		if err == nil && state != "" {
			return state, nil
		}
	}
	return "", errors.Join(ctx.Err(), err)
}

// fill does what a page of Connect wants, and goes on.
func (b bank) fill(ctx context.Context, state string) error {
	var err error
	switch state {
	case "credential":
		err = errors.Join(b.Type(ctx, "#username", b.username), b.Type(ctx, "#password", flinkssim.DefaultPassword))
	case "mfa":
		err = b.answer(ctx)
	}
	return errors.Join(err, b.Evaluate(ctx, `document.body.dataset.seen = "yes"`, nil), b.Click(ctx, "form button"))
}

func (b bank) answer(ctx context.Context) error {
	question, err := b.Attribute(ctx, "fieldset", "data-prompt")
	if err != nil {
		return err
	}
	answers := flinkssim.FlinksCapitalAnswers()[question]
	if len(answers) == 0 {
		return fmt.Errorf("nobody knows what to answer to %q", question)
	}
	b.story.say("         %s %s", question, answers[0])
	return b.Type(ctx, `fieldset input[type="text"]`, answers[0])
}
