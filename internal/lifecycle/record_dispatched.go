package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// isDispatched reports whether Flinks may still be at work in the background on the live
// call that it sent there.
func isDispatched(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshDispatched && st.Refresh.LastResult != nil &&
		now.Before(st.Refresh.LastResult.Time.Add(processingTime))
}

// recordDispatched notes that Flinks went on with a live call in the background. Its
// session may be open for as long as Flinks may take.
func (s *state) recordDispatched(err *flinks.Error) {
	s.endAttempt(v1alpha1.RefreshDispatched, err.HTTPStatus, string(err.Code))
	s.st.Refresh.NotBefore = latest(s.st.Refresh.NotBefore, future(s.now.Add(processingTime+margin)))
	s.settleRequest(v1alpha1.RequestInProgress)
}

// endHold ends the hold on the next live call, now that the newest one has come to an end.
// After a call in the background that is no sooner than after a lost answer.
func (s *state) endHold() {
	r := s.st.Refresh
	if r.Phase != v1alpha1.RefreshDispatched || r.LastResult == nil {
		r.NotBefore = nil
		return
	}
	r.NotBefore = future(r.LastResult.Time.Add(liveHold))
}

// recordFollowUp notes what Flinks says of a live call in the background.
func (s *state) recordFollowUp(o Outcome) {
	switch {
	case o.Err == nil && (o.Accounts == nil || o.Accounts.Pending):
	case o.Err == nil:
		s.recordSuccess()
		s.setAccounts(o.Accounts.Accounts)
		s.setDataTime(o.Accounts.LastRefresh)
		s.finishCollecting(v1alpha1.RequestSucceeded)
	case o.Err.Class == flinks.ClassData:
		s.recordSuccess()
		s.setDataTime(time.Time{})
		s.finishCollecting(v1alpha1.RequestSucceeded)
	case saysNothing(o.Err):
		s.setLastError(describe(o.Err))
	case isDefiniteNo(o.Err):
		s.endHold()
		s.endAttempt(v1alpha1.RefreshFailed, o.Err.HTTPStatus, string(o.Err.Code))
		s.noteRefusal(o.Err)
	default:
		s.recordLost(o.Err)
	}
}

// saysNothing reports whether an answer leaves a call in the background where it is: the
// question did not get through, or Flinks is still at work.
func saysNothing(err *flinks.Error) bool {
	quiet := []flinks.Class{flinks.ClassPending, flinks.ClassThrottled, flinks.ClassInstance}
	return slices.Contains(quiet, err.Class) || err.Delivery != flinks.Answered || err.Code == flinks.CodeCardInUse
}

// isDefiniteNo reports whether the bank turned the person's credentials or answers down.
// That nobody is authorized is also what Flinks says while the bank has yet to answer.
func isDefiniteNo(err *flinks.Error) bool {
	open := err.Code == flinks.CodeUnauthorized || err.Code == flinks.CodeAccessDenied
	return !open && isDefinite(err) && err.Class == flinks.ClassUser
}
