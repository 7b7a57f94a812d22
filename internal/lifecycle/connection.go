package lifecycle

import (
	"cmp"
	"slices"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func hasFinalizer(c *v1alpha1.BankConnection, finalizer string) bool {
	return slices.Contains(c.Finalizers, finalizer)
}

func isAbandoned(c *v1alpha1.BankConnection) bool {
	return c.Annotations[v1alpha1.AbandonLoginAnnotation] == "true"
}

// keepReason returns the reason why the login of a deleted object is left at Flinks
// without a call; empty if it is to be deleted.
func keepReason(c *v1alpha1.BankConnection) string {
	switch {
	case c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain:
		return v1alpha1.ReasonLoginRetained
	case c.Status.Binding == nil:
		return v1alpha1.ReasonLoginNeverBound
	case isAbandoned(c):
		return v1alpha1.ReasonLoginAbandoned
	}
	return ""
}

// IsToBeDeleted reports whether an object is being deleted and its login is to be deleted
// at Flinks.
func IsToBeDeleted(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && hasFinalizer(c, v1alpha1.Finalizer) && keepReason(c) == ""
}

// stays reports whether a connection keeps its login from being deleted: the connection is
// not being deleted itself, or only without its login.
func stays(c *v1alpha1.BankConnection) bool {
	return c.DeletionTimestamp.IsZero() || c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain
}

// hasDeletionClaim reports whether a connection has claimed the deletion of its login.
func hasDeletionClaim(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && c.Status.DeletionClaim != nil
}

// hasParted reports whether an object that is being deleted has finished with its login.
func hasParted(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && !hasFinalizer(c, v1alpha1.Finalizer)
}

// HasLogin reports whether a connection is bound to a login and has not finished with it.
func HasLogin(c *v1alpha1.BankConnection, fingerprint string) bool {
	b := c.Status.Binding
	return b != nil && b.LoginFingerprint == fingerprint && !hasParted(c)
}

// fingerprint returns the fingerprint of the bound login; empty if no login is bound.
func fingerprint(c *v1alpha1.BankConnection) string {
	if c.Status.Binding == nil {
		return ""
	}
	return c.Status.Binding.LoginFingerprint
}

// LoginIDSecret returns where the spec says that the loginId is: a Secret, and the key in it.
func LoginIDSecret(c *v1alpha1.BankConnection) v1alpha1.LoginIDSecretReference {
	ref := c.Spec.LoginIDSecretRef
	ref.Key = cmp.Or(ref.Key, v1alpha1.DefaultLoginIDKey)
	return ref
}

// ProtectedSecrets returns the names of the Secrets that may carry a finalizer because of
// a connection.
func ProtectedSecrets(c *v1alpha1.BankConnection) []string {
	names := []string{c.Spec.LoginIDSecretRef.Name}
	if b := c.Status.Binding; b != nil && b.SecretName != "" && b.SecretName != names[0] {
		names = append(names, b.SecretName)
	}
	return names
}

// protectsAnother reports whether the finalizer is on another Secret than the one that the
// spec now names. An observe moves the finalizer.
func protectsAnother(c *v1alpha1.BankConnection, st *v1alpha1.BankConnectionStatus) bool {
	return st.Binding != nil && st.Binding.SecretName != "" && st.Binding.SecretName != c.Spec.LoginIDSecretRef.Name
}
