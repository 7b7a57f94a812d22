package lifecycle

import (
	"time"

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
	// Refresh opens a live session. It cannot be repeated, and needs a claim.
	Refresh Kind = "Refresh"
	// Collect asks for the data that a refresh brought.
	Collect Kind = "Collect"
	// SetNightlyRefresh switches Flinks' own nightly refresh of the login on or off.
	SetNightlyRefresh Kind = "SetNightlyRefresh"
	// ClaimDeletion writes the claim that precedes a Delete.
	ClaimDeletion Kind = "ClaimDeletion"
	// UnclaimDeletion removes the claim, because another connection keeps the login.
	UnclaimDeletion Kind = "UnclaimDeletion"
	// Delete removes the login from Flinks. It needs a claim.
	Delete Kind = "Delete"
	// Confirm reads the state of the login after Flinks answered a Delete with a 404 that
	// does not name the login. No bank is contacted.
	Confirm Kind = "Confirm"
	// RemoveFinalizer removes the finalizer without touching the login.
	RemoveFinalizer Kind = "RemoveFinalizer"
	// RemoveSecretFinalizer removes the finalizer from the Secret, and then the last one
	// from the object.
	RemoveSecretFinalizer Kind = "RemoveSecretFinalizer"
	// DeliverLink writes a link to the gateway into a Secret.
	DeliverLink Kind = "DeliverLink"
	// RevokeSecret deletes a Secret that the operator delivered.
	RevokeSecret Kind = "RevokeSecret"
)

// Action is what to do now.
type Action struct {
	Kind Kind
	// Active is the state to which a SetNightlyRefresh switches nightly refresh.
	Active bool
	// Attended reports whether the customer started it on the gateway's page.
	Attended bool
	// Request is the refresh-requested-at value that this action answers.
	Request string
	// Refusal is the reason why Request is refused.
	Refusal string
	// HandOff reports whether the session that an observe brings is to be delivered.
	HandOff bool
	// DeliveredSecret is the Secret that a RevokeSecret deletes.
	DeliveredSecret DeliveredSecret
	// Reason is why a RemoveFinalizer leaves the login at Flinks; it is also the reason of
	// the event.
	Reason string
}

// SecretProtection is the result of putting a finalizer on a Secret.
type SecretProtection struct {
	// SecretName is the Secret; empty if none has to carry the finalizer any more.
	SecretName string
	// Forbidden reports whether the operator may not put the finalizer there.
	Forbidden bool
	// Inherited reports whether the finalizer was there before this binding.
	Inherited bool
}

// Outcome is the result of an action.
type Outcome struct {
	Action Action

	// Problem is the reason why no call was made, such as SecretNotFound; empty if the
	// call was made.
	Problem string
	// Err is the error of the call: an answer of Flinks, or its absence.
	Err *flinks.Error
	// Authorization is the answer to an observe or a refresh.
	Authorization *flinks.Authorization
	// Accounts is the answer to a collect.
	Accounts *flinks.AccountsDetail

	// Identity of the login that the call was made for.
	Identity Identity
	// Answered is when Flinks answered; zero if that is now.
	Answered time.Time
	// ReconnectURL is the link to the session that a refresh left open; empty if the link
	// was put into a Secret.
	ReconnectURL string
	// SealedSession is that session, sealed for the operator, if the link leads to the
	// gateway.
	SealedSession string
	// SecretName is the Secret that was written or deleted; empty if none was.
	SecretName string
	// Undelivered is the reason why a Secret could not be written or deleted; empty if it
	// could.
	Undelivered string

	// Protection of the Secret with the login; nil if the Secret was not checked.
	Protection *SecretProtection
	// Superseded reports whether the bound login is given up for the one that the Secret
	// now holds.
	Superseded bool
	// SwitchedOff reports whether nightly refresh was switched off for the login that is
	// given up.
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

// WantsHandOff reports whether the answer to an observe opens data that is to be
// delivered.
func WantsHandOff(a Action, got flinks.Authorization) bool {
	return a.HandOff && got.State == flinks.Authorized
}
