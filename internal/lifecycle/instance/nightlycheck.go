package instance

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// NightlyCheckInterval is how often Flinks is asked which logins of an instance its
// nightly refresh leaves out.
const NightlyCheckInterval = 24 * time.Hour

// WantsNightlyCheck reports whether a check can bring news for a connection: it leaves
// refreshing to Flinks, and the customer does not have to act yet.
func WantsNightlyCheck(c *v1alpha1.BankConnection) bool {
	p := c.Status.RefreshPolicy
	return p != nil && p.Type == v1alpha1.RefreshNightly && !c.Spec.Suspend &&
		c.DeletionTimestamp.IsZero() && c.Status.Reconnect == nil
}

// NightlyCheckDue reports whether Flinks is to be asked now. One call serves all
// connections of an instance, and needs only its keys.
func NightlyCheckDue(now time.Time, in Inputs) bool {
	next := nightlyCheckTime(now, in)
	return !next.IsZero() && !now.Before(next)
}

// NightlyCheckWait returns how long it takes until a check is due; 0 if none will be.
func NightlyCheckWait(now time.Time, in Inputs) time.Duration {
	next := nightlyCheckTime(now, in)
	if next.IsZero() {
		return 0
	}
	return max(next.Sub(now), soonest)
}

// nightlyCheckTime returns when the next check is due; zero if no check is needed or possible.
func nightlyCheckTime(now time.Time, in Inputs) time.Time {
	if !in.Nightly || in.Suspended || in.needsProbe() {
		return time.Time{}
	}
	next := in.NightlyNotUntil
	if last := in.Status.NightlyCheckTime; last != nil && !lifecycle.Pending(now.Add(lifecycle.ClockSkew), last) {
		next = lifecycle.Later(next, lifecycle.EndOf(last).Add(NightlyCheckInterval))
	}
	return lifecycle.Later(next, time.Unix(0, 0))
}

// RecordNightlyCheck records that Flinks was asked, whatever it answered: the next check
// is a day later.
func RecordNightlyCheck(now time.Time, st *v1alpha1.InstanceStatus) {
	st.NightlyCheckTime = lifecycle.Past(now)
}
