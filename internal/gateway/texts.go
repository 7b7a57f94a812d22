package gateway

import (
	"maps"
	"strconv"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// Languages of the pages.
const (
	english = "en"
	french  = "fr"
)

// stateText is what a page says in one state. Button is empty where a press would do
// nothing.
type stateText struct {
	Title  string `json:"title"`
	Text   string `json:"text"`
	Button string `json:"-"`
}

// texts are all that a page says in one language.
type texts struct {
	states map[linkapi.State]stateText
	// connectFirst is the state Connect for who links a bank for the first time.
	connectFirst stateText
	// hints say more, by reason of the BankConnection API.
	hints map[string]string

	until, back, noScript, progress string
	landed, landedFailed            stateText
	script                          scriptTexts
}

// scriptTexts are what the script of a page shows. Steps are by event of Flinks
// Connect.
type scriptTexts struct {
	States map[string]stateText `json:"states"`
	Steps  map[string]string    `json:"steps"`

	Frame    string `json:"frame"`
	Retry    string `json:"retry"`
	Failed   string `json:"failed"`
	TooFast  string `json:"tooFast"`
	LongWait string `json:"longWait"`

	LandedFailed stateText `json:"landedFailed"`
}

// stateEnded exists in the page's script alone.
const stateEnded = "Ended"

// forScript are what the script of a page needs, with the states that only it finds
// out about.
func (t texts) forScript() scriptTexts {
	s := t.script
	s.LandedFailed = t.landedFailed
	s.States = maps.Clone(s.States)
	for _, state := range []linkapi.State{linkapi.StateOtherLogin, linkapi.StateNotVerified, linkapi.StateResume, linkapi.StateWorking} {
		s.States[string(state)] = t.states[state]
	}
	return s
}

var languages = map[string]texts{english: englishTexts, french: frenchTexts}

// negotiate is the language of a page: the connection's own, or else the one of those
// there are that the browser likes best, the first of several.
func negotiate(own, accepted string) string {
	if _, ok := languages[own]; ok {
		return own
	}
	best, most := english, 0.0
	for wanted := range strings.SplitSeq(accepted, ",") {
		tag, parameter, _ := strings.Cut(wanted, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if q := quality(parameter); languages[primary].states != nil && q > most {
			best, most = primary, q
		}
	}
	return best
}

// quality of a language is 1 unless it says something else.
func quality(parameter string) float64 {
	value, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || q < 0 || q > 1 {
		return 0
	}
	return q
}
