package dataclient

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Reason says why there is no data. docs/data-api.md tells what each one means.
type Reason string

// The reasons.
const (
	// Pending: Flinks is still fetching the data.
	Pending Reason = "Pending"
	// InvalidRequest: the query means nothing.
	InvalidRequest Reason = "InvalidRequest"
	// Unauthorized: the token is not valid for the data API.
	Unauthorized Reason = "Unauthorized"
	// Forbidden: the caller may not read the data of this connection, if there is one.
	Forbidden Reason = "Forbidden"
	// NotFound: there is no such connection.
	NotFound Reason = "NotFound"
	// MethodNotAllowed: data is read by GET.
	MethodNotAllowed Reason = "MethodNotAllowed"
	// UserActionRequired: the customer has to act; Cause says why.
	UserActionRequired Reason = "UserActionRequired"
	// NotBound: Flinks has not confirmed the login in the Secret.
	NotBound Reason = "NotBound"
	// NoData: Flinks has no data of the login.
	NoData Reason = "NoData"
	// SelectionUnknown: it is not known which accounts may be handed out.
	SelectionUnknown Reason = "SelectionUnknown"
	// DuplicateLogin: another connection owns the login.
	DuplicateLogin Reason = "DuplicateLogin"
	// Suspended: the connection is suspended.
	Suspended Reason = "Suspended"
	// BeingDeleted: the connection is being deleted.
	BeingDeleted Reason = "BeingDeleted"
	// TooManyReads: the connection, or its namespace, is read too often.
	TooManyReads Reason = "TooManyReads"
	// Busy: the limits of the instance leave no call for now.
	Busy Reason = "Busy"
	// BadAnswer: Flinks answered with something that is no data.
	BadAnswer Reason = "BadAnswer"
	// InstanceUnavailable: the instance cannot be used; Cause says why.
	InstanceUnavailable Reason = "InstanceUnavailable"
	// FlinksUnavailable: Flinks, or the bank, cannot give the data now.
	FlinksUnavailable Reason = "FlinksUnavailable"
	// NotLeader: the replica that answered finds no leader.
	NotLeader Reason = "NotLeader"
	// Unavailable: the operator cannot answer now.
	Unavailable Reason = "Unavailable"
)

// Problem is the error of a read that the data API answers without data.
type Problem struct {
	// Status is that of HTTP.
	Status int
	// Reason is empty if something else than the data API answered, such as a proxy.
	Reason Reason
	// Cause is a reason of a condition of the object, such as CredentialsRejected; may be empty.
	Cause string
	// RetryAfter is when to ask again; zero if that depends on something else than time.
	RetryAfter time.Duration
}

// Error implements error.
func (p *Problem) Error() string {
	return strings.Join(strings.Fields(fmt.Sprintf("dataclient: no data: %d %s %s", p.Status, p.Reason, p.Cause)), " ")
}

// retry is how long to wait for what is pending.
func (p *Problem) retry() time.Duration {
	if p.RetryAfter <= 0 {
		return defaultRetry
	}
	return p.RetryAfter
}

// maxProblem bounds what is read of a problem.
const maxProblem = 16 << 10

// readProblem reads an answer without data. Of what is not as the data API has it only the status
// counts.
func readProblem(ctx context.Context, res *http.Response) error {
	p := &Problem{Status: res.StatusCode, RetryAfter: retryAfter(res)}
	if mediaType(res) != "application/problem+json" {
		return p
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	if err != nil {
		return unreachable(ctx, err)
	}
	var document struct {
		Reason Reason `json:"reason"`
		Cause  string `json:"cause"`
	}
	if json.Unmarshal(raw, &document) == nil && isWord(string(document.Reason)) {
		p.Reason = document.Reason
		if isWord(document.Cause) {
			p.Cause = document.Cause
		}
	}
	return p
}

// isWord reports whether a text is a reason in CamelCase, which logs can have.
func isWord(s string) bool {
	other := func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, other)
}

func retryAfter(res *http.Response) time.Duration {
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(maxRetry/time.Second))) * time.Second
}

// mediaType returns the type of a body, without its parameters.
func mediaType(res *http.Response) string {
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}
