package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// eligibility: Flinks leaves out a login that was not read, or gave no data, for
	// so long.
	eligibility = 7 * 24 * time.Hour
	// maxNightlyObserve keeps a login eligible, with room for jitter and retries.
	maxNightlyObserve = 6 * 24 * time.Hour
	nightlyMaxDataAge = 72 * time.Hour
	// nightlyPatience: data that come once a night are older than a day at times.
	// Nobody is wanted for data younger than this, whatever maxDataAge is.
	nightlyPatience = 36 * time.Hour
	// aNight passes within this time. Nothing is judged, and nothing is switched on
	// again, before an observe that is so much younger than the last switch: whoever
	// switches it off again is not fought.
	aNight = 24 * time.Hour

	// readBack is when an observe asks whether a switch took.
	readBack = time.Minute
	// switchRetryMin is the distance of a switch to one that failed. Observes that
	// succeed meanwhile do not shorten it, and the night is far off. For suspended
	// objects it grows with the time that this has been going wrong.
	switchRetryMin = time.Hour
	switchRetryMax = 24 * time.Hour
)

// policyType is the type of the policy that holds. It is empty while that is not
// the one on record, as for a policy that cannot be read now.
func (w World) policyType() v1alpha1.RefreshPolicyType {
	spec, _ := w.policySpec()
	if recorded := w.status().RefreshPolicy; recorded == nil || recorded.Type != spec.Type {
		return ""
	}
	return spec.Type
}

// switchDue is true if nightly refresh is to be switched at Flinks now, and says
// which way.
func switchDue(now time.Time, w World) (active, due bool) {
	st := w.status()
	switch {
	case st.Binding == nil || w.Instance.Problem != "" || w.Duplicate, awaitsRetry(now, st) && pending(now, st.NextObserveTime):
		return false, false
	case w.Connection.Spec.Suspend, w.leftNightly():
		// What there is no status of was not switched on by the operator.
		return false, st.Nightly != nil
	}
	return true, w.policyType() == v1alpha1.RefreshNightly && !w.isPolicyMissing() && switchOnDue(now, w)
}

// leftNightly is true if the policy is certain not to be Nightly.
func (w World) leftNightly() bool {
	t := w.policyType()
	return t != "" && t != v1alpha1.RefreshNightly
}

// switchOnDue follows what the last observe said: one switch for each, and one a
// day at most. If Flinks did not say, because it repeated an error that passes or
// the policy is new, or the answer to the first switch was lost, switching on what may be
// on already does no harm.
func switchOnDue(now time.Time, w World) bool {
	st := w.status()
	if st.LastObservedTime == nil {
		return false
	}
	if last := w.lackSince(now); last != nil && !observedAfter(st, last.Add(aNight)) {
		return false
	}
	n := st.Nightly
	switch {
	case n == nil, st.LastError != nil && !n.Enabled && n.CorrectionTime == nil:
		return !needsSomebody(st)
	case n.Enabled, st.LastError != nil:
		return false
	}
	return n.CorrectionTime == nil || observedAfter(st, n.CorrectionTime.Add(aNight))
}

// observedAfter is true if the newest observe was not before t.
func observedAfter(st *v1alpha1.BankConnectionStatus, t time.Time) bool {
	return st.LastObservedTime != nil && !st.LastObservedTime.Time.Before(t)
}

// lackSince is when Flinks last said that the instance does not offer nightly
// refresh; nil if it did not, or not to this spec and policy.
func (w World) lackSince(now time.Time) *metav1.Time {
	st := w.status()
	lack := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionNightlyUnavailable)
	if lack == nil || lack.ObservedGeneration != w.Connection.Generation || w.leftNightly() {
		return nil
	}
	since := &lack.LastTransitionTime
	if pending(now.Add(clockSkew), since) || (st.RefreshPolicy != nil && since.Before(&st.RefreshPolicy.Time)) {
		return nil
	}
	return since
}

// isLeftOut is true if an observe is to find out why Flinks leaves a login out.
func (w World) isLeftOut() bool {
	return w.LeftOut && w.policyType() == v1alpha1.RefreshNightly
}

// planNightly fills in what follows from the rest of the status about nightly
// refresh.
func planNightly(w World, st *v1alpha1.BankConnectionStatus) {
	withdrawNightly(w.with(*st), st)
	if st.Nightly == nil {
		return
	}
	st.Nightly.EligibilityExpiryTime = nil
	if st.LastObservedTime != nil {
		st.Nightly.EligibilityExpiryTime = past(st.LastObservedTime.Add(eligibility))
	}
}

// withdrawNightly no longer wants the person when the data are young or others have
// to bring them.
func withdrawNightly(w World, st *v1alpha1.BankConnectionStatus) {
	if w.Connection.Spec.Suspend || st.Reconnect == nil || st.Reconnect.Reason != v1alpha1.ReasonNightlyRefreshFailed {
		return
	}
	young := w.policyType() == v1alpha1.RefreshNightly && !observedAfter(st, w.nightlyDeadline())
	if young || w.leftNightly() {
		st.Reconnect = nil
	}
}

// nightlyFailed is true if the newest observe found that nightly refresh brought
// nothing in time, and that it could have.
func nightlyFailed(now time.Time, w World) bool {
	st := w.status()
	n := st.Nightly
	if w.policyType() != v1alpha1.RefreshNightly || n == nil || isOpen(st) || w.lackSince(now) != nil {
		return false
	}
	deadline := later(w.nightlyDeadline(), st.RefreshPolicy.Time.Add(aNight))
	switch {
	case n.CorrectionTime != nil:
		deadline = later(deadline, n.CorrectionTime.Add(aNight))
	case !n.Enabled:
		return false // It is about to be switched on.
	}
	if e := st.LastError; e != nil {
		// Flinks goes on trying until the login is no longer eligible, and does not
		// say what the nights before this one brought.
		deadline = later(deadline, later(nightlyData(st).Add(eligibility), e.Time.Add(aNight)))
	}
	return observedAfter(st, deadline)
}

// nightlyDeadline is when nightly refresh must have brought newer data.
func (w World) nightlyDeadline() time.Time {
	return nightlyData(w.status()).Add(max(w.policy().maxDataAge, nightlyPatience))
}

// nightlyData is what nightly refresh is measured from: the data, or the live session
// that brought some of which nothing is known yet, or that there was a login.
func nightlyData(st *v1alpha1.BankConnectionStatus) time.Time {
	var data time.Time
	if st.Binding != nil {
		data = st.Binding.Time.Time
	}
	if st.LastRefreshTime != nil {
		data = st.LastRefreshTime.Time
	}
	if p := phase(st); (p == v1alpha1.RefreshCollecting || p == v1alpha1.RefreshSucceeded) && st.Refresh.StartTime != nil {
		data = later(data, st.Refresh.StartTime.Time)
	}
	return data
}

// readBackTime is when an observe is due because of a switch; nil if none is.
func readBackTime(st *v1alpha1.BankConnectionStatus) *metav1.Time {
	if n := st.Nightly; n != nil && n.CorrectionTime != nil && !n.CorrectionTime.Before(st.LastObservedTime) {
		return future(endOf(n.CorrectionTime).Add(readBack))
	}
	return nil
}
