package lifecycle

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// eligibility: Flinks leaves out a login that was not read, or gave no data, for
	// so long.
	eligibility = 7 * 24 * time.Hour
	// nightlyPatience: data that come once a night are older than a day at times.
	// No person is wanted for data younger than this, whatever maxDataAge is.
	nightlyPatience = 36 * time.Hour
	// aNight passes within this time. Nothing is judged, and nothing is switched on
	// again, before an observe that is so much younger than the last switch: the operator
	// does not fight a program that switches it off again.
	aNight = 24 * time.Hour
	// readBack is when an observe asks whether a switch took.
	readBack = time.Minute
)

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
		data = Later(data, st.Refresh.StartTime.Time)
	}
	return data
}

// nightlyDeadline is when nightly refresh must have brought newer data.
func (s *state) nightlyDeadline() time.Time {
	return nightlyData(s.st).Add(max(s.policy().maxDataAge, nightlyPatience))
}

// nightlyFailed is true if the newest observe found that nightly refresh brought
// nothing in time, and that it could have.
func (s *state) nightlyFailed() bool {
	st := s.st
	n := st.Nightly
	if s.policyType() != v1alpha1.RefreshNightly || n == nil || isOpen(st) || s.lackSince() != nil {
		return false
	}
	deadline := Later(s.nightlyDeadline(), st.RefreshPolicy.Time.Add(aNight))
	switch {
	case n.CorrectionTime != nil:
		deadline = Later(deadline, n.CorrectionTime.Add(aNight))
	case !n.Enabled:
		return false // It is about to be switched on.
	}
	if e := st.LastError; e != nil {
		// Flinks goes on trying until the login is no longer eligible, and does not
		// say what the nights before this one brought.
		deadline = Later(deadline, Later(nightlyData(st).Add(eligibility), e.Time.Add(aNight)))
	}
	return observedAfter(st, deadline)
}

// lackSince is when Flinks last said that the instance does not offer nightly
// refresh; nil if it did not, or not to this spec and policy.
func (s *state) lackSince() *metav1.Time {
	st := s.st
	lack := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionNightlyUnavailable)
	if lack == nil || lack.ObservedGeneration != s.Connection.Generation || s.leftNightly() {
		return nil
	}
	since := &lack.LastTransitionTime
	if Pending(s.now.Add(ClockSkew), since) || (st.RefreshPolicy != nil && since.Before(&st.RefreshPolicy.Time)) {
		return nil
	}
	return since
}

// switchDue is true if nightly refresh is to be switched at Flinks now, and says
// which way.
func (s *state) switchDue() (active, due bool) {
	st := s.st
	switch {
	case st.Binding == nil || s.Instance.Problem != "" || s.Duplicate, awaitsRetry(s.now, st) && Pending(s.now, st.NextObserveTime):
		return false, false
	case s.Connection.Spec.Suspend, s.leftNightly():
		// What there is no status of was not switched on by the operator.
		return false, st.Nightly != nil
	}
	return true, s.policyType() == v1alpha1.RefreshNightly && !s.isPolicyMissing() && s.switchOnDue()
}

// switchOnDue follows what the last observe said: one switch for each, and one a
// day at most. If Flinks did not say, because it repeated an error that passes or
// the policy is new, or the answer to the first switch was lost, switching on what may be
// on already does no harm.
func (s *state) switchOnDue() bool {
	st := s.st
	if st.LastObservedTime == nil {
		return false
	}
	if last := s.lackSince(); last != nil && !observedAfter(st, last.Add(aNight)) {
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

// isLeftOut is true if an observe is to find out why Flinks leaves a login out.
func (s *state) isLeftOut() bool {
	return s.LeftOut && s.policyType() == v1alpha1.RefreshNightly
}

// readBackTime is when an observe is due because of a switch; nil if none is.
func readBackTime(st *v1alpha1.BankConnectionStatus) *metav1.Time {
	if n := st.Nightly; n != nil && n.CorrectionTime != nil && !n.CorrectionTime.Before(st.LastObservedTime) {
		return future(EndOf(n.CorrectionTime).Add(readBack))
	}
	return nil
}

// LeavesNightlyBehind reports whether nightly refresh of the bound login is to be switched
// off before it is given up. The Secret that was held for it may still have the loginId.
func LeavesNightlyBehind(c *v1alpha1.BankConnection) bool {
	return c.Status.Nightly != nil && len(ProtectedSecrets(c)) > 1
}

// wantsNightly reports whether a connection that stays leaves its login to nightly refresh.
func wantsNightly(c *v1alpha1.BankConnection) bool {
	p := c.Status.RefreshPolicy
	return c.DeletionTimestamp.IsZero() && !c.Spec.Suspend && p != nil && p.Type == v1alpha1.RefreshNightly
}

// leavesNightly reports whether nightly refresh may go on although no object wants it,
// if this one goes and its login stays.
func (s *state) leavesNightly() bool {
	st := s.st
	return st.Binding != nil && st.Nightly != nil && !slices.ContainsFunc(s.Sharers, wantsNightly)
}
