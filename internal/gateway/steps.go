package gateway

import "github.com/flinks-operator/flinks-operator/internal/linkapi"

// The steps of a customer's way, in their order. Every page says which one it is in.
const (
	stepHere = iota
	stepBank
	stepDone
)

// stateOpen is a state that only the script of a page has: Flinks Connect is in the frame.
const stateOpen = "Open"

// stepOf is the step that the customer is in, by state. All other states are the first step.
var stepOf = map[string]int{
	string(linkapi.StateResume): stepBank, string(linkapi.StateWorking): stepBank, string(linkapi.StateInUse): stepBank,
	stateOpen: stepBank, string(linkapi.StateDone): stepDone,
}

// step is one of a page.
type step struct {
	Text    string
	Current bool
}

// stepsIn returns the steps of a page in a state.
func (t texts) stepsIn(state string) []step {
	steps := make([]step, len(t.steps))
	for i, text := range t.steps {
		steps[i] = step{Text: text, Current: i == stepOf[state]}
	}
	return steps
}
