package linkapi

import (
	"net/url"
	"strings"
)

const (
	maxReason    = 64
	maxReturnURL = 2048
)

// states are all that a page knows to show.
var states = map[State]bool{
	StateConnect: true, StateStart: true, StateResume: true, StateWorking: true, StateDone: true, StateWait: true,
	StateUnavailable: true, StateBlocked: true, StateOtherLogin: true, StateNotVerified: true,
	StateLinkInvalid: true, StateLinkExpired: true, StateLinkReplaced: true,
}

// cleaned is a view that a page can be made of without a second look: what it frames
// is an origin, and where it leads is a web page. What is neither is left out.
func (v View) cleaned() View {
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
	return v
}

func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
}

// isHost refuses what means something in a policy of a page, such as a semicolon.
func isHost(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isWord(string(r)) && !strings.ContainsRune(".-:[]", r) })
}

// originOf is the origin of a web page's URL; empty if it is none, or names a user.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || !isHost(u.Host) || u.User != nil || u.Opaque != "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
