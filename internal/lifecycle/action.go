package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Kind of an action.
type Kind string

// The actions. The four words for remote operations are those of the API
// documentation: observe, refresh, collect, delete.
const (
	// Wait: nothing is to be done now.
	Wait Kind = "Wait"
	// Observe reads the state of the login. No bank is contacted.
	Observe Kind = "Observe"
	// Refresh opens a live session. Not repeatable; needs a claim.
	Refresh Kind = "Refresh"
	// Collect asks for the data that a refresh brought.
	Collect Kind = "Collect"
	// SetNightlyRefresh switches Flinks' own nightly refresh of the login on or off.
	SetNightlyRefresh Kind = "SetNightlyRefresh"
	// ClaimDeletion writes the claim that comes before a Delete.
	ClaimDeletion Kind = "ClaimDeletion"
	// UnclaimDeletion takes it back: another connection keeps the login.
	UnclaimDeletion Kind = "UnclaimDeletion"
	// Delete removes the login from Flinks. It needs a claim.
	Delete Kind = "Delete"
	// Confirm reads the state of the login after a Delete that was answered by a 404
	// which says nothing of the login. No bank is contacted.
	Confirm Kind = "Confirm"
	// RemoveFinalizer removes the finalizer without touching the login.
	RemoveFinalizer Kind = "RemoveFinalizer"
	// LetGo lets go of the Secret, and then of the object.
	RemoveSecretFinalizer Kind = "RemoveSecretFinalizer"
	// RevokeSecret deletes a Secret that was handed out.
	RevokeSecret Kind = "RevokeSecret"
)

// Action is what to do now.
type Action struct {
	Kind Kind
	// Active is what a SetNightlyRefresh switches nightly refresh to.
	Active bool
	// Attended reports whether a person started it on the gateway's page.
	Attended bool
	// Request is the refresh-requested-at value that this action answers.
	Request string
	// Refusal is the reason why Request is refused.
	Refusal string
	// HandOff is true if the session that an observe brings is to be handed out.
	HandOff bool
	// Handout is what is withdrawn.
	DeliveredSecret DeliveredSecret
	// Reason is why a RemoveFinalizer leaves the login at Flinks; a reason of the event that
	// says so.
	Reason string
}

// Handout is a Secret that the operator writes for others to read; what its name
// has behind that of the connection.
type DeliveredSecret string

const (
	// LinkSecret holds the link for a person.
	LinkSecret DeliveredSecret = "-reconnect"
	// SessionSecret holds a RequestId for applications.
	SessionSecret DeliveredSecret = "-session"
)

// DeliveredSecretName is the name of the Secret. It never comes from a status.
func DeliveredSecretName(c *v1alpha1.BankConnection, h DeliveredSecret) string {
	return c.Name + string(h)
}

// SecretProtection is what came of putting a finalizer on a Secret.
type SecretProtection struct {
	// SecretName is the Secret; empty if none has to be held any more.
	SecretName string
	// Forbidden is true if the finalizer may not be put there.
	Forbidden bool
	// Inherited is true if the finalizer was there, and not put there for this binding.
	Inherited bool
}

// Outcome is what came of an action.
type Outcome struct {
	Action Action

	// Problem is the reason why no call was made, such as SecretNotFound;
	// empty if the call was made.
	Problem string
	// Err is what Flinks answered instead of success, or that it did not.
	Err *flinks.Error
	// Authorization is the answer to an observe or a refresh.
	Authorization *flinks.Authorization
	// Accounts is the answer to a collect.
	Accounts *flinks.AccountsDetail

	// Identity of the login that the call was made for.
	Identity Identity
	// Answered is when Flinks answered; zero if that is now.
	Answered time.Time
	// ReconnectURL is the link to the session that a refresh left open, unless it
	// was put into a Secret.
	ReconnectURL string
	// SealedSession is that session for the operator alone, where the link leads to
	// the gateway.
	SealedSession string
	// SecretName is the Secret that was written or deleted; empty if none was.
	SecretName string
	// Undelivered is the reason why a Secret could not be; empty if it could.
	Undelivered string

	// Protection of the Secret with the login; nil if it was not looked at.
	Protection *SecretProtection
	// Superseded is true if the bound login is given up for the one that the Secret
	// holds now.
	Superseded bool
	// SwitchedOff is true if nightly refresh of the login that is given up was switched
	// off.
	SwitchedOff bool
}

func (o Outcome) at(now time.Time) time.Time {
	if o.Answered.IsZero() {
		return now
	}
	return o.Answered
}

// tries reports whether an action is part of deleting a login at Flinks.
func tries(k Kind) bool { return k == Delete || k == Confirm }

// WantsHandOff is true if the answer to an observe opens data that are to be handed
// out.
func WantsHandOff(a Action, got flinks.Authorization) bool {
	return a.HandOff && got.State == flinks.Authorized
}
