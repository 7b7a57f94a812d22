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
func recordDispatched(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	endAttempt(now, st, v1alpha1.RefreshDispatched, err.HTTPStatus, string(err.Code))
	st.Refresh.NotBefore = latest(st.Refresh.NotBefore, future(now.Add(processingTime+margin)))
	settleRequest(st, v1alpha1.RequestInProgress)
}

// endHold ends the hold on the next live call, now that the newest one has come to an end.
// After a call in the background that is no sooner than after a lost answer.
func endHold(st *v1alpha1.BankConnectionStatus) {
	r := st.Refresh
	if r.Phase != v1alpha1.RefreshDispatched || r.LastResult == nil {
		r.NotBefore = nil
		return
	}
	r.NotBefore = future(r.LastResult.Time.Add(liveHold))
}

// recordFollowUp notes what Flinks says of a live call in the background.
func recordFollowUp(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) {
	switch {
	case o.Err == nil && (o.Accounts == nil || o.Accounts.Pending):
	case o.Err == nil:
		recordSuccess(now, st)
		setAccounts(now, st, o.Accounts.Accounts)
		setDataTime(now, st, o.Accounts.LastRefresh)
		finishCollecting(now, st, v1alpha1.RequestSucceeded)
	case o.Err.Class == flinks.ClassData:
		recordSuccess(now, st)
		setDataTime(now, st, time.Time{})
		finishCollecting(now, st, v1alpha1.RequestSucceeded)
	case saysNothing(o.Err):
		setLastError(now, st, describe(o.Err))
	case isDefiniteNo(o.Err):
		endHold(st)
		endAttempt(now, st, v1alpha1.RefreshFailed, o.Err.HTTPStatus, string(o.Err.Code))
		noteRefusal(now, st, o.Err)
	default:
		recordLost(now, st, o.Err)
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
