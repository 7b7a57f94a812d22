package linkapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
)

// Operation is the last element of a call's URL path.
type Operation string

// The operations, one for each method of [Backend].
const (
	OpView        Operation = "view"
	OpLogo        Operation = "logo"
	OpOpen        Operation = "open"
	OpStart       Operation = "start"
	OpProve       Operation = "prove"
	OpConnect     Operation = "connect"
	OpFinish      Operation = "finish"
	OpWebhookKeys Operation = "webhook-keys"
	OpNotify      Operation = "notify"
)

// Code is the result of a call, as answers and metrics contain it.
type Code string

// The codes. The body of an error answer has one of them, but not OK.
const (
	CodeOK          Code = "OK"
	CodeNotFound    Code = "NotFound"
	CodeNotNow      Code = "NotNow"
	CodeUnavailable Code = "Unavailable"
	CodeInvalid     Code = "Invalid"
)

// maxBody bounds requests and answers. The longest one has a URL of Flinks Connect, of at
// most 8 KiB.
const maxBody = 16 << 10

// maxLogoBody bounds the answer that has a logo, as text.
const maxLogoBody = 4*(MaxLogo+2)/3 + 64

// maxAnswer bounds the answers of an operation.
func maxAnswer(op Operation) int {
	if op == OpLogo {
		return maxLogoBody
	}
	return maxBody
}

const contentType = "application/json"

// errorAnswer is the body of an error answer.
type errorAnswer struct {
	Code Code `json:"code"`
}

// errorCodes are the errors that the protocol knows. An answer contains nothing else of
// an error.
var errorCodes = []struct {
	err    error
	code   Code
	status int
}{
	{ErrNotFound, CodeNotFound, http.StatusNotFound},
	{ErrNotNow, CodeNotNow, http.StatusConflict},
	{ErrInvalid, CodeInvalid, http.StatusBadRequest},
	{ErrUnavailable, CodeUnavailable, http.StatusServiceUnavailable},
}

// codeOf returns the code and the HTTP status of an error. An error that the protocol
// does not know may not occur again, so it counts as ErrUnavailable.
func codeOf(err error) (Code, int) {
	for _, f := range errorCodes {
		if errors.Is(err, f.err) {
			return f.code, f.status
		}
	}
	return CodeUnavailable, http.StatusServiceUnavailable
}

// errorOf returns the error of a code.
func errorOf(code Code) error {
	for _, f := range errorCodes {
		if f.code == code {
			return f.err
		}
	}
	return ErrUnavailable
}

// The bodies of requests. They have strings, because an Identifier is REDACTED in JSON.
type (
	linkRequest struct {
		Token   string `json:"token"`
		Visitor string `json:"visitor,omitempty"`
		Client  string `json:"client,omitempty"`
	}
	proveRequest struct {
		linkRequest

		Ticket string `json:"ticket"`
	}
	finishRequest struct {
		linkRequest

		LoginID    string   `json:"loginId"`
		RequestID  string   `json:"requestId,omitempty"`
		AccountIDs []string `json:"accountIds,omitempty"`
	}
	notifyRequest struct {
		Instance Instance `json:"instance"`
		LoginID  string   `json:"loginId"`
	}
	keysRequest struct {
		Instance Instance `json:"instance"`
	}
)

// The bodies of answers that are not a View.
type (
	logoAnswer struct {
		Logo []byte `json:"logo"`
	}
	connectAnswer struct {
		URL string `json:"url"`
	}
	keysAnswer struct {
		Keys []string `json:"keys"`
	}
	notifyAnswer struct{}
)

// requestOf returns the body of a request for a visit.
func requestOf(v Visit) linkRequest {
	return linkRequest{Token: v.Token.Reveal(), Visitor: v.Visitor.Reveal(), Client: v.Client.Reveal()}
}

func (r linkRequest) visit() Visit {
	return Visit{Token: NewIdentifier(r.Token), Visitor: NewIdentifier(r.Visitor), Client: NewIdentifier(r.Client)}
}

// marshal encodes a body of at most that many bytes, without the escapes for HTML, which make a URL six times longer.
// The error is ErrUnavailable.
func marshal(v any, most int) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil || b.Len() > most {
		return nil, ErrUnavailable
	}
	return b.Bytes(), nil
}
