package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// planRefresh returns when the next unattended refresh may start; nil if none may.
func (s *state) planRefresh() *metav1.Time {
	st, p := s.st, s.policy()
	reissues := s.reissues()
	if !s.mayRefresh(p) || !reissues && (!p.scheduled || isOpen(st) || needsIntervention(st)) {
		return nil
	}
	when := s.dueSince()
	if !reissues && st.Refresh != nil {
		when = Later(when, nextAttempt(s.Connection.UID, st, p))
	}
	return future(when)
}

// dueSince returns since when an unattended refresh is due, whatever became of attempts at
// it.
func (s *state) dueSince() time.Time {
	st, p, uid := s.st, s.policy(), s.Connection.UID
	// The cool-down after binding covers a claim that was lost together with the status.
	when := EndOf(&st.Binding.BoundTime).Add(sessionCooldown)
	if st.Binding.NotBefore != nil {
		when = Later(when, st.Binding.NotBefore.Time)
	}
	if s.reissues() {
		return Later(when, s.nextReissue())
	}
	if st.LastRefreshTime != nil {
		when = Later(when, p.next(uid, EndOf(st.LastRefreshTime)))
	}
	if p.cron != nil {
		when = Later(when, p.cron.Next(policySince(st)).Add(jitter(uid, spread)))
	}
	return when
}

// mayRefresh reports whether an unattended refresh is allowed at all.
func (s *state) mayRefresh(p policy) bool {
	blocked := s.isSuspended() || s.Duplicate || s.isPolicyMissing() || p.invalid
	return !blocked && s.st.Binding != nil && (!isUnderWay(s.st) || collectsOthersData(s.st))
}

// keepPlanned keeps a recorded plan, and postpones a new one for as long as a live session
// of unknown outcome can be open. So a refresh that becomes due by an edited policy, the
// end of a suspension or the loss of a claim does not start at once.
func keepPlanned(now time.Time, earliest, planned *metav1.Time) *metav1.Time {
	if earliest == nil {
		return nil
	}
	soonest := future(now.Add(sessionCooldown))
	if planned != nil && planned.Before(soonest) {
		soonest = planned
	}
	return latest(earliest, soonest)
}

// plan computes when to observe and when to refresh.
func (s *state) plan() {
	s.notePolicy()
	s.planNightly()
	earliest := s.whenAllowed(s.planRefresh())
	s.st.NextRefreshTime = s.whenAllowed(keepPlanned(s.now, earliest, s.st.NextRefreshTime))
	if t := s.st.NextRefreshTime; t != nil && s.needsCredentials(Later(s.now, t.Time)) {
		s.st.NextRefreshTime = nil
	}
	s.planObserve()
}

// planObserve follows the present policy, unless a failed observe is to be repeated.
func (s *state) planObserve() {
	if awaitsRetry(s.now, s.st) {
		return
	}
	s.st.NextObserveTime = nil // which is to say: now
	if s.st.LastObservedTime == nil || s.st.Binding == nil || s.wantsObserve() {
		return
	}
	interval := s.policy().observeInterval
	s.st.NextObserveTime = future(EndOf(s.st.LastObservedTime).Add(interval + jitter(s.Connection.UID, interval)))
	if soon := readBackTime(s.st); soon != nil && soon.Before(s.st.NextObserveTime) {
		s.st.NextObserveTime = soon
	}
}

// wantsObserve reports whether an observe is due before the policy asks for one: to learn
// the time of the data, after an object was corrected, to protect another Secret or to
// deliver a session.
func (s *state) wantsObserve() bool {
	st := s.st
	return isDataTimeOpen(st) || hasObstacle(st) || protectsAnother(s.Connection, st) || s.handOffDue()
}

// planNightly computes the part of the status about nightly refresh.
func (s *state) planNightly() {
	s.withdrawNightly()
	if s.st.Nightly == nil {
		return
	}
	s.st.Nightly.EligibilityExpiryTime = nil
	if s.st.LastObservedTime != nil {
		s.st.Nightly.EligibilityExpiryTime = Past(s.st.LastObservedTime.Add(eligibility))
	}
}

// withdrawNightly stops asking the customer to act when the data is young enough or
// another policy has to bring it.
func (s *state) withdrawNightly() {
	if s.Connection.Spec.Suspend || s.st.Reconnect == nil || s.st.Reconnect.Reason != v1alpha1.ReasonNightlyRefreshFailed {
		return
	}
	young := s.policyType() == v1alpha1.RefreshNightly && !observedAfter(s.st, s.nightlyDeadline())
	if young || s.leftNightly() {
		s.st.Reconnect = nil
	}
}
