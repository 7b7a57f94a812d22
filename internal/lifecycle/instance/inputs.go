package instance

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Inputs are all that a decision about a Flinks instance depends on, next to the time.
type Inputs struct {
	Generation int64
	Status     *v1alpha1.InstanceStatus
	// Keys stands for what a probe proves: the instance at Flinks and its customer, the
	// address of the API, and the Secret with the keys.
	Keys string
	// Suspect reports whether Flinks refused the keys to a connection.
	Suspect bool
	// NotUntil holds back the next probe; zero after a restart.
	NotUntil time.Time
	// Calls is the pause of the instance; Reason is empty if there is none. One
	// whose time is over lasts until a call has shown that Flinks answers.
	Calls lifecycle.Deferral
	// Nightly reports whether a connection of the instance wants a nightly check.
	Nightly bool
	// NightlyNotUntil holds back the next nightly check; zero after a restart.
	NightlyNotUntil time.Time
	// Connections of the instance.
	Connections v1alpha1.ConnectionCounts
	// Deletions of logins of the instance.
	Deletions Deletions
	Finalizers
}

// Deletions are the deletions of logins in all namespaces of an instance.
type Deletions struct {
	// Namespaces in which logins wait, by name.
	Namespaces map[string]lifecycle.Deletions
	// Annotation is allow-deletions-until; empty if there is none.
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
	// Secret to protect next to the instance; empty if that is not done.
	Secret string
	// Protection of the Secret; nil if it was not looked at.
	Protection *lifecycle.SecretProtection
}

// IsOver reports whether an instance is being deleted and no connection needs it.
func (f Finalizers) IsOver() bool { return f.Deleting && !f.InUse }
