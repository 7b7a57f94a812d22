package lifecycle

import (
	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// LoginNotKeptEvent returns the event for a customer who linked their bank while the
// operator may not write the Secret for it, or does not.
func LoginNotKeptEvent(reason string) Event {
	return Event{Warning: true, Reason: reason, Action: "KeepLogin", Note: Message(reason)}
}

// LogoUnusableEvent returns the event of an instance whose logo no page can show.
func LogoUnusableEvent() Event {
	return Event{
		Warning: true, Reason: v1alpha1.ReasonLogoUnusable, Action: "ShowLogo",
		Note: Message(v1alpha1.ReasonLogoUnusable),
	}
}

// LoginNotVerifiedEvent returns the event for a login that a browser named and nothing proves.
func LoginNotVerifiedEvent() Event {
	return Event{
		Warning: true, Reason: v1alpha1.ReasonLoginNotVerified, Action: "KeepLogin",
		Note: Message(v1alpha1.ReasonLoginNotVerified),
	}
}

// LoginOwnedEvent returns the event for a customer who linked a login that another connection
// is bound to.
func LoginOwnedEvent() Event {
	return Event{
		Warning: true, Reason: v1alpha1.ReasonDuplicateLogin, Action: "KeepLogin",
		Note: "The login that a customer linked belongs to another BankConnection; the operator did not keep it for this one",
	}
}

// OtherLoginEvent returns the event for a customer who came back with another login than the bound
// one.
func OtherLoginEvent() Event {
	reason := v1alpha1.ReasonOtherLogin
	return Event{Warning: true, Reason: reason, Action: "KeepLogin", Note: Message(reason)}
}
