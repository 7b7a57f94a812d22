package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func recordRefresh(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) {
	ensureAttempt(now, st)
	switch {
	case o.Err != nil && o.Err.Op != flinks.OpRefresh:
		recordRefusal(now, st, o.Err) // of the token; no session was opened.
	case o.Err != nil && o.Err.Class == flinks.ClassData:
		// The bank let Flinks in and had little to tell.
		recordSuccess(now, st)
	case o.Err != nil:
		recordRefreshError(now, st, o.Err)
	case o.Authorization == nil:
		// Not an answer to a refresh; the claim stands.
	case o.Authorization.State == flinks.ChallengePending:
		recordChallenge(now, st, o)
	default:
		recordSuccess(now, st)
		if isOfAttempt(st, o.Authorization.LastRefresh) {
			setLastRefresh(now, st, o.Authorization.LastRefresh)
		}
	}
	if o.Authorization != nil && o.Authorization.Institution != "" {
		st.Institution = o.Authorization.Institution
	}
}

// recordRefreshError tells a lost answer, and a call that goes on in the background, from a
// definite no.
func recordRefreshError(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	switch {
	case isLost(err), err.Code == flinks.CodeConcurrentSession:
		recordLost(now, st, err)
	case IsDispatched(err):
		recordDispatched(now, st, err)
	default:
		recordRefusal(now, st, err)
	}
}

// ensureAttempt makes up for a claim that somebody took out of the status.
func ensureAttempt(now time.Time, st *v1alpha1.BankConnectionStatus) {
	if st.Refresh == nil {
		st.Refresh = &v1alpha1.RefreshStatus{}
	}
	if st.Refresh.StartTime == nil {
		st.Refresh.StartTime = past(now)
	}
}

// recordSuccess ends whatever trouble was on record; the data are still to come.
func recordSuccess(now time.Time, st *v1alpha1.BankConnectionStatus) {
	endHold(st)
	endAttempt(now, st, v1alpha1.RefreshCollecting, 200, string(flinks.CodeOK))
	forgetFailures(st)
	st.Reconnect = nil
	st.LastError = nil
	settleRequest(st, v1alpha1.RequestInProgress)
}

// recordLost notes that a live session may be open that cannot be reached: ours,
// after a lost answer, or another's, possibly the person in Connect. Either way
// there is no live call until it must have ended.
func recordLost(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	endAttempt(now, st, v1alpha1.RefreshUnknown, err.HTTPStatus, string(err.Code))
	holdSession(now, st, err)
	if err.Code == flinks.CodeConcurrentSession {
		forgetAttempt(st)
	}
	setLastError(now, st, describe(err))
	settleRequest(st, v1alpha1.RequestUnknown)
}

// holdSession allows no live call until the session that an answer leaves behind must
// have ended.
func holdSession(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	hold := liveHold
	if err.Code == flinks.CodeConcurrentSession {
		hold = SessionIdle + margin
	}
	st.Refresh.NotBefore = latest(st.Refresh.NotBefore, future(now.Add(max(hold, err.RetryAfter))))
}

// recordRefusal notes a definite no. No session is open, unless Flinks broke down: then
// what is known at once is waited out for as long as a lost answer.
func recordRefusal(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	endAttempt(now, st, v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
	switch {
	case leavesSession(err):
		holdSession(now, st, err)
	case err.RetryAfter > 0:
		st.Refresh.NotBefore = future(now.Add(err.RetryAfter))
	default:
		st.Refresh.NotBefore = nil
	}
	noteRefusal(now, st, err)
}

// noteRefusal notes what a definite no means to the request and to the person.
func noteRefusal(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	if !contactedBank(err) {
		forgetAttempt(st)
	}
	switch err.Class {
	case flinks.ClassGone:
		recordObserveFailure(now, st, err) // An observe sees whether it comes back.
	case flinks.ClassInstance:
		noteTrouble(now, st, describe(err))
		observeSoon(now, st) // It sees whether the keys are mended.
	default:
		setLastError(now, st, describe(err))
	}
	settleRequest(st, v1alpha1.RequestFailed)
	if err.Class == flinks.ClassUser && isReplay(err) {
		wantPerson(st, userReason(err.Code))
	}
}

// recordChallenge notes that the bank asked the person something.
func recordChallenge(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) {
	endAttempt(now, st, v1alpha1.RefreshAwaitingUser, 203, "")
	st.Refresh.NotBefore = future(now.Add(SessionIdle + margin))
	issueLink(o.at(now), st, o)
	st.LastError = nil
	settleRequest(st, v1alpha1.RequestUserActionRequired)
}

// failUnsent ends a claim whose call was certainly not made.
func failUnsent(now time.Time, st *v1alpha1.BankConnectionStatus) {
	ensureAttempt(now, st)
	st.Refresh.Phase = v1alpha1.RefreshFailed
	st.Refresh.NotBefore = nil
	forgetAttempt(st)
	settleRequest(st, v1alpha1.RequestFailed)
}

// refuseUnsent refuses the request whose call was not made because of an object, and
// does not count an attempt for it.
func refuseUnsent(st *v1alpha1.BankConnectionStatus, o Outcome) {
	st.Refresh.Attempt = max(0, st.Refresh.Attempt-1)
	if h := st.LastHandledRequest; o.Action.Request != "" && h != nil && h.Value == o.Action.Request {
		h.Result, h.Reason = v1alpha1.RequestRefused, o.Problem
	}
}

// forgetAttempt takes the newest attempt off the count of those that may have
// disturbed a person.
func forgetAttempt(st *v1alpha1.BankConnectionStatus) {
	r := st.Refresh
	for _, times := range []*[]metav1.Time{&r.UnattendedTimes, &r.AttendedTimes} {
		if isNewest(*times, r.StartTime) {
			*times = (*times)[:len(*times)-1]
		}
	}
}

// isNewest is true if a time is the last one of a list.
func isNewest(times []metav1.Time, t *metav1.Time) bool {
	n := len(times)
	return n > 0 && times[n-1].Equal(t)
}

// forgetFailures: whoever let Flinks in may be disturbed again.
func forgetFailures(st *v1alpha1.BankConnectionStatus) {
	if st.Refresh != nil {
		st.Refresh.UnattendedTimes, st.Refresh.AttendedTimes = nil, nil
	}
}

func endAttempt(now time.Time, st *v1alpha1.BankConnectionStatus, p v1alpha1.RefreshPhase, httpStatus int, code string) {
	st.Refresh.Phase = p
	st.Refresh.LastResult = &v1alpha1.RefreshResult{
		HTTPStatus: int32(httpStatus), //nolint:gosec // It has three digits.
		FlinksCode: code,
		Time:       *past(now),
	}
}
