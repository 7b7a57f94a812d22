package lifecycle

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// CompareOwnership orders the connections that are bound to one login: the first one owns
// it. A login belongs to the connection that was bound to it first. Times in a status have
// whole seconds, and a restored backup repeats them, so creation times and then UIDs break
// a tie. Unbound connections come last.
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
	return a.BoundTime.Compare(b.BoundTime.Time)
}

// OwnedByOther reports whether one of the duplicates of a connection owns the login with
// the given fingerprint. An unbound connection is judged as if it were bound now.
func OwnedByOther(now time.Time, c *v1alpha1.BankConnection, fingerprint string, duplicates []*v1alpha1.BankConnection) bool {
	if c.Status.Binding == nil {
		bound := *c
		bound.Status.Binding = &v1alpha1.Binding{LoginFingerprint: fingerprint, BoundTime: *Past(now)}
		c = &bound
	}
	for _, duplicate := range duplicates {
		if HasLogin(duplicate, fingerprint) && CompareOwnership(duplicate, c) < 0 {
			return true
		}
	}
	return false
}

// isDuplicate reports whether a status says that another connection owns the login.
func isDuplicate(st *v1alpha1.BankConnectionStatus) bool {
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonDuplicateLogin
}

// endDuplicate forgets that another connection owned the login, once none does. Of a login
// that was not bound, only the next observe knows.
func (s *state) endDuplicate() {
	if s.st.Binding != nil && !s.Duplicate && s.st.LastError != nil && s.st.LastError.Code == v1alpha1.ReasonDuplicateLogin {
		s.st.LastError = nil
	}
}

// Stake holds what other connections that share a login have to know of a connection.
type Stake struct {
	login  string
	bound  time.Time
	secret v1alpha1.LoginIDSecretReference

	going, claimed, parted, retains bool
}

// StakeOf returns the stake that a connection has in its login.
func StakeOf(c *v1alpha1.BankConnection) Stake {
	s := Stake{
		login: fingerprint(c), secret: LoginIDSecret(c), going: !c.DeletionTimestamp.IsZero(), claimed: hasDeletionClaim(c), parted: hasParted(c),
		retains: c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain || isAbandoned(c),
	}
	if b := c.Status.Binding; b != nil {
		s.bound = b.BoundTime.UTC()
	}
	return s
}
