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

// PendingDeletions counts logins that are deleted within DeletionWindow. Several connections with one
// login count once: there is one login to lose.
type PendingDeletions struct {
	// Waiting logins are those of connections in the wave; see IsPendingDeletion.
	Waiting int
	// Deleted logins were deleted without a confirmation, and none of them is in
	// Waiting. A restart loses them; those that wait are not lost.
	Deleted int
	// Logins is the number of all, those included that were deleted.
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
func ExceedsOwn(w PendingDeletions, l *v1alpha1.DeletionLimit) bool {
	return w.size() > namespaceThreshold(l).of(w)
}

// Deletions is how many logins of a namespace are to be deleted at an instance, and how
// many may be. A mass deletion, by a pipeline that went wrong for example, cannot be
// undone, so it waits until a person confirms it.
type Deletions struct {
	// InNamespace counts the logins of one namespace.
	InNamespace PendingDeletions
	// AtInstance counts those of all namespaces together. What waits in a namespace
	// that exceeds its own limit is not among them: it is not deleted, so it takes
	// nothing away from others.
	AtInstance PendingDeletions
	// Namespaces is how many have a part in Instance.
	Namespaces int
	// Limit of the instance; nil for the default.
	Limit *v1alpha1.DeletionLimit
	// Confirmation of deletions at the instance.
	Confirmation Confirmation
}

// Paused reports whether nothing is deleted in the namespace because it would be too much.
func (d Deletions) Paused(now time.Time) bool { return d.Exceeds() && !d.Confirmation.IsValid(now) }

// AllowedByConfirmation reports whether logins are deleted only because a person confirmed
// it.
func (d Deletions) AllowedByConfirmation(now time.Time) bool {
	return d.Exceeds() && d.Confirmation.IsValid(now)
}

// Exceeds reports whether too many logins are to be deleted: more than the limit of the
// namespace, or more than that of the instance and than an equal part of it. So a
// namespace that uses up the limit of the instance stops itself, and not the others.
func (d Deletions) Exceeds() bool {
	if d.InNamespace.Waiting == 0 {
		return false
	}
	most := instanceThreshold(d.Limit).of(d.AtInstance)
	return ExceedsOwn(d.InNamespace, d.Limit) ||
		d.AtInstance.size() > most && d.InNamespace.size()*d.Namespaces > most
}
