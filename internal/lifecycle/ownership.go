package lifecycle

import (
	"cmp"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// CompareOwnership orders the connections that are bound to one login: the first one
// owns it. A login belongs to the connection that was bound to it first. Times in a
// status have whole seconds, and a backup brings them back, so creation times and then
// UIDs settle a tie. A connection that is not bound comes after all that are.
func CompareOwnership(a, b *v1alpha1.BankConnection) int {
	return cmp.Or(
		compareBindings(a.Status.Binding, b.Status.Binding),
		a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
		cmp.Compare(a.UID, b.UID),
	)
}

func compareBindings(a, b *v1alpha1.Binding) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Time.Compare(b.Time.Time)
}

// HasLogin reports whether a connection is bound to a login and did not let go of it.
func HasLogin(c *v1alpha1.BankConnection, fingerprint string) bool {
	b := c.Status.Binding
	return b != nil && b.LoginFingerprint == fingerprint && !hasLetGo(c)
}

// hasLetGo reports whether an object that is being deleted is done with its login.
func hasLetGo(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && !hasFinalizer(c, v1alpha1.Finalizer)
}

// OwnedByOther reports whether one of the twins of a connection owns the login with the
// given fingerprint. A connection that is not bound is judged as if it were bound now.
func OwnedByOther(now time.Time, c *v1alpha1.BankConnection, fingerprint string, twins []*v1alpha1.BankConnection) bool {
	if c.Status.Binding == nil {
		bound := *c
		bound.Status.Binding = &v1alpha1.Binding{LoginFingerprint: fingerprint, Time: *past(now)}
		c = &bound
	}
	for _, twin := range twins {
		if HasLogin(twin, fingerprint) && CompareOwnership(twin, c) < 0 {
			return true
		}
	}
	return false
}
