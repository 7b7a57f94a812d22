package flinks

import (
	"net/http"
	"strings"
)

// judge decodes the answer into body and decides: an error by its code, or nil with the
// status that callers branch on (200, 201, and 203 where a bank may ask something).
func (a answer) judge(body enveloped) (status int, failure *Error) {
	how := decode(a.body, body)
	return a.weigh(body.common(), how)
}

// weigh decides by the FlinksCode first and by the status second. A 200 whose body says
// otherwise is what the body says: HttpStatusCode is Flinks' own, the transport's status
// may be a proxy's.
func (a answer) weigh(env *envelope, how shape) (status int, failure *Error) {
	if how == shapeNone || !env.isFlinks() {
		return 0, a.unreadable()
	}
	if entry, ok := a.entry(env); ok {
		return 0, a.failed(env, entry)
	}
	status = a.status
	if status < 300 && env.HTTPStatusCode != 0 {
		status = int(env.HTTPStatusCode)
	}
	switch {
	case status >= 400:
		return 0, a.codeless(env, status)
	case how != shapeFull || a.status > http.StatusNonAuthoritativeInfo:
		return 0, a.unreadable()
	case status == http.StatusAccepted:
		return 0, a.failed(env, row(CodeOperationPending, MeaningOnly))
	case status == http.StatusOK, status == http.StatusCreated,
		status == http.StatusNonAuthoritativeInfo && a.op.authorizes():
		return status, nil
	default:
		return 0, a.unreadable()
	}
}

// entry finds the row for the body's FlinksCode. ok is false when there is no code, or
// one that says success: then the status decides.
func (a answer) entry(env *envelope) (e Entry, ok bool) {
	if !env.FlinksCode.present() {
		return Entry{}, false
	}
	e = lookupRemote(env.FlinksCode.text, env.inSession())
	switch {
	case e.Code == CodeAlreadyAuthorized && (!env.inSession() || !a.op.authorizes()):
		// Benign only where a session was asked for.
		return row(CodeUnrecognized, MeaningOnly), true
	case e.Code == CodeAlreadyAuthorized:
		return e, true
	case e.Class == ClassSuccess:
		return Entry{}, false
	case e.Class == ClassGone && a.op == OpGenerateAuthorizeToken:
		// No login was named that could be.
		return row(CodeUnrecognized, MeaningOnly), true
	}
	return byMessage(a.op, env, e), true
}

// byMessage applies the wordings that change what a code means.
func byMessage(op Operation, env *envelope, e Entry) Entry {
	text := strings.ToLower(env.Message.text)
	switch e.Code {
	case CodeInvalidRequest:
		if op.namesLogin() && strings.Contains(text, "the login '") && strings.Contains(text, "' is invalid") {
			return row(CodeInvalidRequest, MeaningUnknownLogin)
		}
	case CodeUnauthorized:
		// One unknown login must not look like refused keys, which stop a whole instance.
		if op.authorizes() && !env.inSession() && unknownLoginText(text) {
			return row(CodeUnauthorized, MeaningUnknownLogin)
		}
	case CodeInvalidLogin:
		// The credentials wording comes without a RequestId where the answer is a 400.
		if strings.Contains(text, "password") {
			return row(CodeInvalidLogin, MeaningInSession)
		}
	default: // no other code has a second meaning
	}
	return e
}

func unknownLoginText(lower string) bool {
	return strings.Contains(lower, "loginid not found or invalid")
}

// codeless judges a readable error of Flinks that carries no FlinksCode.
func (a answer) codeless(env *envelope, status int) *Error {
	outOfSession := !env.inSession()
	switch {
	case a.status == http.StatusTooManyRequests || status == http.StatusTooManyRequests:
		return a.failed(env, row(CodeTooManyRequests, MeaningOnly))
	case a.status >= 500 || status >= 500:
		return a.unreadable()
	case status == http.StatusUnauthorized && outOfSession && a.op.authorizes() && unknownLoginText(strings.ToLower(env.Message.text)):
		return a.failed(env, row(CodeUnauthorized, MeaningUnknownLogin))
	case status == http.StatusUnauthorized && outOfSession:
		return a.failed(env, row(CodeUnauthorized, MeaningOutOfSession))
	default:
		return a.failed(env, row(CodeMissing, MeaningOnly))
	}
}

// failed is a definite answer of Flinks.
func (a answer) failed(env *envelope, e Entry) *Error {
	return &Error{
		Op:          a.op,
		HTTPStatus:  a.status,
		Code:        e.Code,
		Class:       e.Class,
		InSession:   env.inSession(),
		RequestID:   env.session(),
		Delivery:    Answered,
		RetryAfter:  a.retryAfter,
		Institution: institutionName(env.Institution),
	}
}

// unreadable is an answer that says nothing definite, except for a bare 429: whoever
// sent that did not let the request through.
func (a answer) unreadable() *Error {
	e := &Error{Op: a.op, HTTPStatus: a.status, Delivery: Ambiguous, RetryAfter: a.retryAfter}
	switch {
	case a.status == http.StatusTooManyRequests:
		e.Code, e.Delivery = CodeTooManyRequests, Answered
	case a.status >= 500:
		e.Code = CodeServerError
	default:
		e.Code = CodeUnreadable
	}
	e.Class = Lookup(string(e.Code), false).Class
	return e
}

// authorizes reports whether the call opens a session for a login.
func (o Operation) authorizes() bool { return o == OpObserve || o == OpRefresh }

// namesLogin reports whether the request held a loginId, so that an answer may be about it.
func (o Operation) namesLogin() bool {
	return o.authorizes() || o == OpDeleteCard || o == OpSetScheduledRefresh
}
