package instance

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const (
	// pausedLook is how often an instance whose deletions are paused is reconciled.
	pausedLook = time.Minute
	// namedNamespaces is how many namespaces a status names.
	namedNamespaces = 10
)

// paused returns the deletions that wait for a confirmation; nil if none do.
func (d Deletions) paused() *v1alpha1.PausedDeletions {
	var p v1alpha1.PausedDeletions
	for name, deletions := range d.Namespaces {
		if deletions.Exceeds() {
			p.Logins += int32(deletions.InNamespace.Waiting) //nolint:gosec // There are fewer objects.
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

// recordDeletions records the namespaces whose deletions are paused, and the confirmation.
func (in Inputs) recordDeletions(now time.Time, st *v1alpha1.InstanceStatus) {
	invalid := lifecycle.NoteConfirmation(now, in.Deletions.Annotation, st)
	in.setWhileTrue(now, st, v1alpha1.ConditionConfirmationInvalid, invalid != "", invalid)
	paused := ""
	st.PausedDeletions = nil
	if !in.confirmation(st).IsValid(now) {
		st.PausedDeletions = in.Deletions.paused()
	}
	if st.PausedDeletions != nil {
		paused = v1alpha1.ReasonDeletionsPaused
	}
	in.setEitherWay(now, st, v1alpha1.ConditionDeletionsPaused, paused, v1alpha1.ReasonDeletionsAllowed)
}

// NextDeletionsLook returns how long until the deletions of an instance may be paused or
// continue without a change of an object; 0 if they cannot.
func NextDeletionsLook(now time.Time, in Inputs, st *v1alpha1.InstanceStatus) time.Duration {
	switch {
	case st.PausedDeletions != nil:
		return pausedLook
	case len(in.Deletions.Namespaces) > 0 && in.confirmation(st).IsValid(now):
		return max(st.DeletionConfirmation.Until.Sub(now), soonest)
	}
	return 0
}

func (in Inputs) confirmation(st *v1alpha1.InstanceStatus) lifecycle.Confirmation {
	return lifecycle.Confirmation{Annotation: in.Deletions.Annotation, Noted: st.DeletionConfirmation}
}
