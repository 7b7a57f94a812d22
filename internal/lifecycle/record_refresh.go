package lifecycle

import (
	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func (s *state) recordRefresh(o Outcome) {
	s.ensureAttempt()
	switch {
	case o.Err != nil && o.Err.Op == flinks.OpGenerateAuthorizeToken:
		s.recordRefusal(o.Err) // No session was opened.
	case o.Err != nil && o.Err.Class == flinks.ClassData:
		// The bank let Flinks in, but gave little data.
		s.recordSuccess()
	case o.Err != nil:
		s.recordRefreshError(o.Err)
	case o.Authorization == nil:
		// Not an answer to a refresh; the claim stands.
	case o.Authorization.State == flinks.ChallengePending:
		s.recordChallenge(o)
	default:
		s.recordSuccess()
		if isOfAttempt(s.st, o.Authorization.LastRefresh) {
			s.setLastRefresh(o.Authorization.LastRefresh)
		}
	}
	if o.Authorization != nil && o.Authorization.Institution != "" {
		s.st.Institution = o.Authorization.Institution
	}
}

// recordRefreshError distinguishes a lost answer, and a call that continues in the
// background, from a definite refusal.
func (s *state) recordRefreshError(err *flinks.Error) {
	switch {
	case isLost(err), err.Code == flinks.CodeConcurrentSession:
		s.recordLost(err)
	case IsDispatched(err):
		s.recordDispatched(err)
	default:
		s.recordRefusal(err)
	}
}

// recordLost records that a live session may be open that cannot be reached: the
// operator's, after a lost answer, or another one, possibly of the customer in Flinks
// Connect. Either way there is no live call until it must have ended.
func (s *state) recordLost(err *flinks.Error) {
	s.endAttempt(v1alpha1.RefreshUnknown, err.HTTPStatus, string(err.Code))
	s.coolDown(err)
	if err.Code == flinks.CodeConcurrentSession {
		s.forgetAttempt()
	}
	s.setLastError(describe(err))
	s.settleRequest(v1alpha1.RequestUnknown)
}

// recordDispatched records that Flinks continues a live call in the background. Its
// session may be open for as long as Flinks may take.
func (s *state) recordDispatched(err *flinks.Error) {
	s.endAttempt(v1alpha1.RefreshDispatched, err.HTTPStatus, string(err.Code))
	s.st.Refresh.NotBefore = latest(s.st.Refresh.NotBefore, future(s.now.Add(processingTime+margin)))
	s.settleRequest(v1alpha1.RequestInProgress)
}

// recordRefusal records a definite refusal. No session is open, unless Flinks failed
// internally: then the cool-down is as long as after a lost answer.
func (s *state) recordRefusal(err *flinks.Error) {
	s.endAttempt(v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
	switch {
	case leavesSession(err):
		s.coolDown(err)
	case err.RetryAfter > 0:
		s.st.Refresh.NotBefore = future(s.now.Add(err.RetryAfter))
	default:
		s.st.Refresh.NotBefore = nil
	}
	s.noteRefusal(err)
}

// noteRefusal records what a definite refusal means to the request and to the customer.
func (s *state) noteRefusal(err *flinks.Error) {
	if !contactedBank(err) {
		s.forgetAttempt()
	}
	switch err.Class {
	case flinks.ClassGone:
		s.recordObserveFailure(err) // An observe finds out whether it comes back.
	case flinks.ClassInstance:
		s.noteTrouble(describe(err))
		s.observeSoon() // It finds out whether Flinks accepts the keys again.
	default:
		s.setLastError(describe(err))
	}
	if err.Class == flinks.ClassUser && isReplay(err) {
		s.requireCustomer(userReason(err.Code))
	}
	s.settleRequest(v1alpha1.RequestFailed)
}

// recordChallenge records that the bank asked the customer a question.
func (s *state) recordChallenge(o Outcome) {
	s.endAttempt(v1alpha1.RefreshAwaitingUser, 203, "")
	s.st.Refresh.NotBefore = future(s.now.Add(SessionIdle + margin))
	s.recordQuestion(o.at(s.now), o)
	s.st.LastError = nil
	s.settleRequest(v1alpha1.RequestUserActionRequired)
}
