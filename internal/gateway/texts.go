package gateway

import (
	"maps"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// stateText is the text of a page in one state. Button is empty if the page has none.
type stateText struct {
	Title  string `json:"title"`
	Text   string `json:"text"`
	Button string `json:"-"`
}

// texts are all texts of the pages in one language.
type texts struct {
	states map[linkapi.State]stateText
	// connectFirst is for the state Connect if the customer has not linked a bank before.
	connectFirst stateText
	// alreadyFixed is for the state Done if the customer opens the link in it, instead of coming from the
	// landing page.
	alreadyFixed stateText
	// reasons explain why the customer has to act, by reason of the BankConnection API.
	reasons map[string]string

	until, back, noScript, progress string
	// requestBy and requestFor introduce the names of who asks, and for what.
	requestBy, requestFor string
	// steps are what the customer does, in order; stepsTitle is their name for screen readers.
	steps      [stepDone + 1]string
	stepsTitle string
	// help, helpPage, privacy and newTab are about the links at the end of a page.
	help, helpPage, privacy, newTab string
	landed, landedFailed            stateText
	// landedConfirm is for a landing page that the customer has to confirm.
	landedConfirm stateText
	script        scriptTexts
}

// scriptTexts are the texts that the script of a page shows. Steps are by event of Flinks
// Connect.
type scriptTexts struct {
	States map[string]stateText `json:"states"`
	Steps  map[string]string    `json:"steps"`
	// Places are the steps of the customer's way by state, if not the first.
	Places map[string]int `json:"places"`

	Back     string `json:"back"`
	Frame    string `json:"frame"`
	Retry    string `json:"retry"`
	Failed   string `json:"failed"`
	TooFast  string `json:"tooFast"`
	LongWait string `json:"longWait"`
	// NotProven is for a ticket of the application that the operator refused.
	NotProven string `json:"notProven"`

	LandedFailed  stateText `json:"landedFailed"`
	LandedConfirm stateText `json:"landedConfirm"`
	Confirm       string    `json:"confirm"`
}

// stateEnded is a state that only the script of a page has: Flinks Connect closed its
// session.
const stateEnded = "Ended"

// forScript returns the texts for the script of a page, with those of the states that it
// shows without a reload.
func (t texts) forScript() scriptTexts {
	s := t.script
	s.LandedFailed, s.LandedConfirm, s.Confirm = t.landedFailed, t.landedConfirm, t.landedConfirm.Button
	s.Back = t.back
	s.States, s.Places = maps.Clone(s.States), stepOf
	for _, state := range []linkapi.State{linkapi.StateOtherLogin, linkapi.StateNotVerified, linkapi.StateResume, linkapi.StateWorking, linkapi.StateInUse, linkapi.StateDone} {
		s.States[string(state)] = t.states[state]
	}
	return s
}
