package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// firstRetry is the time between a first failed unattended live session and the second;
// the third comes after four times that.
const firstRetry = 15 * time.Minute

// nextAttempt returns the earliest time that the newest attempt allows. After a success
// the policy alone says when, even if its data never came.
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
		ended = Later(ended, EndOf(&r.LastResult.AnswerTime))
	}
	if isFaulted(st) && r.NotBefore != nil {
		// A fault that was known at once must not make the retry sooner.
		ended = Later(ended, EndOf(r.NotBefore))
	}
	switch r.State {
	case v1alpha1.RefreshSucceeded:
		return Later(when, p.next(uid, EndOf(r.StartTime)))
	case v1alpha1.RefreshFailed:
		return Later(when, Later(ended.Add(retryDelay(st)), limitedUntil(st)))
	default:
		return when
	}
}

// retryDelay returns the pause between the newest live session, which failed, and the next
// unattended one. Sessions that contacted the bank are counted; after others the pause
// grows with the time that the trouble has lasted.
func retryDelay(st *v1alpha1.BankConnectionStatus) time.Duration {
	r := st.Refresh
	code := string(flinks.CodeNotSent)
	if r.LastResult != nil {
		code = r.LastResult.FlinksCode
	}
	entry := flinks.Lookup(code, false)
	pause := backoffOf(flinks.OpRefresh, entry.Code, entry.Class)
	if recent := len(recentTimes(st)); recent > 0 && entry.Class != flinks.ClassConfig {
		return max(pause.least, firstRetry<<(2*(recent-1)))
	}
	if st.LastError == nil {
		return pause.least
	}
	return pause.after(r.StartTime.Sub(st.LastError.StartTime.Time))
}

// limitedUntil returns when the limit of unattended live sessions allows the next one.
func limitedUntil(st *v1alpha1.BankConnectionStatus) time.Time {
	recent := recentTimes(st)
	if len(recent) < unattendedLimit {
		return time.Time{}
	}
	return EndOf(&recent[0]).Add(unattendedWindow)
}

// recentTimes returns the unattended attempts that count towards the limit for the next
// one.
func recentTimes(st *v1alpha1.BankConnectionStatus) []metav1.Time {
	times := st.Internal.UnattendedTimes
	for i, t := range times {
		if t.After(st.Refresh.StartTime.Add(-unattendedWindow)) {
			return times[i:]
		}
	}
	return nil
}
