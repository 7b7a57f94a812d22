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

// keepReason is why the login of an object that goes is left at Flinks, without a
// call; empty if it is to be deleted.
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

// IsToBeDeleted reports whether an object goes and its login is to be deleted at Flinks.
func IsToBeDeleted(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && hasFinalizer(c, v1alpha1.Finalizer) && keepReason(c) == ""
}

// stays reports whether a connection keeps a login from being deleted: it is not being
// deleted itself, or only without its login.
func stays(c *v1alpha1.BankConnection) bool {
	return c.DeletionTimestamp.IsZero() || c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain
}

// hasDeletionClaim reports whether a connection is the one to delete its login.
func hasDeletionClaim(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && c.Status.DeletionClaim != nil
}

// hasLetGo reports whether an object that is being deleted is done with its login.
func hasLetGo(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && !hasFinalizer(c, v1alpha1.Finalizer)
}

// HasLogin reports whether a connection is bound to a login and did not let go of it.
func HasLogin(c *v1alpha1.BankConnection, fingerprint string) bool {
	b := c.Status.Binding
	return b != nil && b.LoginFingerprint == fingerprint && !hasLetGo(c)
}

// fingerprint of the bound login; empty if there is none.
func fingerprint(c *v1alpha1.BankConnection) string {
	if c.Status.Binding == nil {
		return ""
	}
	return c.Status.Binding.LoginFingerprint
}

func secretKey(c *v1alpha1.BankConnection) v1alpha1.LoginIDSecretReference {
	ref := c.Spec.LoginIDSecretRef
	ref.Key = cmp.Or(ref.Key, v1alpha1.DefaultLoginIDKey)
	return ref
}

// ProtectedSecrets are the names of the Secrets that may carry a finalizer for the sake
// of a connection.
func ProtectedSecrets(c *v1alpha1.BankConnection) []string {
	names := []string{c.Spec.LoginIDSecretRef.Name}
	if b := c.Status.Binding; b != nil && b.SecretName != "" && b.SecretName != names[0] {
		names = append(names, b.SecretName)
	}
	return names
}

// protectsAnother is true if the Secret that is held is not the one that the spec names
// by now. An observe moves the hold.
func protectsAnother(c *v1alpha1.BankConnection, st *v1alpha1.BankConnectionStatus) bool {
	return st.Binding != nil && st.Binding.SecretName != "" && st.Binding.SecretName != c.Spec.LoginIDSecretRef.Name
}

// ByGateway is true if the person's link leads to the gateway.
func ByGateway(c *v1alpha1.BankConnection) bool {
	return c.Spec.Reconnect != nil && c.Spec.Reconnect.Delivery == v1alpha1.DeliverByGateway
}

// DeliversLinkInSecret is true if the next link goes into a Secret.
func DeliversLinkInSecret(c *v1alpha1.BankConnection) bool {
	return c.Spec.Reconnect != nil && c.Spec.Reconnect.Delivery == v1alpha1.DeliverInSecret
}

func deliversSession(c *v1alpha1.BankConnection) bool {
	return c.Spec.SessionHandOff == v1alpha1.SessionHandOffSecret
}
