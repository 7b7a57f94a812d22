package flinks

import (
	"strconv"
	"strings"
	"time"
)

// Operation names a remote call in errors, metrics and logs. It is a closed set.
type Operation string

// The remote calls.
const (
	OpGenerateAuthorizeToken  Operation = "GenerateAuthorizeToken"
	OpObserve                 Operation = "Observe"     // cached Authorize
	OpRefresh                 Operation = "Refresh"     // live Authorize, or the beginning of AuthorizeAsync
	OpPollRefresh             Operation = "PollRefresh" // AuthorizeAsync, how a live session goes
	OpGetAccountsDetail       Operation = "GetAccountsDetail"
	OpGetAccountsDetailAsync  Operation = "GetAccountsDetailAsync"
	OpGetAccountsSummary      Operation = "GetAccountsSummary" // to try the x-api-key
	OpDeleteCard              Operation = "DeleteCard"
	OpSetScheduledRefresh     Operation = "SetScheduledRefresh"
	OpGetNightlyRefreshStatus Operation = "GetNightlyRefreshStatus"
)

// Delivery says what is known about a request that failed.
type Delivery string

const (
	// NotSent: the request definitely never reached Flinks. Name resolution, connecting
	// or the TLS handshake failed, the context ended first, or the call was refused
	// locally.
	NotSent Delivery = "NotSent"
	// Answered: Flinks gave a definite, readable answer. That includes a 5xx that
	// carries a FlinksCode: a cached call replays such an answer for as long as it is
	// the last live outcome, so it has to count as an answer.
	Answered Delivery = "Answered"
	// Ambiguous: the request may have been acted upon. Timeout, reset, a 5xx without a
	// FlinksCode, a redirect, or a body that cannot be understood.
	Ambiguous Delivery = "Ambiguous"
)

// Error is the error of a remote call; the client returns no other. It has no remote text, no
// URL and no transport error in it, so it can be logged and put into a status as it is.
// errors.Is finds context.Canceled and context.DeadlineExceeded when the call ended for that
// reason (the client's own time limit included).
type Error struct {
	// Op is the call that failed.
	Op Operation
	// HTTPStatus is the transport status; 0 when there was no answer.
	HTTPStatus int
	// Code is a FlinksCode of the catalogue or one of this package's own codes.
	Code Code
	// Class is what to do about it.
	Class Class
	// InSession says that the body held a RequestId: the answer is about the bank
	// session and not about the instance's keys.
	InSession bool
	// RequestID is the session of the error body. After a failed cached call it still
	// opens the older data.
	RequestID RequestID
	// Delivery says whether the request may have been acted upon.
	Delivery Delivery
	// RetryAfter is the pause that the answer asks for, at most a day; 0 when it asks
	// for none.
	RetryAfter time.Duration
	// Institution is the bank's name, sanitised; often empty.
	Institution string
	// Cause is context.Canceled or context.DeadlineExceeded if the call ended because of its
	// context, and nil otherwise.
	Cause error
}

// Error prints the closed fields only.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("flinks: " + string(e.Op) + ": " + string(e.Code))
	b.WriteString(" (class " + string(e.Class) + ", " + string(e.Delivery))
	if e.HTTPStatus != 0 {
		b.WriteString(", HTTP " + strconv.Itoa(e.HTTPStatus))
	}
	b.WriteString(")")
	return b.String()
}

// Is reports whether the call ended because of the context, and why.
func (e *Error) Is(target error) bool {
	return e.Cause != nil && e.Cause == target
}

// notFound is http.StatusNotFound; net/http belongs to the client.
const notFound = 404

// IsBareNotFound reports whether a DeleteCard was answered by a 404 in which nothing is
// Flinks' own. Some instances say so that they do not know a login, and every proxy that
// it does not know the path. It is no outage either.
func (e *Error) IsBareNotFound() bool {
	return e.Op == OpDeleteCard && e.HTTPStatus == notFound && e.Code == CodeUnreadable
}

// Remedy returns the sentences of the catalogue that say what to do.
func (e *Error) Remedy() string {
	for _, entry := range catalogue {
		if entry.Code == e.Code && entry.Class == e.Class {
			return entry.Remedy
		}
	}
	return remedyUnknown
}
