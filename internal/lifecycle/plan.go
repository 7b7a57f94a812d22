package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	// firstRetry is the distance of the second unattended live session from the end
	// of a first one that failed; the third comes after four times that.
	firstRetry = 15 * time.Minute
	// unsentRetryMin and unsentRetryMax bound the distance of attempts that
	// never reached a bank.
	unsentRetryMin = time.Minute
	unsentRetryMax = time.Hour
	// terminalRetry: what only a change of an object can mend is looked at again
	// at leisure.
	terminalRetry = time.Hour
)

// plan fills in what follows from the rest of the status: when to observe and
// when to refresh.
func plan(now time.Time, w World, st *v1alpha1.BankConnectionStatus) {
	notePolicy(now, w, st)
	st.NextRefreshTime = held(now, planRefresh(w.with(*st)), st.NextRefreshTime)
	if t := st.NextRefreshTime; t != nil {
		soonest := later(now, t.Time)
		if open := w.policy().inWindow(w.Connection.UID, soonest); open.After(soonest) {
			st.NextRefreshTime = future(open)
		}
	}
	planObserve(now, w, st)
}

// planObserve follows the policy as it is now, but for an observe that failed and
// is to be repeated.
func planObserve(now time.Time, w World, st *v1alpha1.BankConnectionStatus) {
	if awaitsRetry(now, st) {
		return
	}
	st.NextObserveTime = nil // which is to say: now
	if st.LastObservedTime == nil || st.Binding == nil || isDataTimeOpen(st) || hasObstacle(st) || w.with(*st).handOffDue() {
		return
	}
	interval := w.policy().observeInterval
	st.NextObserveTime = future(endOf(st.LastObservedTime).Add(interval + jitter(w.Connection.UID, interval)))
}

// awaitsRetry is true if the next observe repeats one that failed: there was
// trouble since the last answer. What is further off than any retry is none.
func awaitsRetry(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if st.LastError == nil || st.NextObserveTime == nil || st.NextObserveTime.After(now.Add(maxRetryAfter)) {
		return false
	}
	return st.LastObservedTime == nil || st.LastError.Time.After(st.LastObservedTime.Time)
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
func planRefresh(w World) *metav1.Time {
	st, p := w.status(), w.policy()
	reissues := w.reissues()
	if (!p.scheduled && !reissues) || p.invalid || w.Connection.Spec.Suspend || w.Duplicate || st.Binding == nil {
		return nil
	}
	if isUnderWay(st) || (!reissues && (isOpen(st) || needsSomebody(st))) {
		return nil
	}
	// The hold after binding covers a status that was lost together with the
	// claim it held.
	when := endOf(&st.Binding.Time).Add(liveHold)
	if reissues {
		return future(later(when, w.nextReissue()))
	}
	uid := w.Connection.UID
	if st.LastRefreshTime != nil {
		when = later(when, p.next(uid, endOf(st.LastRefreshTime)))
	}
	if p.cron != nil {
		when = later(when, p.cron.Next(policySince(st)).Add(jitter(uid, spread)))
	}
	if st.Refresh != nil {
		when = later(when, nextAttempt(uid, st, p))
	}
	return future(when)
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
// one, which failed.
func retryDelay(st *v1alpha1.BankConnectionStatus) time.Duration {
	r := st.Refresh
	recent := len(recentTimes(r))
	switch {
	case isTerminal(r.LastResult):
		return terminalRetry
	case recent > 0:
		return firstRetry << (2 * (recent - 1))
	case r.LastResult != nil && r.LastResult.FlinksCode != string(flinks.CodeNotSent):
		return max(firstRetry, unsentDelay(st))
	}
	return unsentDelay(st)
}

// isTerminal is true if Flinks can never accept the call as it is.
func isTerminal(r *v1alpha1.RefreshResult) bool {
	return r != nil && flinks.Lookup(r.FlinksCode, false).Class == flinks.ClassConfig
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

// unsentDelay grows with the time that the trouble has lasted.
func unsentDelay(st *v1alpha1.BankConnectionStatus) time.Duration {
	if st.LastError == nil {
		return unsentRetryMin
	}
	return clamp(st.Refresh.StartTime.Sub(st.LastError.Time.Time), unsentRetryMin, unsentRetryMax)
}
