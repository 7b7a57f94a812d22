package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// NightlyCheckInterval is how often Flinks is asked which logins of an instance its
// nightly refresh leaves out.
const NightlyCheckInterval = 24 * time.Hour

// WantsNightlyCheck is true for connections of which a check can tell something new:
// those that leave refreshing to Flinks and want no person yet.
func WantsNightlyCheck(c *v1alpha1.BankConnection) bool {
	p := c.Status.RefreshPolicy
	return p != nil && p.Type == v1alpha1.RefreshNightly && !c.Spec.Suspend &&
		c.DeletionTimestamp.IsZero() && c.Status.Reconnect == nil
}

// NightlyCheckDue is true if Flinks is to be asked now. One call serves all
// connections of an instance, and nothing but its keys has to be known for it.
func NightlyCheckDue(now time.Time, w InstanceWorld) bool {
	next := nightlyCheckTime(now, w)
	return !next.IsZero() && !now.Before(next)
}

// NightlyCheckWait is how long it takes until a check is due; 0 if none will be.
func NightlyCheckWait(now time.Time, w InstanceWorld) time.Duration {
	next := nightlyCheckTime(now, w)
	if next.IsZero() {
		return 0
	}
	return max(next.Sub(now), immediately)
}

// nightlyCheckTime is zero if no check is needed or possible.
func nightlyCheckTime(now time.Time, w InstanceWorld) time.Time {
	if !w.Nightly || w.needsProbe() {
		return time.Time{}
	}
	next := w.NightlyNotUntil
	if last := w.Status.NightlyCheckTime; last != nil && !pending(now.Add(clockSkew), last) {
		next = later(next, endOf(last).Add(NightlyCheckInterval))
	}
	return later(next, time.Unix(0, 0))
}

// RecordNightlyCheck notes that Flinks was asked, whatever it answered: the next try
// is tomorrow's.
func RecordNightlyCheck(now time.Time, st *v1alpha1.InstanceStatus) { st.NightlyCheckTime = past(now) }
