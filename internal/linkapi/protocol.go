// Package linkapi is what the gateway asks the operator for, inside the cluster:
// what a person's page shows, that a live session be started, the way to Flinks
// Connect, that a login be kept, and that a login be looked at because a webhook
// speaks of it. The operator serves it to whom the API server knows and allows
// (TokenReview, SubjectAccessReview); the gateway has no other rights.
//
// Any replica of the operator answers. A live session is asked for in the status of
// the BankConnection, and the leader opens it.
package linkapi

import (
	"errors"
	"time"
)

// Path is the URL path of the API, and the prefix of its operations: the
// non-resource URL that a client must be allowed to POST to.
const Path = "/linkapi/v1/"

// State is what the page of a link shows.
type State string

// The states of a page. In those that say so, a press of the button does something.
const (
	// StateConnect: a press opens the whole of Flinks Connect.
	StateConnect State = "Connect"
	// StateStart: a press starts a live session.
	StateStart State = "Start"
	// StateResume: the bank has asked; a press opens its question in Flinks Connect.
	StateResume State = "Resume"
	// StateWorking: the operator, Flinks or the bank is at work.
	StateWorking State = "Working"
	// StateDone: nobody is wanted.
	StateDone State = "Done"
	// StateWait: another session may be open, or there were too many; see Until.
	StateWait State = "Wait"
	// StateUnavailable: Flinks or the bank cannot be reached.
	StateUnavailable State = "Unavailable"
	// StateBlocked: only the platform can help, for instance because the connection
	// is suspended.
	StateBlocked State = "Blocked"
	// StateOtherLogin: the person linked another bank login than this connection has.
	StateOtherLogin State = "OtherLogin"
	// StateNotVerified: Flinks does not confirm what the browser said was linked.
	StateNotVerified State = "NotVerified"
	// StateLinkInvalid: not a link of this operator, or of a connection that is gone.
	StateLinkInvalid State = "LinkInvalid"
	// StateLinkExpired: the link is too old.
	StateLinkExpired State = "LinkExpired"
	// StateLinkReplaced: there is a newer link.
	StateLinkReplaced State = "LinkReplaced"
)

// View is what the page of a link needs to know. It names nobody and nothing.
type View struct {
	State State `json:"state"`
	// Reason why the person is wanted or cannot be helped: one of the reasons of the
	// BankConnection API, or empty.
	Reason string `json:"reason,omitempty"`
	// Until is when to try again; zero if that is not known.
	Until time.Time `json:"until,omitzero"`
	// Language of the connection: en, fr, or empty.
	Language string `json:"language,omitempty"`
	// ConnectOrigin is the origin of Flinks Connect for this instance, such as
	// https://toolbox-iframe.private.fin.ag: what the page may frame. Empty if the
	// link is invalid.
	ConnectOrigin string `json:"connectOrigin,omitempty"`
	// ReturnURL is the page of the application that the person goes back to: the
	// redirectURL of the connection's spec, or empty.
	ReturnURL string `json:"returnURL,omitempty"`
}

// Instance names an instance that webhooks speak of. Namespace is empty for a
// ClusterFlinksInstance.
type Instance struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Errors of the client. Any other is worth a retry too, and none carries what was
// asked or answered.
var (
	// ErrNotFound: no such instance, or it has no key for webhooks.
	ErrNotFound = errors.New("linkapi: not found")
	// ErrNotNow: the state of the link does not allow it; look again.
	ErrNotNow = errors.New("linkapi: not in this state")
	// ErrUnavailable: the operator, or Flinks behind it, gives no answer.
	ErrUnavailable = errors.New("linkapi: unavailable")
	// ErrInvalid: what was sent is not well-formed.
	ErrInvalid = errors.New("linkapi: invalid request")
)
