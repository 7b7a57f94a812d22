package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func (s *state) recordObserve(o Outcome) {
	if o.Err == nil && o.Authorization == nil {
		return // Not an answer to an observe.
	}
	if awaitsLogin(s.st) {
		s.st.Reconnect = nil // There is a login by now.
	}
	if binds(o) {
		s.bind(o)
	}
	if o.Err != nil && !isReplay(o.Err) {
		s.recordObserveFailure(o.Err)
		return
	}
	if waitsInVain(s.now, s.st, o) || opensSession(s.now, s.st, o) {
		s.endTrouble()
		return
	}
	s.st.LastObservedTime = Past(s.now)
	if o.Err != nil {
		s.recordReplay(o.Err)
		return
	}
	s.recordAuthorized(o.Authorization)
}

// endTrouble is all that is worth a write after an answer that brings no news: that
// an observe, which had to be repeated, works again.
func (s *state) endTrouble() {
	if due(s.now, s.st.NextObserveTime) {
		s.st.LastError = nil
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
		return !Pending(now, st.Refresh.NotBefore)
	}
	return code == flinks.CodeInvalidSecurityResponse || code == flinks.CodeInvalidSecurityResponseNoRetry
}

// recordReplay notes the failure that the last live session ended with, whoever
// started it. A replay is no proof that the login is dead.
func (s *state) recordReplay(err *flinks.Error) {
	if isOpen(s.st) {
		s.endAttempt(v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
	}
	s.abandonRequest()
	s.setLastError(describe(err))
	if err.Class == flinks.ClassUser {
		s.wantPerson(userReason(err.Code))
	}
}

// recordAuthorized notes that the last live session succeeded, and whether that
// was the one that the status waits for.
func (s *state) recordAuthorized(a *flinks.Authorization) {
	if a.State == flinks.ChallengePending {
		s.recordReplay(openQuestion())
		return
	}
	news := answered(s.st, a)
	if cameBack(s.st, a) {
		s.st.Reconnect = nil
	}
	s.setLastRefresh(a.LastRefresh)
	s.st.LastError = nil
	switch {
	case news && isOpen(s.st):
		s.recordSuccess()
		return
	case news && phase(s.st) != v1alpha1.RefreshCollecting:
		s.forgetFailures()
		s.settleRequest(v1alpha1.RequestSucceeded)
	case isOpen(s.st):
		// The attempt left no trace: Flinks still speaks of an older success.
		s.st.Refresh.Phase = v1alpha1.RefreshFailed
	}
	s.abandonRequest()
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
