package world

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// applicationPatience is how long an application waits before it asks once more.
const applicationPatience = 25 * time.Minute

// Application wants a connection to be refreshed, and asks again for as long as it was not.
type Application struct {
	Key types.NamespacedName
	// From is when it begins.
	From time.Time
	// Tries bounds how often it asks; 0 for no bound.
	Tries int

	asked int
	at    time.Time
	done  bool
}

// Asked returns how often it asked.
func (a *Application) Asked() int { return a.asked }

// Done reports whether it had what it wants.
func (a *Application) Done() bool { return a.done }

// Act implements Actor.
func (a *Application) Act(w *World) bool {
	c := w.Connection(a.Key)
	if a.done || c == nil || !c.DeletionTimestamp.IsZero() || w.now.Before(a.From) {
		return false
	}
	if h := c.Status.LastHandledRequest; h != nil && h.Value == a.value() && h.Result == v1alpha1.RequestSucceeded {
		a.done = true
		return false
	}
	if a.asked > 0 && w.now.Before(a.at.Add(applicationPatience)) || a.Tries > 0 && a.asked >= a.Tries {
		return false
	}
	if a.asked > 0 && a.waits(c) {
		return false
	}
	a.asked, a.at = a.asked+1, w.now
	w.Annotate(a.Key, v1alpha1.RefreshRequestedAtAnnotation, a.value())
	return true
}

// waits reports whether its newest request is being worked on.
func (a *Application) waits(c *v1alpha1.BankConnection) bool {
	h := c.Status.LastHandledRequest
	if h == nil || h.Value != a.value() {
		return c.Annotations[v1alpha1.RefreshRequestedAtAnnotation] == a.value()
	}
	return h.Result == v1alpha1.RequestInProgress || h.Result == v1alpha1.RequestUnknown
}

func (a *Application) value() string { return fmt.Sprintf("ask %d", a.asked) }

// Next implements Actor.
func (a *Application) Next(w *World) time.Time {
	switch {
	case a.done:
		return time.Time{}
	case w.now.Before(a.From):
		return a.From
	}
	return a.at.Add(applicationPatience)
}
