// Package linkapi is the protocol between the gateway and the operator, with its client
// and its server. By it the gateway reads what the page of a link shows, requests a live
// session, gets the URL of Flinks Connect, reports the login that a customer linked, and
// announces the data that a webhook names. The operator authenticates and authorizes each
// call by the API server (TokenReview, SubjectAccessReview); the gateway has no other
// rights.
//
// Any replica of the operator answers. It requests a live session in the status of the
// BankConnection, and the leader opens it.
package linkapi

import (
	"errors"
	"time"
)

// Path is the prefix of the URL paths of all operations. RBAC must allow a client to POST
// to this non-resource URL.
const Path = "/linkapi/v1/"

// Audience is what the token of a caller must be for. The API server refuses such a token,
// so that it is of no use anywhere else.
const Audience = "flinks-operator-link-api"

// State is what the page of a link shows.
type State string

// The states of a page. In Connect, Start and Resume a click on the button makes a
// request.
const (
	// StateConnect: a click opens Flinks Connect from its beginning.
	StateConnect State = "Connect"
	// StateStart: a click starts a live session.
	StateStart State = "Start"
	// StateResume: the bank asked a question; a click opens it in Flinks Connect.
	StateResume State = "Resume"
	// StateWorking: the operator, Flinks or the bank has not finished yet.
	StateWorking State = "Working"
	// StateDone: the customer has nothing to do.
	StateDone State = "Done"
	// StateWait: another live session may be open, or there were too many; see Until.
	StateWait State = "Wait"
	// StateUnavailable: Flinks or the bank cannot be reached.
	StateUnavailable State = "Unavailable"
	// StateBlocked: the customer can do nothing, for instance because the connection is
	// suspended.
	StateBlocked State = "Blocked"
	// StateOtherLogin: the customer linked another login than the one of this connection.
	StateOtherLogin State = "OtherLogin"
	// StateNotVerified: Flinks does not confirm the login that the browser reported.
	StateNotVerified State = "NotVerified"
	// StateProofRequired: a click leads to the application, which has to vouch for the
	// browser.
	StateProofRequired State = "ProofRequired"
	// StateInUse: the link is used in another browser; this one only follows. See Until.
	StateInUse State = "InUse"
	// StateLinkInvalid: the operator did not make the link, or its connection is deleted.
	StateLinkInvalid State = "LinkInvalid"
	// StateLinkExpired: the link is too old.
	StateLinkExpired State = "LinkExpired"
	// StateLinkReplaced: a newer link replaced this one.
	StateLinkReplaced State = "LinkReplaced"
)

// View is what the page of a link shows. It contains no name of a customer and, except for
// ReturnURL, none of an object. DisplayName and Title are text that the platform wrote for the page.
type View struct {
	State State `json:"state"`
	// Reason why the customer has to act, or why the state is Blocked: one of the reasons
	// of the BankConnection API, or empty.
	Reason string `json:"reason,omitempty"`
	// Until is when the customer can try again; zero if that is not known.
	Until time.Time `json:"until,omitzero"`
	// Language of the connection: en, fr, or empty.
	Language string `json:"language,omitempty"`
	// ConnectOrigin is the origin that the page may frame: the one of Flinks Connect for
	// this instance, such as https://toolbox-iframe.private.fin.ag. Empty if the link is
	// invalid.
	ConnectOrigin string `json:"connectOrigin,omitempty"`
	// ReturnURL is the page of the application that the customer returns to: redirectURL of
	// the connection's spec, with the name of the connection as a parameter; or empty.
	ReturnURL string `json:"returnURL,omitempty"`
	// DisplayName is the company that asks, as the instance says; may be empty.
	DisplayName string `json:"displayName,omitempty"`
	// Brand is how the page looks.
	Brand Brand `json:"brand,omitzero"`
	// Title is what the customer links their bank for, as the connection says; may be empty.
	Title string `json:"title,omitempty"`
	// ProofURL is the page of the application that vouches for the browser. Only the state
	// ProofRequired has it, and only for a visit with a Visitor.
	ProofURL string `json:"proofURL,omitempty"`
}

// Visit is a link as one browser opened it.
type Visit struct {
	// Token of the link.
	Token Identifier
	// Visitor is a random secret of the browser for this link; zero if the gateway has not
	// given it one.
	Visitor Identifier
	// Client is the network of the browser, such as 203.0.113.7/32 or 2001:db8:1:2::/64; zero
	// if the gateway does not know it. The operator puts a pseudonym of it into audit records,
	// and uses it for nothing else.
	Client Identifier
}

// Instance names the instance that a webhook is for. Namespace is empty for a
// ClusterFlinksInstance.
type Instance struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Errors of a Backend. An error that is none of these is worth a retry, as ErrUnavailable
// is. None contains anything of the request or of the answer.
var (
	// ErrNotFound: the instance does not exist, has no gateway, or has no key for webhooks.
	ErrNotFound = errors.New("linkapi: not found")
	// ErrNotNow: the state of the link does not allow the operation. View returns the state.
	ErrNotNow = errors.New("linkapi: not in this state")
	// ErrUnavailable: the operator does not answer, or Flinks does not answer it.
	ErrUnavailable = errors.New("linkapi: unavailable")
	// ErrInvalid: the request is malformed.
	ErrInvalid = errors.New("linkapi: invalid request")
)
