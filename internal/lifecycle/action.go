package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Action is what to do now: one of the types below. Observe, refresh, collect and delete
// are the four operations of the documentation.
//
//sumtype:decl
type Action interface{ action() }

// Is reports whether an action is of the type A.
func Is[A Action](a Action) bool {
	_, is := a.(A)
	return is
}

type (
	// Wait does nothing now.
	Wait struct{ Refusal }
	// Observe reads the state of the login. No bank is contacted.
	Observe struct {
		// HandOff reports whether the session that the answer brings is to be delivered.
		HandOff bool
		Refusal
	}
	// Refresh opens a live session. It cannot be repeated, and needs a claim. It is
	// unattended if both fields are zero.
	Refresh struct {
		// Attended reports whether the customer started it on the gateway's page.
		Attended bool
		// Request is the refresh-requested-at value that asked for it.
		Request string
	}
	// Collect asks for the data that a refresh brought.
	Collect struct{ Refusal }
	// SetNightlyRefresh switches Flinks' own nightly refresh of the login.
	SetNightlyRefresh struct {
		// Active reports whether it is switched on.
		Active bool
		Refusal
	}
	// ClaimDeletion writes the claim that precedes a Delete.
	ClaimDeletion struct{}
	// UnclaimDeletion removes the claim, because another connection keeps the login.
	UnclaimDeletion struct{}
	// Delete removes the login from Flinks. It needs a claim.
	Delete struct{}
	// Confirm reads the state of the login after Flinks answered a Delete with a 404 that
	// does not name the login. No bank is contacted.
	Confirm struct{}
	// RemoveFinalizer removes the finalizer without touching the login.
	RemoveFinalizer struct {
		// Reason is why the login stays at Flinks; it is also the reason of the event.
		Reason string
	}
	// RemoveSecretFinalizer removes the finalizer from the Secret, and then the last one
	// from the object.
	RemoveSecretFinalizer struct{}
	// DeliverLink writes a link to the gateway into a Secret.
	DeliverLink struct{}
	// RevokeSecret deletes a Secret that the operator delivered.
	RevokeSecret struct{ Secret DeliveredSecret }
)

func (Wait) action()                  {}
func (Observe) action()               {}
func (Refresh) action()               {}
func (Collect) action()               {}
func (SetNightlyRefresh) action()     {}
func (ClaimDeletion) action()         {}
func (UnclaimDeletion) action()       {}
func (Delete) action()                {}
func (Confirm) action()               {}
func (RemoveFinalizer) action()       {}
func (RemoveSecretFinalizer) action() {}
func (DeliverLink) action()           {}
func (RevokeSecret) action()          {}

// Refusal is a refresh-requested-at value that is refused with an action, and why; zero if
// none is.
type Refusal struct{ Request, Reason string }

func (r Refusal) refusal() Refusal { return r }

// refusalOf returns what is refused with an action.
func refusalOf(a Action) Refusal {
	if refuses, ok := a.(interface{ refusal() Refusal }); ok {
		return refuses.refusal()
	}
	return Refusal{}
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

// Outcome is the result of an action. The first fields are those of any action; each of
// the others is zero unless the action has such a result.
type Outcome struct {
	Action Action
	// Problem is the reason why no call was made, such as SecretNotFound; empty if the
	// call was made.
	Problem string
	// Err is the error of the call: an answer of Flinks, or its absence.
	Err *flinks.Error
	// Identity of the login that the call was made for.
	Identity Identity
	// Answered is when Flinks answered; zero if that is now.
	Answered time.Time
	// Protection of the Secret with the login; nil if the Secret was not checked.
	Protection *SecretProtection

	// Authorization is the answer to a call that reads the state of the login, or to a
	// refresh.
	Authorization *flinks.Authorization
	// Accounts is the answer to a collect.
	Accounts *flinks.AccountsDetail
	// AnnouncedLink reports whether the claim of a refresh announced the Secret for its link; see
	// Facts.AnnouncesLink. The spec may have changed since.
	AnnouncedLink bool
	// Link leads to the session that a refresh left open.
	Link SessionLink
	// Delivery is what became of a Secret that was to be written or deleted.
	Delivery Delivery
	// Superseded is the bound login, which an observe gives up for the one that the Secret
	// now holds; nil if the login is kept.
	Superseded *SupersededLogin
}

// SessionLink is the way to an open session, unless the link was put into a Secret.
type SessionLink struct {
	// URL is the link to Flinks Connect.
	URL string
	// SealedSession is the session, sealed for the operator, if the link leads to the
	// gateway.
	SealedSession string
	// Problem is the reason why there is no link to Flinks Connect; empty if there is one, in
	// a Secret or here, or the link leads to the gateway.
	Problem string
}

// Delivery is the result of writing or deleting a Secret.
type Delivery struct {
	// SecretName is the Secret that was written or deleted; empty if none was.
	SecretName string
	// Problem is the reason why the Secret could not be written or deleted; empty if it
	// could.
	Problem string
}

// SupersededLogin is a bound login that is given up.
type SupersededLogin struct {
	// SwitchedOff reports whether its nightly refresh was switched off.
	SwitchedOff bool
}

func (o Outcome) at(now time.Time) time.Time {
	if o.Answered.IsZero() {
		return now
	}
	return o.Answered
}
