package lifecycle

import (
	"cmp"
	"slices"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// SharersOf returns those of the others that share the login of a connection, in the order
// of ownership: both are bound to it, or one of the two is, and the other names the same
// Secret while it holds the login. held is the fingerprint of the login that the Secret
// now holds; empty if it holds none, or if that does not matter.
func SharersOf(c *v1alpha1.BankConnection, held string, others []*v1alpha1.BankConnection) []*v1alpha1.BankConnection {
	var sharers []*v1alpha1.BankConnection
	for _, other := range others {
		if !hasParted(other) && (areBoundToOne(c, other) || MayShareSecret(c, other) && isBoundTo(held, c, other)) {
			sharers = append(sharers, other)
		}
	}
	slices.SortFunc(sharers, CompareOwnership)
	return slices.CompactFunc(sharers, func(a, b *v1alpha1.BankConnection) bool { return a.UID == b.UID })
}

func areBoundToOne(a, b *v1alpha1.BankConnection) bool {
	return fingerprint(a) != "" && fingerprint(a) == fingerprint(b)
}

// MayShareSecret reports whether the content of one Secret decides if two connections
// share a login: both name that Secret, and one of them was never bound.
func MayShareSecret(a, b *v1alpha1.BankConnection) bool {
	return (fingerprint(a) == "") != (fingerprint(b) == "") && a.Namespace == b.Namespace &&
		a.Spec.InstanceRef == b.Spec.InstanceRef && LoginIDSecret(a) == LoginIDSecret(b)
}

// isBoundTo reports whether the bound one of two connections is bound to a login.
func isBoundTo(login string, a, b *v1alpha1.BankConnection) bool {
	return login != "" && login == cmp.Or(fingerprint(a), fingerprint(b))
}

// BindingProblem returns why a connection must not be bound to a login, nor call for it:
// another connection that is bound to it claimed to delete it. So all connections that
// share a login are known once it is claimed.
func BindingProblem(c *v1alpha1.BankConnection, login string, duplicates []*v1alpha1.BankConnection) string {
	claimed := slices.ContainsFunc(duplicates, func(duplicate *v1alpha1.BankConnection) bool {
		return HasLogin(duplicate, login) && hasDeletionClaim(duplicate)
	})
	if claimed && c.Status.Binding == nil {
		return v1alpha1.ReasonLoginBeingDeleted
	}
	return ""
}

// LinkedLoginProblem returns why a connection must not be bound to a login that a customer
// linked with its link: another connection is bound to it. Only a platform that writes the
// Secret itself may give two connections one login.
func LinkedLoginProblem(c *v1alpha1.BankConnection, login string, duplicates []*v1alpha1.BankConnection) string {
	owned := slices.ContainsFunc(duplicates, func(duplicate *v1alpha1.BankConnection) bool {
		return HasLogin(duplicate, login)
	})
	if owned && c.Status.Binding == nil {
		return v1alpha1.ReasonDuplicateLogin
	}
	return ""
}
