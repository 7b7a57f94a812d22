package gateway

import (
	"strconv"
	"strings"
)

// Languages of the pages.
const (
	english = "en"
	french  = "fr"
)

var languages = map[string]texts{english: englishTexts, french: frenchTexts}

// negotiate returns the language of a page: the connection's own, or else the available
// one that the browser prefers, the first of several.
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

// quality parses the q parameter of a language; 1 if the language has none.
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
