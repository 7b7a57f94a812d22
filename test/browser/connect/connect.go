// Package connect goes through Flinks Connect in the frame of a page, as a customer would.
package connect

import (
	"context"
	"fmt"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

// Flow is Flinks Connect in a frame, and the customer who goes through it.
type Flow struct {
	*chromium.Frame

	tab *chromium.Tab
	// origin of Flinks Connect.
	origin string
	// Username and Password are typed where Connect asks for them.
	Username, Password string
	// Answers by prompt, where they are not the right ones.
	Answers map[string][]string
	// OnStep, if set, is called with each state that Pass goes through.
	OnStep func(State)
	// OnAnswer, if set, is called with each question that is answered, and its answer.
	OnAnswer func(prompt, answer string)
}

// State is what a page of Flinks Connect wants, as its body says.
type State string

// The states of the simulator's pages. Gone is that of a frame that the page removed.
const (
	Institutions State = "institutions"
	Credential   State = "credential"
	MFA          State = "mfa"
	Accounts     State = "accounts"
	Done         State = "done"
	Gone         State = "gone"
)

// maxSteps is more than there are pages between the first and the last.
const maxSteps = 10

// In waits for the frame of Flinks Connect on a page.
func In(tab *chromium.Tab, origin, username string) *Flow {
	tab.T().Helper()
	return &Flow{
		Frame: tab.Embedded(origin), tab: tab, origin: origin, Username: username, Password: flinkssim.DefaultPassword,
		Answers: map[string][]string{},
	}
}

// On waits for nothing: Flinks Connect is the whole page of a tab.
func On(tab *chromium.Tab, origin, username string) *Flow {
	tab.T().Helper()
	return &Flow{
		Frame: &tab.Frame, tab: tab, origin: origin, Username: username, Password: flinkssim.DefaultPassword, Answers: map[string][]string{},
	}
}

// State waits for a page that the flow has not left yet. A frame that is gone, or shows a page of
// another origin, is the end as well.
func (f *Flow) State() (state State) {
	f.tab.T().Helper()
	f.Await("Flinks Connect", func(ctx context.Context) error {
		if alive, err := f.Alive(ctx); err == nil && !alive {
			state = Gone
			return nil
		}
		err := f.Evaluate(ctx, fmt.Sprintf(`document.readyState !== "complete" ? "" : location.origin !== %q ? %q :
  !document.body.dataset.left && document.body.dataset.state || ""`, f.origin, Gone), &state)
		if err == nil && state == "" {
			err = fmt.Errorf("no new page")
		}
		return err
	})
	return state
}

// AwaitGone waits until the page has removed the frame.
func (f *Flow) AwaitGone() {
	f.tab.T().Helper()
	f.Await("Flinks Connect to go", func(ctx context.Context) error {
		alive, err := f.Alive(ctx)
		if err == nil && alive {
			err = fmt.Errorf("the frame is still there")
		}
		return err
	})
}

// leave marks the page, so that State waits for another one.
func (f *Flow) leave() {
	f.tab.T().Helper()
	f.Run(`document.body.dataset.left = "yes"`, nil)
}

// Submit presses the page's button.
func (f *Flow) Submit() {
	f.tab.T().Helper()
	f.leave()
	f.Click("form button")
}

// Press presses a key that leads to the next page.
func (f *Flow) Press(key string) {
	f.tab.T().Helper()
	f.leave()
	f.tab.Press(key)
}

// StartAgain accepts the offer of a page that cannot go on.
func (f *Flow) StartAgain() {
	f.tab.T().Helper()
	f.State()
	f.leave()
	f.Click("a.button")
}

// Pass goes through every page, until one that wants nothing more, and returns its state.
func (f *Flow) Pass() State {
	f.tab.T().Helper()
	for range maxSteps {
		state := f.State()
		act, ok := map[State]func(){Institutions: f.Submit, Credential: f.SignIn, MFA: f.Answer, Accounts: f.Share}[state]
		if !ok {
			return state
		}
		if f.OnStep != nil {
			f.OnStep(state)
		}
		act()
	}
	f.tab.T().Fatal("Flinks Connect does not come to an end")
	return ""
}

// SignIn types username and password.
func (f *Flow) SignIn() {
	f.tab.T().Helper()
	f.Type("#username", f.Username)
	f.Type("#password", f.Password)
	f.Submit()
}

// Share selects the first account, and the second one where there may be several.
func (f *Flow) Share() {
	f.tab.T().Helper()
	f.Click("input[name=accountId]")
	var selected int
	f.Run(`(() => {
  document.querySelectorAll("input[type=checkbox][name=accountId]")[1]?.click();
  return document.querySelectorAll("input[name=accountId]:checked").length;
})()`, &selected)
	if selected == 0 {
		f.tab.T().Error("no account is selected")
	}
	f.Submit()
}

// question is one that the bank asks.
type question struct {
	Field, Prompt string
	Choice        bool
}

// Answer answers the bank's questions: from Answers, and otherwise right.
func (f *Flow) Answer() {
	f.tab.T().Helper()
	var questions []question
	f.Run(`[...document.querySelectorAll("fieldset[data-prompt]")].map(f => ({
  Field: f.dataset.field, Prompt: f.dataset.prompt, Choice: !f.querySelector("input[type=text]")}))`, &questions)
	for _, q := range questions {
		for _, answer := range f.answersTo(q.Prompt) {
			if f.OnAnswer != nil {
				f.OnAnswer(q.Prompt, answer)
			}
			if q.Choice {
				f.Click(fmt.Sprintf("input[name=%q][value=%q]", q.Field, answer))
			} else {
				f.Type(fmt.Sprintf("input[name=%q]", q.Field), answer)
			}
		}
	}
	f.Submit()
}

func (f *Flow) answersTo(prompt string) []string {
	f.tab.T().Helper()
	if own, ok := f.Answers[prompt]; ok {
		return own
	}
	right := flinkssim.FlinksCapitalAnswers()[prompt]
	if len(right) == 0 {
		f.tab.T().Fatalf("the test has no answer to %q", prompt)
	}
	return right
}
