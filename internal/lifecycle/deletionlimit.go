package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// DeletionWindow is the time in which deletions are counted.
const DeletionWindow = 10 * time.Minute

const (
	defaultDeletionCount   = 10
	defaultDeletionPercent = 5
)

// PendingDeletions counts logins that are deleted within DeletionWindow. Several
// connections with one login count once, because there is one login to lose.
type PendingDeletions struct {
	// Waiting counts the logins of connections with a pending deletion; see
	// IsPendingDeletion.
	Waiting int
	// Deleted counts logins that were deleted without a confirmation; none of them is in
	// Waiting. A restart loses this count, but not Waiting.
	Deleted int
	// Logins is the number of all logins, including the deleted ones.
	Logins int
}

func (w PendingDeletions) size() int { return w.Waiting + w.Deleted }

// threshold is how many logins may be deleted within the window.
type threshold struct{ count, percent int }

func (t threshold) of(w PendingDeletions) int { return max(t.count, w.Logins*t.percent/100) }

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

// or returns the threshold with the given numbers in place of its own.
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
// allows, regardless of other namespaces.
func ExceedsOwn(w PendingDeletions, l *v1alpha1.DeletionLimit) bool {
	return w.size() > namespaceThreshold(l).of(w)
}

// Deletions holds how many logins of a namespace are to be deleted at an instance, and how
// many may be. A mass deletion, for example by a faulty pipeline, cannot be undone, so it
// waits until an administrator confirms it.
type Deletions struct {
	// InNamespace counts the logins of one namespace.
	InNamespace PendingDeletions
	// AtInstance counts those of all namespaces together, except namespaces that exceed
	// their own limit: their logins are not deleted, so they take nothing away from
	// others.
	AtInstance PendingDeletions
	// Namespaces is how many namespaces AtInstance counts.
	Namespaces int
	// Limit of the instance; nil for the default.
	Limit *v1alpha1.DeletionLimit
	// Confirmation of deletions at the instance.
	Confirmation Confirmation
}

// Paused reports whether nothing is deleted in the namespace because the limit is
// exceeded.
func (d Deletions) Paused(now time.Time) bool { return d.Exceeds() && !d.Confirmation.IsValid(now) }

// AllowedByConfirmation reports whether logins are deleted only because an administrator
// confirmed it.
func (d Deletions) AllowedByConfirmation(now time.Time) bool {
	return d.Exceeds() && d.Confirmation.IsValid(now)
}

// Exceeds reports whether too many logins are to be deleted: more than the limit of the
// namespace, or more than that of the instance and than an equal share of it. So a
// namespace that uses up the limit of the instance stops only itself.
func (d Deletions) Exceeds() bool {
	if d.InNamespace.Waiting == 0 {
		return false
	}
	most := instanceThreshold(d.Limit).of(d.AtInstance)
	return ExceedsOwn(d.InNamespace, d.Limit) ||
		d.AtInstance.size() > most && d.InNamespace.size()*d.Namespaces > most
}
