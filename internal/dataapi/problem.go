package dataapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Reason says why an answer has no data. It is a closed set, which docs/data-api.md lists.
type Reason string

// The reasons.
const (
	// Pending: Flinks is still fetching the data.
	Pending Reason = "Pending"
	// InvalidRequest: the query means nothing.
	InvalidRequest Reason = "InvalidRequest"
	// Unauthorized: there is no valid token for this API.
	Unauthorized Reason = "Unauthorized"
	// Forbidden: the caller may not read the data of this connection, if there is one.
	Forbidden Reason = "Forbidden"
	// NotFound: there is no such connection, or no such path.
	NotFound Reason = "NotFound"
	// MethodNotAllowed: data is read by GET.
	MethodNotAllowed Reason = "MethodNotAllowed"
	// UserActionRequired: the customer has to act, and there is no usable data.
	UserActionRequired Reason = "UserActionRequired"
	// NotBound: Flinks has not confirmed the login yet, or the Secret has another one.
	NotBound Reason = "NotBound"
	// NoData: Flinks has no data of the login, or not any more.
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
	// InstanceUnavailable: the instance cannot be used.
	InstanceUnavailable Reason = "InstanceUnavailable"
	// FlinksUnavailable: Flinks, or the bank's data there, cannot be reached now.
	FlinksUnavailable Reason = "FlinksUnavailable"
	// NotLeader: this replica does not serve data.
	NotLeader Reason = "NotLeader"
	// Unavailable: the operator cannot answer now.
	Unavailable Reason = "Unavailable"
)

// meaning is what a reason means to a caller.
type meaning struct {
	status int
	detail string
}

var meanings = map[Reason]meaning{
	Pending:             {http.StatusAccepted, "Flinks is still fetching the data. Ask again."},
	InvalidRequest:      {http.StatusBadRequest, "The only parameter is transactions: None, Days90 or Days365."},
	Unauthorized:        {http.StatusUnauthorized, "A bearer token for the audience " + Audience + " is needed."},
	Forbidden:           {http.StatusForbidden, "The caller needs the right to get bankconnections/data."},
	NotFound:            {http.StatusNotFound, "There is nothing here."},
	MethodNotAllowed:    {http.StatusMethodNotAllowed, "Data is read by GET."},
	UserActionRequired:  {http.StatusConflict, "The customer has to act before there is data."},
	NotBound:            {http.StatusConflict, "Flinks has not confirmed the login in the Secret."},
	NoData:              {http.StatusConflict, "Flinks has no data of the login."},
	SelectionUnknown:    {http.StatusConflict, "It is not known which accounts may be handed out."},
	DuplicateLogin:      {http.StatusConflict, "Another BankConnection owns the login."},
	Suspended:           {http.StatusConflict, "The BankConnection is suspended."},
	BeingDeleted:        {http.StatusConflict, "The BankConnection is being deleted."},
	TooManyReads:        {http.StatusTooManyRequests, "Read again later, or with If-None-Match."},
	Busy:                {http.StatusTooManyRequests, "The instance is called as often as its limits allow."},
	BadAnswer:           {http.StatusBadGateway, "The answer of Flinks is not usable."},
	InstanceUnavailable: {http.StatusServiceUnavailable, "The Flinks instance cannot be used now."},
	FlinksUnavailable:   {http.StatusServiceUnavailable, "Flinks cannot give the data now."},
	NotLeader:           {http.StatusServiceUnavailable, "Another replica serves data."},
	Unavailable:         {http.StatusServiceUnavailable, "The operator cannot answer now."},
}

// Problem is the error of a read that has no data. It contains nothing that Flinks said.
type Problem struct {
	Reason Reason
	// Cause is a reason of a condition or of an instance, such as MFARequired; may be empty.
	Cause string
	// RetryAfter is when to ask again; zero if that depends on something else.
	RetryAfter time.Duration
}

// Error implements error.
func (p *Problem) Error() string { return "dataapi: " + string(p.Reason) }

// Status returns the HTTP status of a problem.
func (p *Problem) Status() int {
	if m, known := meanings[p.Reason]; known {
		return m.status
	}
	return http.StatusServiceUnavailable
}

// document is a problem as RFC 9457 has it.
type document struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Reason Reason `json:"reason"`
	Cause  string `json:"cause,omitempty"`
}

const problemType = "application/problem+json"

// WriteProblem answers with a problem.
func WriteProblem(w http.ResponseWriter, p *Problem) {
	status := p.Status()
	body, err := json.Marshal(document{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: meanings[p.Reason].detail, Reason: p.Reason, Cause: p.Cause,
	})
	if err != nil {
		status, body = http.StatusServiceUnavailable, nil
	}
	h := w.Header()
	setCommon(h)
	h.Set("Content-Type", problemType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	switch p.Reason {
	case Unauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case MethodNotAllowed:
		h.Set("Allow", http.MethodGet)
	default:
	}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // It fails if the caller has closed the connection.
}

// setCommon sets what every answer has: none may be kept where others can read it.
func setCommon(h http.Header) {
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
}

// Reasons returns all reasons, with their HTTP status.
func Reasons() map[Reason]int {
	all := map[Reason]int{}
	for reason, m := range meanings {
		all[reason] = m.status
	}
	return all
}
