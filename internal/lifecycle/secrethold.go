package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// SecretHold is what came of putting a finalizer on a Secret.
type SecretHold struct {
	// SecretName is the Secret; empty if none has to be held any more.
	SecretName string
	// Forbidden is true if the finalizer may not be put there.
	Forbidden bool
	// Inherited is true if the finalizer was there, and not put there for this binding.
	Inherited bool
}

// NeedsHold is true if the connection has a bound login after an outcome. Its
// Secret is held before that is on record.
func NeedsHold(c *v1alpha1.BankConnection, o Outcome) bool {
	return c.Status.Binding != nil || o.Action.Kind == Observe && binds(o)
}

// binds reports whether a login is bound by the answer to an observe. That the bank was away
// at the last live call is about the login, although some instances say it without a
// RequestId: an object that waited for a better answer could neither be refreshed nor ever
// get one. It proves no host, for a Flinks in trouble may say it of any login.
func binds(o Outcome) bool {
	return confirms(o) || o.Err != nil && isOutcome(o.Err) && o.Err.HTTPStatus < 500
}

// confirms is true if the answer to an observe shows that Flinks knows the login.
func confirms(o Outcome) bool {
	return o.Authorization != nil || o.Err != nil && isReplay(o.Err)
}

// HeldSecrets are the names of the Secrets that may carry a finalizer for the sake
// of a connection.
func HeldSecrets(c *v1alpha1.BankConnection) []string {
	names := []string{c.Spec.LoginIDSecretRef.Name}
	if b := c.Status.Binding; b != nil && b.SecretName != "" && b.SecretName != names[0] {
		names = append(names, b.SecretName)
	}
	return names
}

// recordHold notes which Secret is held, and whether it is.
func (s *state) recordHold(hold *SecretHold) {
	if hold == nil || s.st.Binding == nil {
		return
	}
	s.st.Binding.SecretName = hold.SecretName
	if s.isBoundAgain(hold) {
		s.st.Binding.NotBefore = future(s.now.Add(processingTime))
	}
	s.setWhileTrue(v1alpha1.ConditionSecretUnprotected, hold.Forbidden, v1alpha1.ReasonSecretHoldForbidden)
}

// isBoundAgain reports whether a new binding is one of a login that may have been bound
// before: the Secret is held, or nothing can tell. A status that was lost with it may have
// told of a live session. Another connection with the login tells of its own, and a login
// that was given up for this one says whose hold it is.
func (s *state) isBoundAgain(hold *SecretHold) bool {
	st := s.was
	known := st.Binding != nil || s.Duplicate || len(st.SupersededLogins) > 0
	return !known && (hold.Inherited || hold.Forbidden)
}

// bindingHolds reports whether a live session may be open that no status tells of.
func bindingHolds(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return st.Binding != nil && pending(now, st.Binding.NotBefore)
}

// holdsAnother is true if the Secret that is held is not the one that the spec names
// by now. An observe moves the hold.
func holdsAnother(c *v1alpha1.BankConnection, st *v1alpha1.BankConnectionStatus) bool {
	return st.Binding != nil && st.Binding.SecretName != "" && st.Binding.SecretName != c.Spec.LoginIDSecretRef.Name
}

// UnreleasedEvent tells that a finalizer stays on a Secret that nobody needs any more.
func UnreleasedEvent() Event {
	return Event{
		Warning: true, Reason: v1alpha1.ReasonSecretHoldForbidden, Action: string(LetGo),
		Note: "The operator may not take its finalizer " + v1alpha1.InUseFinalizer + " off the Secret, which is no longer needed; take it off by hand",
	}
}

func hasFinalizer(c *v1alpha1.BankConnection, finalizer string) bool {
	return slices.Contains(c.Finalizers, finalizer)
}
