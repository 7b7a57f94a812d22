package linkapi

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxReason    = 64
	maxReturnURL = 2048

	// The bounds of the API, in characters.
	maxDisplayName = 64
	maxTitle       = 100
)

// states are the states that the gateway has pages for.
var states = map[State]bool{
	StateConnect: true, StateStart: true, StateResume: true, StateWorking: true, StateDone: true, StateWait: true,
	StateUnavailable: true, StateBlocked: true, StateOtherLogin: true, StateNotVerified: true,
	StateProofRequired: true, StateInUse: true, StateLinkInvalid: true, StateLinkExpired: true, StateLinkReplaced: true,
}

// sanitized returns the view without the values that a page must not contain:
// ConnectOrigin is an origin, ReturnURL is the URL of a web page, and so is ProofURL, by https
// and in the state that needs it.
func (v View) sanitized() View {
	if len(v.Reason) > maxReason || !isWord(v.Reason) {
		v.Reason = ""
	}
	if v.Language != "en" && v.Language != "fr" {
		v.Language = ""
	}
	if originOf(v.ConnectOrigin) != v.ConnectOrigin {
		v.ConnectOrigin = ""
	}
	if len(v.ReturnURL) > maxReturnURL || originOf(v.ReturnURL) == "" {
		v.ReturnURL = ""
	}
	if len(v.ProofURL) > maxReturnURL || v.State != StateProofRequired || !strings.HasPrefix(originOf(v.ProofURL), "https:") {
		v.ProofURL = ""
	}
	if !isLine(v.DisplayName, maxDisplayName) {
		v.DisplayName = ""
	}
	if !isLine(v.Title, maxTitle) {
		v.Title = ""
	}
	v.Brand = v.Brand.sanitized()
	return v
}

// isLine reports whether a text is one line of visible characters. Characters that change
// the direction of a text could make it read as a part of the page.
func isLine(s string, most int) bool {
	return utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.In(r, unicode.Zl, unicode.Zp)
	})
}

func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
}

// isHost rejects characters that have a meaning in a Content-Security-Policy, such as a
// semicolon.
func isHost(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isWord(string(r)) && !strings.ContainsRune(".-:[]", r) })
}

// originOf returns the origin of the URL of a web page. It returns nothing for any other
// URL, and for one that contains a user name.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || !isHost(u.Host) || u.User != nil || u.Opaque != "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
