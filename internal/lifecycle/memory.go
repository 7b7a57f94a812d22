package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Memory holds what the process knows of a connection and no object says. A restart loses
// all of it: the zero value costs an observe, an early retry or a delay, and is always safe.
type Memory struct {
	// HasSession reports whether the process holds a RequestId that opens the newest data.
	// An observe brings another one.
	HasSession bool
	// IsAsync reports whether AuthorizeAsync gave that RequestId, and tells how its session ends.
	IsAsync bool
	// Ineligible reports whether Flinks said, since the last observe, that its nightly
	// refresh leaves the login out.
	Ineligible bool
	// Look is the newest observe that was made for a refresh.
	Look Look
	// RebindAsked reports whether the rebind annotation was just set: the Secret is then
	// read without waiting for the next observe.
	RebindAsked bool
	// NotUntil is the earliest time of the next observe, collect or delete. It paces
	// retries that are not worth a status write, such as after a missing Secret.
	NotUntil time.Time
	// SecretNotUntil does the same for a Secret that could not be written or deleted.
	SecretNotUntil time.Time
}

// Look is an observe that was made for a refresh that is due. It does not count for a
// status that was restored since.
type Look struct {
	time     time.Time
	observed *metav1.Time
}

// IsZero reports whether there is nothing to remember.
func (l Look) IsZero() bool { return l.time.IsZero() }
