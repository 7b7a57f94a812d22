package flinkssim

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// event is what the page posts to the window that embeds it.
type event map[string]any

// errorSteps are the codes that Flinks documents as events of their own. Others
// reach the embedding page as an API error with a flinksCode.
var errorSteps = []string{
	codeInvalidUsername, codeInvalidPassword, codeInvalidLogin, codeInvalidAnswer, codeRetryLater, codeUnauthorized,
	codeNewAccount, codeAggregationError, codeDisabledInstitution, codeDisabledLogin, codeSessionExpired,
}

func errorEvent(code string) event {
	if slices.Contains(errorSteps, code) {
		return event{"step": code}
	}
	return event{"flinksCode": code}
}

// thankYou is where REDIRECT says that the browser goes without a redirectUrl: the
// page of the published example. No browser goes there.
var thankYou = &url.URL{Scheme: "https", Host: "example.com", Path: "/thank-you"}

// redirectEvent returns the one that ends a successful flow.
func (k *Knobs) redirectEvent(p connectParams, sess *session, accounts []string) event {
	target := landingURL(p, cmp.Or(p.redirectURL, thankYou), sess, accounts)
	e := event{"step": "REDIRECT", "institution": sess.login.institution, "url": target, "requestId": sess.id}
	if k.RedirectLoginID {
		e["loginId"] = sess.login.id
	}
	if len(accounts) > 0 {
		e["accountId"] = accounts
	}
	return e
}

// landingURL returns where the browser goes: the loginId and the institution in the
// query, and the rest where it was used. It is not signed.
func landingURL(p connectParams, base *url.URL, sess *session, accounts []string) string {
	u := *base
	q := u.Query()
	set := func(on bool, name, value string) {
		if on {
			q.Set(name, value)
		}
	}
	set(true, "loginId", sess.login.id)
	set(true, "institution", sess.login.institution)
	set(p.tag != "", "tag", p.tag)
	set(p.requestID != "", "requestId", sess.id)
	set(len(accounts) > 0, "accountId", strings.Join(accounts, ","))
	set(p.demo, "demo", "true")
	u.RawQuery = q.Encode()
	return u.String()
}

// restartQuery returns the query for a fresh flow, without the session that ended.
func restartQuery(raw string) string {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return ""
	}
	q.Del("requestId")
	return q.Encode()
}
