package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// DeletionWindow is the time in which deletions are counted.
	DeletionWindow = 10 * time.Minute

	defaultDeletionCount   = 10
	defaultDeletionPercent = 5
	// pausedLook is how often an instance whose deletions are paused is looked at.
	pausedLook = time.Minute
	// namedNamespaces bounds the names in a status.
	namedNamespaces = 10
)

// Wave counts logins that are deleted within DeletionWindow. Several connections with one
// login count once: there is one login to lose.
type Wave struct {
	// Waiting logins are those of connections in the wave; see InWave.
	Waiting int
	// Deleted logins were deleted without a confirmation, and none of them is in
	// Waiting. A restart loses them; those that wait are not lost.
	Deleted int
	// Logins is the number of all, those included that were deleted.
	Logins int
}

func (w Wave) size() int { return w.Waiting + w.Deleted }

// threshold is how many logins may be deleted within the window.
type threshold struct{ count, percent int }

func (t threshold) of(w Wave) int { return max(t.count, w.Logins*t.percent/100) }

func instanceThreshold(l *v1alpha1.DeletionLimit) threshold {
	t := threshold{defaultDeletionCount, defaultDeletionPercent}
	if l != nil {
		t = t.or(l.Count, l.Percent)
	}
	return t
}

func namespaceThreshold(l *v1alpha1.DeletionLimit) threshold {
	t := instanceThreshold(l)
	if l != nil && l.PerNamespace != nil {
		t = t.or(l.PerNamespace.Count, l.PerNamespace.Percent)
	}
	return t
}

// or returns the threshold with what is given in place of its own numbers.
func (t threshold) or(count, percent *int32) threshold {
	if count != nil {
		t.count = int(*count)
	}
	if percent != nil {
		t.percent = int(*percent)
	}
	return t
}

// ExceedsOwn reports whether more logins of a namespace are deleted than its own limit
// allows, whatever other namespaces do.
func ExceedsOwn(w Wave, l *v1alpha1.DeletionLimit) bool {
	return w.size() > namespaceThreshold(l).of(w)
}

// Deletions is how many logins of a namespace are to be deleted at an instance, and how
// many may be. A mass deletion, by a pipeline that went wrong for example, cannot be
// undone, so it waits until a person confirms it.
type Deletions struct {
	// Namespace counts the logins of one namespace.
	Namespace Wave
	// Instance counts those of all namespaces together. What waits in a namespace
	// that exceeds its own limit is not among them: it is not deleted, so it takes
	// nothing away from others.
	Instance Wave
	// Namespaces is how many have a part in Instance.
	Namespaces int
	// Limit of the instance; nil for the default.
	Limit *v1alpha1.DeletionLimit
	// Confirmation of deletions at the instance.
	Confirmation Confirmation
}

// Paused reports whether nothing is deleted in the namespace because it would be too much.
func (d Deletions) Paused(now time.Time) bool { return d.exceeds() && !d.Confirmation.Holds(now) }

// AllowedByConfirmation reports whether logins are deleted only because a person confirmed
// it.
func (d Deletions) AllowedByConfirmation(now time.Time) bool {
	return d.exceeds() && d.Confirmation.Holds(now)
}

// exceeds reports whether too many logins are to be deleted: more than the limit of the
// namespace, or more than that of the instance and than an equal part of it. So a
// namespace that uses up the limit of the instance stops itself, and not the others.
func (d Deletions) exceeds() bool {
	if d.Namespace.Waiting == 0 {
		return false
	}
	most := instanceThreshold(d.Limit).of(d.Instance)
	return ExceedsOwn(d.Namespace, d.Limit) ||
		d.Instance.size() > most && d.Namespace.size()*d.Namespaces > most
}

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
			p.Logins += int32(deletions.Namespace.Waiting) //nolint:gosec // There are not as many objects.
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

// IsToBeDeleted reports whether an object goes and its login is to be deleted at Flinks.
func IsToBeDeleted(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && hasFinalizer(c, v1alpha1.Finalizer) && keepReason(c) == ""
}

// InWave reports whether a deletion counts against the limit, and obeys it: one that was
// not tried yet, or that was first tried within the window. What was let through long
// ago and is held up by something else must not hold up everybody else's. What was let
// through by a person alone counts until it is done: they may withdraw that.
func InWave(now time.Time, c *v1alpha1.BankConnection) bool {
	d := c.Status.Deletion
	return IsToBeDeleted(c) && (d == nil || d.Confirmed || now.Sub(d.AttemptTime.Time) < DeletionWindow)
}

// deletionsPaused reports whether a connection has to wait although it could be deleted.
func (s *state) deletionsPaused() bool {
	return InWave(s.now, s.Connection) && s.Instance.Deletions.Paused(s.now)
}
