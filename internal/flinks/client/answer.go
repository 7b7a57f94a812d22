package client

import (
	"net/http"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// answer is a response before it is judged.
type answer struct {
	op         flinks.Operation
	status     int
	retryAfter time.Duration
	body       []byte
}

// judge decodes the answer into body and decides: an error by its code, or nil with the
// status that callers branch on (200, 201, and 203 where a bank may ask something).
func (a answer) judge(body enveloped) (status int, failure *flinks.Error) {
	how := decode(a.body, body)
	return a.weigh(body.common(), how)
}

// weigh decides by the FlinksCode first and by the status second. A 200 whose body says
// otherwise is what the body says: HttpStatusCode is Flinks' own, the transport's status
// may be a proxy's.
func (a answer) weigh(env *envelope, how shape) (status int, failure *flinks.Error) {
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
		return 0, a.failed(env, flinks.EntryFor(flinks.CodeOperationPending, flinks.MeaningOnly))
	case status == http.StatusOK, status == http.StatusCreated,
		status == http.StatusNonAuthoritativeInfo && authorizes(a.op):
		return status, nil
	default:
		return 0, a.unreadable()
	}
}

// entry finds the row for the body's FlinksCode. ok is false when there is no code, or
// one that says success: then the status decides.
func (a answer) entry(env *envelope) (e flinks.Entry, ok bool) {
	if !env.FlinksCode.present() {
		return flinks.Entry{}, false
	}
	e = lookupRemote(env.FlinksCode.text, env.inSession())
	switch {
	case e.Code == flinks.CodeAlreadyAuthorized && (!env.inSession() || !authorizes(a.op)):
		// Benign only where a session was asked for.
		return flinks.EntryFor(flinks.CodeUnrecognized, flinks.MeaningOnly), true
	case e.Code == flinks.CodeAlreadyAuthorized:
		return e, true
	case e.Class == flinks.ClassSuccess:
		return flinks.Entry{}, false
	case e.Class == flinks.ClassGone && a.op == flinks.OpGenerateAuthorizeToken:
		// No login was named that could be.
		return flinks.EntryFor(flinks.CodeUnrecognized, flinks.MeaningOnly), true
	}
	return byMessage(a.op, env, e), true
}

// lookupRemote does the same as flinks.Lookup for text from the wire, where the operator's own
// codes do not count.
func lookupRemote(code string, inSession bool) flinks.Entry {
	if e := flinks.Lookup(code, inSession); !e.Ours {
		return e
	}
	return flinks.EntryFor(flinks.CodeUnrecognized, flinks.MeaningOnly)
}

// byMessage applies the wordings that change what a code means.
func byMessage(op flinks.Operation, env *envelope, e flinks.Entry) flinks.Entry {
	text := strings.ToLower(env.Message.text)
	switch e.Code {
	case flinks.CodeInvalidRequest:
		if namesLogin(op) && strings.Contains(text, "the login '") && strings.Contains(text, "' is invalid") {
			return flinks.EntryFor(flinks.CodeInvalidRequest, flinks.MeaningUnknownLogin)
		}
	case flinks.CodeUnauthorized:
		// One unknown login must not look like refused keys, which stop a whole instance.
		if authorizes(op) && !env.inSession() && unknownLoginText(text) {
			return flinks.EntryFor(flinks.CodeUnauthorized, flinks.MeaningUnknownLogin)
		}
	case flinks.CodeInvalidLogin:
		// The credentials wording comes without a RequestId where the answer is a 400.
		if strings.Contains(text, "password") {
			return flinks.EntryFor(flinks.CodeInvalidLogin, flinks.MeaningInSession)
		}
	default: // no other code has a second meaning
	}
	return e
}

func unknownLoginText(lower string) bool {
	return strings.Contains(lower, "loginid not found or invalid")
}

// codeless judges a readable error of Flinks that carries no FlinksCode.
func (a answer) codeless(env *envelope, status int) *flinks.Error {
	outOfSession := !env.inSession()
	switch {
	case a.status == http.StatusTooManyRequests || status == http.StatusTooManyRequests:
		return a.failed(env, flinks.EntryFor(flinks.CodeTooManyRequests, flinks.MeaningOnly))
	case a.status >= 500 || status >= 500:
		return a.unreadable()
	case status == http.StatusUnauthorized && outOfSession && authorizes(a.op) && unknownLoginText(strings.ToLower(env.Message.text)):
		return a.failed(env, flinks.EntryFor(flinks.CodeUnauthorized, flinks.MeaningUnknownLogin))
	case status == http.StatusUnauthorized && outOfSession:
		return a.failed(env, flinks.EntryFor(flinks.CodeUnauthorized, flinks.MeaningOutOfSession))
	default:
		return a.failed(env, flinks.EntryFor(flinks.CodeMissing, flinks.MeaningOnly))
	}
}

// failed returns the error of a definite answer of Flinks.
func (a answer) failed(env *envelope, e flinks.Entry) *flinks.Error {
	return &flinks.Error{
		Op:          a.op,
		HTTPStatus:  a.status,
		Code:        e.Code,
		Class:       e.Class,
		InSession:   env.inSession(),
		RequestID:   env.session(),
		Delivery:    flinks.Answered,
		RetryAfter:  a.retryAfter,
		Institution: institutionName(env.Institution),
	}
}

// unreadable returns the error of an answer that says nothing definite. A bare 429 is
// definite: its sender did not let the request through.
func (a answer) unreadable() *flinks.Error {
	e := &flinks.Error{Op: a.op, HTTPStatus: a.status, Delivery: flinks.Ambiguous, RetryAfter: a.retryAfter}
	switch {
	case a.status == http.StatusTooManyRequests:
		e.Code, e.Delivery = flinks.CodeTooManyRequests, flinks.Answered
	case a.status >= 500:
		e.Code = flinks.CodeServerError
	default:
		e.Code = flinks.CodeUnreadable
	}
	e.Class = flinks.Lookup(string(e.Code), false).Class
	return e
}

// authorizes reports whether the call opens a session for a login, or tells of one.
func authorizes(op flinks.Operation) bool {
	return op == flinks.OpObserve || op == flinks.OpRefresh || op == flinks.OpPollRefresh
}

// namesLogin reports whether the request held a loginId, or a session of one, so that an answer may be
// about it.
func namesLogin(op flinks.Operation) bool {
	return authorizes(op) || op == flinks.OpDeleteCard || op == flinks.OpSetScheduledRefresh
}
