package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// planRefresh is when the next refresh that nobody asked for may start; nil if
// none may.
func (s *state) planRefresh() *metav1.Time {
	st, p := s.st, s.policy()
	reissues := s.reissues()
	if !s.mayRefresh(p) || !reissues && (!p.scheduled || isOpen(st) || needsSomebody(st)) {
		return nil
	}
	when := s.dueSince()
	if !reissues && st.Refresh != nil {
		when = Later(when, nextAttempt(s.Connection.UID, st, p))
	}
	return future(when)
}

// dueSince is when a refresh that nobody asks for is due, whatever became of attempts
// at it.
func (s *state) dueSince() time.Time {
	st, p, uid := s.st, s.policy(), s.Connection.UID
	// The hold after binding covers a status that was lost together with the
	// claim it held.
	when := EndOf(&st.Binding.Time).Add(sessionCooldown)
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

// mayRefresh is true if a refresh that nobody asked for is allowed at all.
func (s *state) mayRefresh(p policy) bool {
	blocked := s.Connection.Spec.Suspend || s.Duplicate || s.isPolicyMissing() || p.invalid
	return !blocked && s.st.Binding != nil && !isUnderWay(s.st)
}

// held keeps a plan that is on record, and puts off a new one for as long as a
// live session of unknown outcome can be open. So nothing that makes a refresh due
// of a sudden starts one at once: neither an edited policy, nor the end of a
// suspension, nor a status that lost the claim it held.
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

// plan fills in what follows from the rest of the status: when to observe and
// when to refresh.
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

// planObserve follows the policy as it is now, but for an observe that failed and
// is to be repeated.
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

// wantsObserve is true if an observe is wanted before the policy asks for one: by the
// data, by an object that was mended, for another Secret or for a session to hand out.
func (s *state) wantsObserve() bool {
	st := s.st
	return isDataTimeOpen(st) || hasObstacle(st) || protectsAnother(s.Connection, st) || s.handOffDue()
}

// planNightly fills in what follows from the rest of the status about nightly
// refresh.
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

// withdrawNightly no longer wants the person when the data are young or others have
// to bring them.
func (s *state) withdrawNightly() {
	if s.Connection.Spec.Suspend || s.st.Reconnect == nil || s.st.Reconnect.Reason != v1alpha1.ReasonNightlyRefreshFailed {
		return
	}
	young := s.policyType() == v1alpha1.RefreshNightly && !observedAfter(s.st, s.nightlyDeadline())
	if young || s.leftNightly() {
		s.st.Reconnect = nil
	}
}
