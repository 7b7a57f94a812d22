package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func (s *state) recordCollect(o Outcome) {
	if refreshState(s.st) == v1alpha1.RefreshDispatched {
		s.recordFollowUp(o)
		return
	}
	if refreshState(s.st) != v1alpha1.RefreshCollecting {
		return // The status does not wait for the data any more.
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

// recordCollectError keeps waiting after an error that passes. For others it asks for an
// observe: the bank let Flinks in, so asking for the data again brings nothing.
func (s *state) recordCollectError(err *flinks.Error) {
	switch err.Class {
	case flinks.ClassData:
		// The known accounts still exist.
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

// endCollecting stops waiting for data that Flinks has not fetched in time. The bank let
// Flinks in, so a later observe finds the data. The request fails if the instance refuses
// to give out data.
func (s *state) endCollecting() {
	if refreshState(s.st) != v1alpha1.RefreshCollecting {
		return
	}
	if s.Instance.Problem == v1alpha1.ReasonAPIKeyRefused {
		s.failRequest(s.Instance.Problem)
	}
	held := s.holdsOthersData()
	if isCollecting(s.now, s.st) {
		return
	}
	if s.Instance.Problem != "" {
		s.failRequest(s.Instance.Problem)
	}
	if held {
		return
	}
	s.finishCollecting(v1alpha1.RequestSucceeded)
}

func (s *state) finishCollecting(result v1alpha1.RequestResult) {
	s.st.Refresh.State = v1alpha1.RefreshSucceeded
	s.settleRequest(result)
	if isDataTimeOpen(s.st) {
		s.observeSoon()
	}
}

// recordFollowUp records what Flinks says of a live call in the background.
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
		s.endCooldown()
		s.endAttempt(v1alpha1.RefreshFailed, o.Err.HTTPStatus, string(o.Err.Code))
		s.noteRefusal(o.Err)
	default:
		s.recordLost(o.Err)
	}
}

// saysNothing reports whether an answer says nothing about a call in the background: the
// poll failed, or Flinks is still at work.
func saysNothing(err *flinks.Error) bool {
	quiet := []flinks.Class{flinks.ClassPending, flinks.ClassThrottled, flinks.ClassInstance}
	return slices.Contains(quiet, err.Class) || err.Delivery != flinks.Answered || err.Code == flinks.CodeCardInUse
}

// isDefiniteNo reports whether the bank refused the customer's credentials or answers.
func isDefiniteNo(err *flinks.Error) bool {
	return !saysUnauthorized(err) && isDefinite(err) && err.Class == flinks.ClassUser
}

// saysUnauthorized reports whether an answer is one that Flinks also gives while the bank has yet to
// answer, or to a call that it does not take.
func saysUnauthorized(err *flinks.Error) bool {
	return err.Code == flinks.CodeUnauthorized || err.Code == flinks.CodeAccessDenied
}
