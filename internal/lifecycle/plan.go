package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// firstRetry is the distance of the second unattended live session from the end of a
// first one that failed; the third comes after four times that.
const firstRetry = 15 * time.Minute

// plan fills in what follows from the rest of the status: when to observe and
// when to refresh.
func (s *state) plan() {
	s.notePolicy()
	s.planNightly()
	earliest := s.whenAllowed(s.planRefresh())
	s.st.NextRefreshTime = s.whenAllowed(held(s.now, earliest, s.st.NextRefreshTime))
	if t := s.st.NextRefreshTime; t != nil && s.needsCredentials(later(s.now, t.Time)) {
		s.st.NextRefreshTime = nil
	}
	s.planObserve()
}

// whenAllowed puts a plan off to when a person may be disturbed.
func (s *state) whenAllowed(t *metav1.Time) *metav1.Time {
	if t == nil {
		return nil
	}
	soonest := later(s.now, t.Time)
	if open := s.policy().inWindow(s.Connection.UID, soonest); open.After(soonest) {
		return future(open)
	}
	return t
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
	s.st.NextObserveTime = future(endOf(s.st.LastObservedTime).Add(interval + jitter(s.Connection.UID, interval)))
	if soon := readBackTime(s.st); soon != nil && soon.Before(s.st.NextObserveTime) {
		s.st.NextObserveTime = soon
	}
}

// wantsObserve is true if an observe is wanted before the policy asks for one: by the
// data, by an object that was mended, for another Secret or for a session to hand out.
func (s *state) wantsObserve() bool {
	st := s.st
	return isDataTimeOpen(st) || hasObstacle(st) || holdsAnother(s.Connection, st) || s.handOffDue()
}

// awaitsRetry is true if the next observe repeats one that failed: there was
// trouble since the last answer. What is further off than any retry is none.
func awaitsRetry(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if st.NextObserveTime == nil || st.NextObserveTime.After(now.Add(maxRetryAfter)) {
		return false
	}
	return isTroubled(st)
}

// isTroubled is true if there was trouble since the last answer.
func isTroubled(st *v1alpha1.BankConnectionStatus) bool {
	return st.LastError != nil &&
		(st.LastObservedTime == nil || st.LastError.Time.After(st.LastObservedTime.Time))
}

// isDataTimeOpen is true if the bank let Flinks in and nobody said of when the data
// are. The next observe does.
func isDataTimeOpen(st *v1alpha1.BankConnectionStatus) bool {
	if phase(st) != v1alpha1.RefreshSucceeded || st.Refresh.LastResult == nil {
		return false
	}
	known := st.LastRefreshTime != nil && isOfAttempt(st, st.LastRefreshTime.Time)
	return !known && st.LastObservedTime.Before(&st.Refresh.LastResult.Time)
}

// held keeps a plan that is on record, and puts off a new one for as long as a
// live session of unknown outcome can be open. So nothing that makes a refresh due
// of a sudden starts one at once: neither an edited policy, nor the end of a
// suspension, nor a status that lost the claim it held.
func held(now time.Time, earliest, planned *metav1.Time) *metav1.Time {
	if earliest == nil {
		return nil
	}
	soonest := future(now.Add(liveHold))
	if planned != nil && planned.Before(soonest) {
		soonest = planned
	}
	return latest(earliest, soonest)
}

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
		when = later(when, nextAttempt(s.Connection.UID, st, p))
	}
	return future(when)
}

// dueSince is when a refresh that nobody asks for is due, whatever became of attempts
// at it.
func (s *state) dueSince() time.Time {
	st, p, uid := s.st, s.policy(), s.Connection.UID
	// The hold after binding covers a status that was lost together with the
	// claim it held.
	when := endOf(&st.Binding.Time).Add(liveHold)
	if st.Binding.NotBefore != nil {
		when = later(when, st.Binding.NotBefore.Time)
	}
	if s.reissues() {
		return later(when, s.nextReissue())
	}
	if st.LastRefreshTime != nil {
		when = later(when, p.next(uid, endOf(st.LastRefreshTime)))
	}
	if p.cron != nil {
		when = later(when, p.cron.Next(policySince(st)).Add(jitter(uid, spread)))
	}
	return when
}

// mayRefresh is true if a refresh that nobody asked for is allowed at all.
func (s *state) mayRefresh(p policy) bool {
	blocked := s.Connection.Spec.Suspend || s.Duplicate || s.isPolicyMissing() || p.invalid
	return !blocked && s.st.Binding != nil && !isUnderWay(s.st)
}

// isUnderWay is true while the newest attempt goes on without the person.
func isUnderWay(st *v1alpha1.BankConnectionStatus) bool {
	return sessionUnknown(st) || phase(st) == v1alpha1.RefreshCollecting
}

// policySince is the time from which a schedule counts.
func policySince(st *v1alpha1.BankConnectionStatus) time.Time {
	if st.RefreshPolicy == nil {
		return st.Binding.Time.Time
	}
	return later(st.Binding.Time.Time, st.RefreshPolicy.Time.Time)
}

// needsSomebody is true if a refresh would be in vain until a person or an object
// changes something. Each live session may text a code to a person: whoever is
// asked already is not asked again unless somebody wants it.
func needsSomebody(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil || loginGone(st) || hasErrorOf(st, flinks.ClassUser) || hasObstacle(st)
}

// nextAttempt is the earliest time that the newest attempt allows. One that
// succeeded allows none before the policy does, even if its data never came.
func nextAttempt(uid types.UID, st *v1alpha1.BankConnectionStatus, p policy) time.Time {
	var when time.Time
	r := st.Refresh
	if r.NotBefore != nil {
		when = r.NotBefore.Time
	}
	if r.StartTime == nil {
		return when
	}
	ended := endOf(r.StartTime)
	if r.LastResult != nil {
		ended = later(ended, endOf(&r.LastResult.Time))
	}
	if isFaulted(st) && r.NotBefore != nil {
		// Nothing is sooner because the fault was known at once.
		ended = later(ended, endOf(r.NotBefore))
	}
	switch r.Phase {
	case v1alpha1.RefreshSucceeded:
		return later(when, p.next(uid, endOf(r.StartTime)))
	case v1alpha1.RefreshFailed:
		return later(when, later(ended.Add(retryDelay(st)), limitedUntil(r)))
	default:
		return when
	}
}

// retryDelay is the distance of the next unattended live session from the newest
// one, which failed. Those that disturbed the bank are counted; for the others it
// grows with the time that the trouble has lasted.
func retryDelay(st *v1alpha1.BankConnectionStatus) time.Duration {
	r := st.Refresh
	code := string(flinks.CodeNotSent)
	if r.LastResult != nil {
		code = r.LastResult.FlinksCode
	}
	entry := flinks.Lookup(code, false)
	pause := backoffOf(Refresh, entry.Code, entry.Class)
	if recent := len(recentTimes(r)); recent > 0 && entry.Class != flinks.ClassConfig {
		return max(pause.least, firstRetry<<(2*(recent-1)))
	}
	if st.LastError == nil {
		return pause.least
	}
	return pause.after(r.StartTime.Sub(st.LastError.Time.Time))
}

// limitedUntil is when the limit of unattended live sessions allows the next one.
func limitedUntil(r *v1alpha1.RefreshStatus) time.Time {
	recent := recentTimes(r)
	if len(recent) < unattendedLimit {
		return time.Time{}
	}
	return endOf(&recent[0]).Add(unattendedWindow)
}

// recentTimes are the unattended attempts that count for the one after the newest.
func recentTimes(r *v1alpha1.RefreshStatus) []metav1.Time {
	for i, t := range r.UnattendedTimes {
		if t.After(r.StartTime.Add(-unattendedWindow)) {
			return r.UnattendedTimes[i:]
		}
	}
	return nil
}
