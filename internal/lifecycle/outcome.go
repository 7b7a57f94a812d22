package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

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

// refusalOf returns what is refused with an action.
func refusalOf(a Action) Refusal {
	if refuses, ok := a.(interface{ refusal() Refusal }); ok {
		return refuses.refusal()
	}
	return Refusal{}
}
