package lifecycle

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// eligibility is the time after which Flinks leaves out a login that was not read, or
	// gave no data.
	eligibility = 7 * 24 * time.Hour
	// nightlyPatience allows for data that arrives once a night and is older than a day at
	// times. No customer has to act for data younger than this, whatever maxDataAge is.
	nightlyPatience = 36 * time.Hour
	// nightlyCycle is the time within which a nightly refresh happens. Nothing is judged, and
	// nothing is switched on again, before an observe that is this much younger than the
	// last switch: the operator does not fight another program that switches it off.
	nightlyCycle = 24 * time.Hour
	// readBack is how soon after a switch an observe checks its result.
	readBack = time.Minute
)

// nightlyData returns the time from which nightly refresh is measured: that of the data,
// of a live session whose data is not known yet, or of the binding.
func nightlyData(st *v1alpha1.BankConnectionStatus) time.Time {
	var data time.Time
	if st.Binding != nil {
		data = st.Binding.BoundTime.Time
	}
	if st.LastRefreshTime != nil {
		data = st.LastRefreshTime.Time
	}
	if p := refreshState(st); (p == v1alpha1.RefreshCollecting || p == v1alpha1.RefreshSucceeded) && st.Refresh.StartTime != nil {
		data = Later(data, st.Refresh.StartTime.Time)
	}
	return data
}

// nightlyDeadline returns the time by which nightly refresh must have brought newer data.
func (s *state) nightlyDeadline() time.Time {
	return nightlyData(s.st).Add(max(s.policy().maxDataAge, nightlyPatience))
}

// nightlyFailed reports whether the newest observe found that nightly refresh brought
// nothing in time, although it could have.
func (s *state) nightlyFailed() bool {
	st := s.st
	n := st.Nightly
	if s.policyType() != v1alpha1.RefreshNightly || n == nil || isOpen(st) || s.lackSince() != nil {
		return false
	}
	deadline := Later(s.nightlyDeadline(), st.RefreshPolicy.EffectiveTime.Add(nightlyCycle))
	switch {
	case n.CorrectionTime != nil:
		deadline = Later(deadline, n.CorrectionTime.Add(nightlyCycle))
	case !n.Enabled:
		return false // It is about to be switched on.
	}
	if e := st.LastError; e != nil {
		// Flinks tries until the login is no longer eligible, and does not report the
		// results of earlier nights.
		deadline = Later(deadline, Later(nightlyData(st).Add(eligibility), e.StartTime.Add(nightlyCycle)))
	}
	return observedAfter(st, deadline)
}

// lackSince returns when Flinks last said that the instance does not offer nightly
// refresh; nil if it did not, or not since the spec or policy changed.
func (s *state) lackSince() *metav1.Time {
	st := s.st
	lack := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionNightlyUnavailable)
	if lack == nil || lack.ObservedGeneration != s.Connection.Generation || s.leftNightly() {
		return nil
	}
	since := &lack.LastTransitionTime
	if Pending(s.now.Add(ClockSkew), since) || (st.RefreshPolicy != nil && since.Before(&st.RefreshPolicy.EffectiveTime)) {
		return nil
	}
	return since
}

// switchDue reports whether nightly refresh is to be switched at Flinks now, and to which
// state.
func (s *state) switchDue() (active, due bool) {
	st := s.st
	switch {
	case st.Binding == nil || s.Instance.Problem != "" || s.Duplicate, awaitsRetry(s.now, st) && Pending(s.now, st.NextObserveTime):
		return false, false
	case s.Connection.Spec.Suspend, s.leftNightly():
		// Without a status the operator did not switch it on.
		return false, st.Nightly != nil
	}
	return true, s.policyType() == v1alpha1.RefreshNightly && !s.isPolicyMissing() && s.switchOnDue()
}

// switchOnDue reports whether to switch nightly refresh on after the last observe: one
// switch for each observe, and at most one a day. If Flinks did not say whether it is on
// (a passing error was repeated, the policy is new, or the first answer was lost),
// switching it on again does no harm.
func (s *state) switchOnDue() bool {
	st := s.st
	if st.LastObservedTime == nil {
		return false
	}
	if last := s.lackSince(); last != nil && !observedAfter(st, last.Add(nightlyCycle)) {
		return false
	}
	n := st.Nightly
	switch {
	case n == nil, st.LastError != nil && !n.Enabled && n.CorrectionTime == nil:
		return !needsIntervention(st)
	case n.Enabled, st.LastError != nil:
		return false
	}
	return n.CorrectionTime == nil || observedAfter(st, n.CorrectionTime.Add(nightlyCycle))
}

// isIneligible reports whether an observe is to find out why Flinks leaves a login out.
func (s *state) isIneligible() bool {
	return s.Ineligible && s.policyType() == v1alpha1.RefreshNightly
}

// readBackTime returns when an observe is due because of a switch; nil if none is.
func readBackTime(st *v1alpha1.BankConnectionStatus) *metav1.Time {
	if n := st.Nightly; n != nil && n.CorrectionTime != nil && !n.CorrectionTime.Before(st.LastObservedTime) {
		return future(EndOf(n.CorrectionTime).Add(readBack))
	}
	return nil
}

// LeavesNightlyBehind reports whether nightly refresh of the bound login is to be switched
// off before the login is given up. The Secret that was protected for it may still hold
// the loginId.
func LeavesNightlyBehind(c *v1alpha1.BankConnection) bool {
	return c.Status.Nightly != nil && len(ProtectedSecrets(c)) > 1
}

// wantsNightly reports whether a connection that is not being deleted leaves its login to
// nightly refresh.
func wantsNightly(c *v1alpha1.BankConnection) bool {
	p := c.Status.RefreshPolicy
	return c.DeletionTimestamp.IsZero() && !c.Spec.Suspend && p != nil && p.Type == v1alpha1.RefreshNightly
}

// leavesNightly reports whether nightly refresh may continue although no object wants it,
// if this object is deleted and its login stays.
func (s *state) leavesNightly() bool {
	st := s.st
	return st.Binding != nil && st.Nightly != nil && !slices.ContainsFunc(s.Sharers, wantsNightly)
}
