package lifecycle

import "github.com/flinks-operator/flinks-operator/api/v1alpha1"

// LoginForbiddenEvent tells that a person linked their bank, and the operator may not
// write the Secret for it.
func LoginForbiddenEvent() Event {
	return Event{
		Warning: true, Reason: v1alpha1.ReasonSecretWriteForbidden, Action: "KeepLogin",
		Note: message(v1alpha1.ReasonSecretWriteForbidden),
	}
}
