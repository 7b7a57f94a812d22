package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// DeletionWindow is the time in which deletions are counted.
	DeletionWindow = 10 * time.Minute

	defaultDeletionCount   = 10
	defaultDeletionPercent = 5
	// maxAllowance is how far ahead deletions may be confirmed.
	maxAllowance = 24 * time.Hour
	// pausedLook is how often an instance whose deletions are paused is looked at.
	pausedLook = time.Minute
)

// Deletions is how many logins of an instance are to be deleted, and how many may be.
// A mass deletion, by a pipeline that went wrong for example, cannot be undone, so it
// waits until somebody confirms it.
type Deletions struct {
	// Waiting is the number of connections in the wave; see InWave.
	Waiting int
	// Deleted is the number of logins that were deleted within DeletionWindow
	// without a confirmation. It is lost by a restart; those that wait are not.
	Deleted int
	// Connections of the instance, those included that were deleted lately.
	Connections int
	// Limit of the instance; nil for the default.
	Limit *v1alpha1.DeletionLimit
	// AllowedUntil is the confirmation: an annotation of the instance.
	AllowedUntil string
}

// Paused is true while nothing is deleted because it would be too much.
func (d Deletions) Paused(now time.Time) bool {
	return d.Waiting > 0 && d.Waiting+d.Deleted > d.most() && !d.Confirmed(now)
}

// most is how many logins may be deleted within the window.
func (d Deletions) most() int {
	count, percent := defaultDeletionCount, defaultDeletionPercent
	if l := d.Limit; l != nil {
		count, percent = intOr(l.Count, count), intOr(l.Percent, percent)
	}
	return max(count, d.Connections*percent/100)
}

func intOr(n *int32, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return int(*n)
}

// Confirmed is true while somebody allows any number of deletions.
func (d Deletions) Confirmed(now time.Time) bool {
	until, err := time.Parse(time.RFC3339, d.AllowedUntil)
	return err == nil && now.Before(until) && !until.After(now.Add(maxAllowance))
}

// NextLook is when the passing of time may change whether deletions are paused; 0
// if it cannot.
func (d Deletions) NextLook(now time.Time) time.Duration {
	switch {
	case d.Paused(now):
		return pausedLook
	case d.Waiting > 0 && d.Confirmed(now):
		until, _ := time.Parse(time.RFC3339, d.AllowedUntil)
		return max(until.Sub(now), immediately)
	}
	return 0
}

// recordDeletions says whether deletions are paused.
func recordDeletions(now time.Time, w InstanceWorld, st *v1alpha1.InstanceStatus) {
	setInstanceCondition(now, w, st, v1alpha1.ConditionDeletionsPaused, w.Deletions.Paused(now), v1alpha1.ReasonDeletionsPaused)
}

// IsToBeDeleted is true if an object goes and its login is to be deleted at Flinks.
func IsToBeDeleted(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && hasFinalizer(c, v1alpha1.Finalizer) && keepReason(c) == ""
}

// InWave is true if a deletion counts against the limit, and obeys it: one that was
// not tried yet, or that was first tried within the window. What was let through long
// ago and is held up by something else must not hold up everybody else's.
func InWave(now time.Time, c *v1alpha1.BankConnection) bool {
	if !IsToBeDeleted(c) {
		return false
	}
	blocked := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionDeletionBlocked)
	return blocked == nil || blocked.Reason == v1alpha1.ReasonDeletionsPaused ||
		now.Sub(blocked.LastTransitionTime.Time) < DeletionWindow
}

// deletionsPaused is true if a connection has to wait although it could be deleted.
func (w World) deletionsPaused(now time.Time) bool {
	return InWave(now, w.Connection) && w.Instance.Deletions.Paused(now)
}
