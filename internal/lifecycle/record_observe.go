package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func recordObserve(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) {
	if o.Err == nil && o.Authorization == nil {
		return // Not an answer to an observe.
	}
	if awaitsLogin(st) {
		st.Reconnect = nil // There is a login by now.
	}
	if binds(o) {
		bind(now, st, o)
	}
	if o.Err != nil && !isReplay(o.Err) {
		recordObserveFailure(now, st, o.Err)
		return
	}
	if waitsInVain(now, st, o) || opensSession(now, st, o) {
		endTrouble(now, st)
		return
	}
	st.LastObservedTime = past(now)
	if o.Err != nil {
		recordReplay(now, st, o.Err)
		return
	}
	recordAuthorized(now, st, o.Authorization)
}

// recordObserveFailure notes that nothing was learned, and when to try again. That
// a login is gone stays known while Flinks cannot be reached.
func recordObserveFailure(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	switch {
	case !sessionUnknown(st):
	case err.Class == flinks.ClassGone:
		endAttempt(now, st, v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
		failRequest(st, v1alpha1.ReasonLoginGone)
	case isOutcome(err):
		endAttempt(now, st, v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
		abandonRequest(st)
	}
	if !loginGone(st) || err.Class == flinks.ClassGone {
		noteTrouble(now, st, describe(err))
	}
	pause := backoffOf(Observe, err.Code, err.Class).after(now.Sub(st.LastError.Time.Time))
	st.NextObserveTime = future(now.Add(max(pause, err.RetryAfter)))
}

// endTrouble is all that is worth a write after an answer that brings no news: that
// an observe, which had to be repeated, works again.
func endTrouble(now time.Time, st *v1alpha1.BankConnectionStatus) {
	if due(now, st.NextObserveTime) {
		st.LastError = nil
	}
}

// waitsInVain reports whether an observe only shows that the person has not answered
// yet, or that Flinks has not come to an end in the background.
func waitsInVain(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) bool {
	if isDispatched(now, st) {
		return o.Err != nil || !answered(st, o.Authorization)
	}
	if !awaitsAnswer(now, st) {
		return false
	}
	if o.Err == nil {
		return !answered(st, o.Authorization)
	}
	return !endsSession(now, st, o.Err.Code)
}

// opensSession is true if an observe brings nothing but the RequestId that a
// collect needs.
func opensSession(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) bool {
	return isCollecting(now, st) && o.Err == nil &&
		o.Authorization.State != flinks.ChallengePending && !answered(st, o.Authorization)
}

// endsSession is true for answers that a person's session, and nothing else,
// can end with.
func endsSession(now time.Time, st *v1alpha1.BankConnectionStatus, code flinks.Code) bool {
	if code == flinks.CodeSessionExpired {
		// Before the hold is over it can be the end of an older one.
		return !pending(now, st.Refresh.NotBefore)
	}
	return code == flinks.CodeInvalidSecurityResponse || code == flinks.CodeInvalidSecurityResponseNoRetry
}

// bind takes the identity of a login when Flinks first confirms it.
func bind(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) {
	if institution := institutionOf(o); institution != "" {
		st.Institution = institution
	}
	if st.Binding != nil {
		return
	}
	st.Binding = &v1alpha1.Binding{
		Instance:         o.Identity.Instance,
		CustomerID:       o.Identity.CustomerID,
		LoginFingerprint: o.Identity.Fingerprint,
		Time:             *past(now),
	}
	takeBack(st, o.Identity.Fingerprint)
}

func institutionOf(o Outcome) string {
	if o.Err != nil {
		return o.Err.Institution
	}
	return o.Authorization.Institution
}

// recordReplay notes the failure that the last live session ended with, whoever
// started it. A replay is no proof that the login is dead.
func recordReplay(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	if isOpen(st) {
		endAttempt(now, st, v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
	}
	abandonRequest(st)
	setLastError(now, st, describe(err))
	if err.Class == flinks.ClassUser {
		wantPerson(st, userReason(err.Code))
	}
}

// recordAuthorized notes that the last live session succeeded, and whether that
// was the one that the status waits for.
func recordAuthorized(now time.Time, st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) {
	if a.State == flinks.ChallengePending {
		recordReplay(now, st, openQuestion())
		return
	}
	news := answered(st, a)
	if cameBack(st, a) {
		st.Reconnect = nil
	}
	setLastRefresh(now, st, a.LastRefresh)
	st.LastError = nil
	switch {
	case news && isOpen(st):
		recordSuccess(now, st)
		return
	case news && phase(st) != v1alpha1.RefreshCollecting:
		forgetFailures(st)
		settleRequest(st, v1alpha1.RequestSucceeded)
	case isOpen(st):
		// The attempt left no trace: Flinks still speaks of an older success.
		st.Refresh.Phase = v1alpha1.RefreshFailed
	}
	abandonRequest(st)
}

// openQuestion is a question that a cached answer shows: nobody answered it, or it
// would not be there.
func openQuestion() *flinks.Error {
	entry := flinks.Lookup(string(flinks.CodeSecurityChallenges), true)
	return &flinks.Error{
		Op: flinks.OpObserve, HTTPStatus: 203, Code: entry.Code, Class: entry.Class,
		InSession: true, Delivery: flinks.Answered,
	}
}

// isOpen is true while the newest attempt is without a result.
func isOpen(st *v1alpha1.BankConnectionStatus) bool {
	return sessionUnknown(st) || phase(st) == v1alpha1.RefreshAwaitingUser
}

// answered is true if the data are newer than the newest attempt and than
// anything known before: a cached success alone proves nothing.
func answered(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	return isNews(st, a) && isOfAttempt(st, a.LastRefresh)
}

// cameBack is true if the person that was wanted let Flinks in since. Where the
// bank had asked, only what is younger than the question can be an answer.
func cameBack(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	r := st.Reconnect
	return r != nil && isNews(st, a) &&
		(r.IssueTime == nil || !a.LastRefresh.Before(r.IssueTime.Add(-clockSkew)))
}

// isNews is true if the data are newer than anything known before.
func isNews(st *v1alpha1.BankConnectionStatus, a *flinks.Authorization) bool {
	return !a.LastRefresh.IsZero() &&
		(st.LastRefreshTime == nil || a.LastRefresh.Truncate(time.Second).After(st.LastRefreshTime.Time))
}

// isOfAttempt is true if data of that time can have come with the newest attempt.
func isOfAttempt(st *v1alpha1.BankConnectionStatus, t time.Time) bool {
	return st.Refresh == nil || st.Refresh.StartTime == nil ||
		!t.Before(st.Refresh.StartTime.Add(-clockSkew))
}

// setLastRefresh only ever moves forward, and never past the present.
func setLastRefresh(now time.Time, st *v1alpha1.BankConnectionStatus, t time.Time) {
	if t.IsZero() {
		return
	}
	if t.After(now) {
		t = now
	}
	st.LastRefreshTime = latest(st.LastRefreshTime, past(t))
}
