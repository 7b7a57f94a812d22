package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func recordCollect(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) {
	if phase(st) == v1alpha1.RefreshDispatched {
		recordFollowUp(now, st, o)
		return
	}
	if phase(st) != v1alpha1.RefreshCollecting {
		return // The data are not waited for any more.
	}
	if o.Err != nil {
		recordCollectError(now, st, o.Err)
		return
	}
	if o.Accounts == nil || o.Accounts.Pending {
		return
	}
	st.LastError = nil
	setAccounts(now, st, o.Accounts.Accounts)
	setDataTime(now, st, o.Accounts.LastRefresh)
	finishCollecting(now, st, v1alpha1.RequestSucceeded)
}

// recordCollectError leaves it at what passes by itself. What does not is found out
// about by an observe: the bank let Flinks in, so asking for the data once more
// brings nothing.
func recordCollectError(now time.Time, st *v1alpha1.BankConnectionStatus, err *flinks.Error) {
	switch err.Class {
	case flinks.ClassData:
		// The accounts that are known are still there.
		st.LastError = nil
		setDataTime(now, st, time.Time{})
		finishCollecting(now, st, v1alpha1.RequestSucceeded)
	case flinks.ClassConfig:
		noteTrouble(now, st, describe(err))
		finishCollecting(now, st, v1alpha1.RequestSucceeded)
	case flinks.ClassUser, flinks.ClassGone:
		noteTrouble(now, st, describe(err))
		observeSoon(now, st)
		finishCollecting(now, st, v1alpha1.RequestFailed)
	case flinks.ClassPending:
	case flinks.ClassInstance:
		setLastError(now, st, describe(err))
		failRequest(st, keysReason(err))
	default:
		if !isForgotten(err) {
			setLastError(now, st, describe(err))
		}
	}
}

// setDataTime says how old the data are: as Flinks says it or, if it does not, no
// older than the session that the bank let Flinks in with.
func setDataTime(now time.Time, st *v1alpha1.BankConnectionStatus, t time.Time) {
	known := st.LastRefreshTime != nil && isOfAttempt(st, st.LastRefreshTime.Time)
	if t.IsZero() && !known && st.Refresh.StartTime != nil {
		t = st.Refresh.StartTime.Time
	}
	setLastRefresh(now, st, t)
}

// endCollecting stops waiting for data that Flinks does not have by now. The bank
// let Flinks in; the data will come without being asked for. What a request asked for
// did not come where the instance gives out nothing.
func endCollecting(now time.Time, w World, st *v1alpha1.BankConnectionStatus) {
	if phase(st) != v1alpha1.RefreshCollecting {
		return
	}
	if w.Instance.Problem == v1alpha1.ReasonAPIKeyRefused {
		failRequest(st, w.Instance.Problem)
	}
	if isCollecting(now, st) {
		return
	}
	if w.Instance.Problem != "" {
		failRequest(st, w.Instance.Problem)
	}
	finishCollecting(now, st, v1alpha1.RequestSucceeded)
}

func finishCollecting(now time.Time, st *v1alpha1.BankConnectionStatus, result v1alpha1.RequestResult) {
	st.Refresh.Phase = v1alpha1.RefreshSucceeded
	settleRequest(st, result)
	if isDataTimeOpen(st) {
		observeSoon(now, st)
	}
}

// isForgotten is true if Flinks no longer knows the RequestId; the next observe
// brings another.
func isForgotten(err *flinks.Error) bool {
	return err.Code == flinks.CodeSessionExpired || err.Code == flinks.CodeSessionNonexistent
}
