package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// pausedLook is how often an instance whose deletions are paused is looked at.
	pausedLook = time.Minute
	// namedNamespaces bounds the names in a status.
	namedNamespaces = 10
)

// InstanceDeletions are the deletions of all namespaces of an instance.
type InstanceDeletions struct {
	// Namespaces in which logins wait, by name.
	Namespaces map[string]Deletions
	// Annotation is allow-deletions-until; empty if there is none.
	Annotation string
}

// paused returns what waits for a confirmation; nil if nothing does.
func (d InstanceDeletions) paused() *v1alpha1.PausedDeletions {
	var p v1alpha1.PausedDeletions
	for name, deletions := range d.Namespaces {
		if deletions.exceeds() {
			p.Logins += int32(deletions.InNamespace.Waiting) //nolint:gosec // There are not as many objects.
			p.NamespaceCount++
			p.Namespaces = append(p.Namespaces, name)
		}
	}
	if p.NamespaceCount == 0 {
		return nil
	}
	slices.Sort(p.Namespaces)
	p.Namespaces = p.Namespaces[:min(len(p.Namespaces), namedNamespaces)]
	return &p
}

// recordDeletions notes whose deletions are paused, and what there is of a confirmation.
func recordDeletions(now time.Time, w InstanceWorld, st *v1alpha1.InstanceStatus) {
	invalid := noteConfirmation(now, w.Deletions.Annotation, st)
	setInstanceCondition(now, w, st, v1alpha1.ConditionConfirmationInvalid, invalid != "", invalid)
	st.PausedDeletions = nil
	if !w.confirmation(st).Holds(now) {
		st.PausedDeletions = w.Deletions.paused()
	}
	setInstanceCondition(now, w, st, v1alpha1.ConditionDeletionsPaused, st.PausedDeletions != nil, v1alpha1.ReasonDeletionsPaused)
}

// NextDeletionsLook is when the passing of time may change whether deletions of an instance
// are paused; 0 if it cannot.
func NextDeletionsLook(now time.Time, w InstanceWorld, st *v1alpha1.InstanceStatus) time.Duration {
	switch {
	case st.PausedDeletions != nil:
		return pausedLook
	case len(w.Deletions.Namespaces) > 0 && w.confirmation(st).Holds(now):
		return max(st.DeletionConfirmation.Until.Sub(now), immediately)
	}
	return 0
}

func (w InstanceWorld) confirmation(st *v1alpha1.InstanceStatus) Confirmation {
	return Confirmation{Annotation: w.Deletions.Annotation, Noted: st.DeletionConfirmation}
}
