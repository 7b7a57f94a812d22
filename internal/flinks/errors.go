package flinks

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Operation names a remote call in errors, metrics and logs. It is a closed set.
type Operation string

// The remote calls.
const (
	OpGenerateAuthorizeToken  Operation = "GenerateAuthorizeToken"
	OpObserve                 Operation = "Observe" // cached Authorize
	OpRefresh                 Operation = "Refresh" // live Authorize
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

// Error is the only error type that leaves the package for a remote call. It carries
// no remote text, no URL and no transport error, so it can be logged and put into a
// status as it is. errors.Is finds context.Canceled and context.DeadlineExceeded when
// the call ended for that reason (the client's own time limit included).
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

	cause error // nil, context.Canceled or context.DeadlineExceeded
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
	return e.cause != nil && e.cause == target
}

// IsBareNotFound reports whether a DeleteCard was answered by a 404 in which nothing is
// Flinks' own. Some instances say so that they do not know a login, and every proxy that
// it does not know the path. It is no outage either.
func (e *Error) IsBareNotFound() bool {
	return e.Op == OpDeleteCard && e.HTTPStatus == http.StatusNotFound && e.Code == CodeUnreadable
}

// Remedy is the sentence of the catalogue that tells a person what to do.
func (e *Error) Remedy() string {
	for _, entry := range catalogue {
		if entry.Code == e.Code && entry.Class == e.Class {
			return entry.Remedy
		}
	}
	return remedyUnknown
}

// contextCause keeps the identity of a context error and nothing else of it: a
// custom cause may carry any text.
func contextCause(ctx context.Context) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return context.DeadlineExceeded
	case ctx.Err() != nil:
		return context.Canceled
	default:
		return nil
	}
}

// refused is a call that this package would not send.
func refused(op Operation, code Code) *Error {
	return &Error{Op: op, Code: code, Class: Lookup(string(code), false).Class, Delivery: NotSent}
}
