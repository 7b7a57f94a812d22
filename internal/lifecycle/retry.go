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
	ended := EndOf(r.StartTime)
	if r.LastResult != nil {
		ended = Later(ended, EndOf(&r.LastResult.Time))
	}
	if isFaulted(st) && r.NotBefore != nil {
		// Nothing is sooner because the fault was known at once.
		ended = Later(ended, EndOf(r.NotBefore))
	}
	switch r.Phase {
	case v1alpha1.RefreshSucceeded:
		return Later(when, p.next(uid, EndOf(r.StartTime)))
	case v1alpha1.RefreshFailed:
		return Later(when, Later(ended.Add(retryDelay(st)), limitedUntil(r)))
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
	return EndOf(&recent[0]).Add(unattendedWindow)
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
