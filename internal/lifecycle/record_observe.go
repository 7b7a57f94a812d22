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

// endTrouble clears the error after an answer that brings no news: that an observe which
// had to be repeated works again is all that is worth a write.
func (s *state) endTrouble() {
	if due(s.now, s.st.NextObserveTime) {
		s.st.LastError = nil
	}
}

// waitsInVain reports whether an observe only shows that the customer has not answered
// yet, or that Flinks still works in the background.
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

// opensSession reports whether an observe brings only the RequestId that a collect needs.
func opensSession(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) bool {
	return isCollecting(now, st) && o.Err == nil &&
		o.Authorization.State != flinks.ChallengePending && !answered(st, o.Authorization)
}

// endsSession reports whether only a customer's session can end with the code.
func endsSession(now time.Time, st *v1alpha1.BankConnectionStatus, code flinks.Code) bool {
	if code == flinks.CodeSessionExpired {
		// Before the cool-down is over it can be the end of an older session.
		return !Pending(now, st.Refresh.NotBefore)
	}
	return code == flinks.CodeInvalidSecurityResponse || code == flinks.CodeInvalidSecurityResponseNoRetry
}

// recordReplay records the failure that the last live session ended with, whichever
// program started it. A replay does not prove that the login is gone.
func (s *state) recordReplay(err *flinks.Error) {
	if isOpen(s.st) {
		s.holdBackground()
		s.endAttempt(v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
	}
	s.setLastError(describe(err))
	if err.Class == flinks.ClassUser {
		s.requireCustomer(userReason(err.Code))
	}
	s.abandonRequest()
}

// recordAuthorized records that the last live session succeeded, and whether the status
// waits for that one.
func (s *state) recordAuthorized(a *flinks.Authorization) {
	if a.State == flinks.ChallengePending {
		s.recordReplay(openQuestion())
		return
	}
	news, others := answered(s.st, a), s.isOthersNews(a)
	if cameBack(s.st, a) {
		s.st.Reconnect = nil
	}
	s.setLastRefresh(a.LastRefresh)
	s.st.LastError = nil
	switch {
	case news && isOpen(s.st):
		s.recordSuccess()
		return
	case others:
		s.forgetFailures()
		s.noteNews(a.LastRefresh)
		s.takeOthersData()
	case isOpen(s.st):
		// The attempt left no trace: Flinks still reports an older success.
		s.holdBackground()
		s.st.Refresh.State = v1alpha1.RefreshFailed
	}
	s.abandonRequest()
}

// openQuestion returns the error for a bank's question in a cached answer: Flinks caches
// it only if the customer did not answer it.
func openQuestion() *flinks.Error {
	entry := flinks.Lookup(string(flinks.CodeSecurityChallenges), true)
	return &flinks.Error{
		Op: flinks.OpObserve, HTTPStatus: 203, Code: entry.Code, Class: entry.Class,
		InSession: true, Delivery: flinks.Answered,
	}
}
