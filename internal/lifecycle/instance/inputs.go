package instance

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Inputs holds everything that a decision about a Flinks instance depends on, besides the
// time.
type Inputs struct {
	Generation int64
	// Suspended reports whether the spec forbids every call.
	Suspended bool
	Status    *v1alpha1.InstanceStatus
	// Keys is a fingerprint of what a probe proves: the instance at Flinks and its
	// customerId, the address of the API and the way to it, and the Secret with the names of its
	// keys.
	Keys string
	// Suspect reports whether Flinks refused the keys to a connection.
	Suspect bool
	// NotUntil is the earliest time of the next probe; zero after a restart.
	NotUntil time.Time
	// Calls is the pause of the instance; Reason is empty if the instance is not paused. A pause whose
	// time is over lasts until a call has shown that Flinks answers.
	Calls lifecycle.Deferral
	// Nightly reports whether a connection of the instance wants a nightly check.
	Nightly bool
	// NightlyNotUntil is the earliest time of the next nightly check; zero after a
	// restart.
	NightlyNotUntil time.Time
	// CardRefused reports whether Flinks refused the key of spec.cardCredential to a
	// connection.
	CardRefused bool
	// Connections of the instance.
	Connections v1alpha1.ConnectionCounts
	// Revocation of links to the gateway.
	Revocation lifecycle.Revocation
	// Deletions of logins of the instance.
	Deletions Deletions
	Finalizers
}

// Deletions holds the deletions of logins in all namespaces of an instance.
type Deletions struct {
	// Namespaces in which logins wait, by name.
	Namespaces map[string]lifecycle.Deletions
	// Annotation is allow-deletions-until; empty if it is not set.
	Annotation string
}

// Finalizers keep an instance, and the Secret with its keys, until the logins that need
// them are deleted.
type Finalizers struct {
	// InUse reports whether connections need the instance.
	InUse bool
	// Deleting reports whether the instance is being deleted.
	Deleting bool
	// Present reports whether the instance carries our finalizer.
	Present bool
	// Secret to protect together with the instance; empty for none.
	Secret string
	// Protection of the Secret; nil if the Secret was not checked.
	Protection *lifecycle.SecretProtection
}

// IsOver reports whether an instance is being deleted and no connection needs it.
func (f Finalizers) IsOver() bool { return f.Deleting && !f.InUse }
