package lifecycle

import (
	"slices"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// maxProvenHosts is how many API hosts a binding names.
const maxProvenHosts = 8

// IsHostProven reports whether an API host has answered for the bound login. Flinks gives
// the same answer for a login that was deleted and for one of another instance, so only
// such a host can say that the login is gone: a mistyped address must not pass for a
// deletion.
func IsHostProven(b *v1alpha1.Binding, host string) bool {
	return b != nil && host != "" && slices.Contains(b.HostFingerprints, host)
}

// doubted weakens an outcome that says, or may say, that the bound login is unknown, if
// the host that said it has never answered for the login.
func (o Outcome) doubted(b *v1alpha1.Binding) Outcome {
	if b == nil || o.Err == nil || IsHostProven(b, o.Identity.Host) || o.Err.Class != flinks.ClassGone && !o.Err.IsBareNotFound() {
		return o
	}
	doubt := *o.Err
	doubt.Code = flinks.CodeHostUnproven
	doubt.Class = flinks.Lookup(string(doubt.Code), false).Class
	o.Err = &doubt
	return o
}

// ConfirmsDeletion reports whether the outcome of a Delete or a Confirm is the definite
// answer that the login of a connection is gone. An unknown login is such an answer only
// because no call is made for an identity other than the bound one, only from a host that
// has answered for the login before, and only to the call that names the login: the token
// call names none.
func ConfirmsDeletion(c *v1alpha1.BankConnection, o Outcome) bool {
	if o.Problem != "" {
		return false
	}
	o = o.doubted(c.Status.Binding)
	switch o.Action.(type) {
	case Delete:
		return o.Err == nil || saysGone(o.Err, flinks.OpDeleteCard)
	case Confirm:
		return o.Err != nil && saysGone(o.Err, flinks.OpObserve)
	default:
		return false
	}
}

// deletionProblem returns the reason why a login is not deleted yet.
func deletionProblem(o Outcome) string {
	switch {
	case o.Problem != "":
		return o.Problem
	case o.Err == nil:
		// Flinks still knows the login, although the Delete did not find it.
		return v1alpha1.ReasonFlinksUnavailable
	case o.Err.Code == flinks.CodeCardInUse:
		return v1alpha1.ReasonCardInUse
	case o.Err.Code == flinks.CodeHostUnproven:
		return v1alpha1.ReasonHostUnproven
	case o.Err.Class == flinks.ClassInstance, refusesCard(o.Err):
		return keysReason(o.Err)
	case saysGone(o.Err, flinks.OpGenerateAuthorizeToken):
		return v1alpha1.ReasonInstanceNotReady
	}
	return v1alpha1.ReasonFlinksUnavailable
}

// IsSwitchedOff reports whether an answer to a call that switches nightly refresh of the
// bound login off is definite: it is off, or cannot be on.
func IsSwitchedOff(b *v1alpha1.Binding, o Outcome) bool { return isSwitchedOff(o.doubted(b)) }

func isSwitchedOff(o Outcome) bool {
	return o.Problem == "" && (o.Err == nil || isInVain(o.Err))
}
