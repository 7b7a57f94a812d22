package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func (s *state) recordCollect(o Outcome) {
	if phase(s.st) == v1alpha1.RefreshDispatched {
		s.recordFollowUp(o)
		return
	}
	if phase(s.st) != v1alpha1.RefreshCollecting {
		return // The data are not waited for any more.
	}
	if o.Err != nil {
		s.recordCollectError(o.Err)
		return
	}
	if o.Accounts == nil || o.Accounts.Pending {
		return
	}
	s.st.LastError = nil
	s.setAccounts(o.Accounts.Accounts)
	s.setDataTime(o.Accounts.LastRefresh)
	s.finishCollecting(v1alpha1.RequestSucceeded)
}

// recordCollectError leaves it at what passes by itself. What does not is found out
// about by an observe: the bank let Flinks in, so asking for the data once more
// brings nothing.
func (s *state) recordCollectError(err *flinks.Error) {
	switch err.Class {
	case flinks.ClassData:
		// The accounts that are known are still there.
		s.st.LastError = nil
		s.setDataTime(time.Time{})
		s.finishCollecting(v1alpha1.RequestSucceeded)
	case flinks.ClassConfig:
		s.noteTrouble(describe(err))
		s.finishCollecting(v1alpha1.RequestSucceeded)
	case flinks.ClassUser, flinks.ClassGone:
		s.noteTrouble(describe(err))
		s.observeSoon()
		s.finishCollecting(v1alpha1.RequestFailed)
	case flinks.ClassPending:
	case flinks.ClassInstance:
		s.setLastError(describe(err))
		s.failRequest(keysReason(err))
	default:
		if !isForgotten(err) {
			s.setLastError(describe(err))
		}
	}
}

// setDataTime says how old the data are: as Flinks says it or, if it does not, no
// older than the session that the bank let Flinks in with.
func (s *state) setDataTime(t time.Time) {
	known := s.st.LastRefreshTime != nil && isOfAttempt(s.st, s.st.LastRefreshTime.Time)
	if t.IsZero() && !known && s.st.Refresh.StartTime != nil {
		t = s.st.Refresh.StartTime.Time
	}
	s.setLastRefresh(t)
}

// endCollecting stops waiting for data that Flinks does not have by now. The bank
// let Flinks in; the data will come without being asked for. What a request asked for
// did not come where the instance gives out nothing.
func (s *state) endCollecting() {
	if phase(s.st) != v1alpha1.RefreshCollecting {
		return
	}
	if s.Instance.Problem == v1alpha1.ReasonAPIKeyRefused {
		s.failRequest(s.Instance.Problem)
	}
	if isCollecting(s.now, s.st) {
		return
	}
	if s.Instance.Problem != "" {
		s.failRequest(s.Instance.Problem)
	}
	s.finishCollecting(v1alpha1.RequestSucceeded)
}

func (s *state) finishCollecting(result v1alpha1.RequestResult) {
	s.st.Refresh.Phase = v1alpha1.RefreshSucceeded
	s.settleRequest(result)
	if isDataTimeOpen(s.st) {
		s.observeSoon()
	}
}

// isForgotten is true if Flinks no longer knows the RequestId; the next observe
// brings another.
func isForgotten(err *flinks.Error) bool {
	return err.Code == flinks.CodeSessionExpired || err.Code == flinks.CodeSessionNonexistent
}
