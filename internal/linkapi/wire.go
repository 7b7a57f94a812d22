package linkapi

import (
	"errors"
	"net/http"
)

// Operation is the last element of a call's URL path.
type Operation string

// The operations, one for each method of [Backend].
const (
	OpView        Operation = "view"
	OpStart       Operation = "start"
	OpConnect     Operation = "connect"
	OpFinish      Operation = "finish"
	OpWebhookKeys Operation = "webhook-keys"
	OpNotify      Operation = "notify"
)

// Code is how a call ended, as it is sent and counted.
type Code string

// The codes. All but OK are the body of an answer that is an error.
const (
	CodeOK          Code = "OK"
	CodeNotFound    Code = "NotFound"
	CodeNotNow      Code = "NotNow"
	CodeUnavailable Code = "Unavailable"
	CodeInvalid     Code = "Invalid"
)

// maxBody bounds what is sent and what is answered. The longest of both is a URL of
// Flinks Connect, of at most 8 KiB.
const maxBody = 16 << 10

const contentType = "application/json"

// failure is the body of an answer that is an error.
type failure struct {
	Code Code `json:"code"`
}

// failures are the errors that the two sides tell each other about. Nothing else
// about an error is told.
var failures = []struct {
	err    error
	code   Code
	status int
}{
	{ErrNotFound, CodeNotFound, http.StatusNotFound},
	{ErrNotNow, CodeNotNow, http.StatusConflict},
	{ErrInvalid, CodeInvalid, http.StatusBadRequest},
	{ErrUnavailable, CodeUnavailable, http.StatusServiceUnavailable},
}

// codeOf is the code and the HTTP status of an error. What is not in the list may be
// gone the next time.
func codeOf(err error) (Code, int) {
	for _, f := range failures {
		if errors.Is(err, f.err) {
			return f.code, f.status
		}
	}
	return CodeUnavailable, http.StatusServiceUnavailable
}

// errorOf is the error that a code stands for.
func errorOf(code Code) error {
	for _, f := range failures {
		if f.code == code {
			return f.err
		}
	}
	return ErrUnavailable
}

// What is sent, one type for each kind of call. Identifiers have no other way through
// JSON, where they print REDACTED.
type (
	linkRequest struct {
		Token string `json:"token"`
	}
	finishRequest struct {
		Token     string `json:"token"`
		LoginID   string `json:"loginId"`
		RequestID string `json:"requestId,omitempty"`
	}
	notifyRequest struct {
		Instance Instance `json:"instance"`
		LoginID  string   `json:"loginId"`
	}
	keysRequest struct {
		Instance Instance `json:"instance"`
	}
)

// What is answered, where it is not a View.
type (
	connectAnswer struct {
		URL string `json:"url"`
	}
	keysAnswer struct {
		Keys []string `json:"keys"`
	}
	notifyAnswer struct{}
)
