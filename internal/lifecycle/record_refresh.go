package lifecycle

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func (s *state) recordRefresh(o Outcome) {
	s.ensureAttempt()
	switch {
	case o.Err != nil && o.Err.Op != flinks.OpRefresh:
		s.recordRefusal(o.Err) // of the token; no session was opened.
	case o.Err != nil && o.Err.Class == flinks.ClassData:
		// The bank let Flinks in and had little to tell.
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

// recordRefreshError tells a lost answer, and a call that goes on in the background, from a
// definite no.
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

// ensureAttempt makes up for a claim that somebody took out of the status.
func (s *state) ensureAttempt() {
	if s.st.Refresh == nil {
		s.st.Refresh = &v1alpha1.RefreshStatus{}
	}
	if s.st.Refresh.StartTime == nil {
		s.st.Refresh.StartTime = past(s.now)
	}
}

// recordSuccess ends whatever trouble was on record; the data are still to come.
func (s *state) recordSuccess() {
	s.endHold()
	s.endAttempt(v1alpha1.RefreshCollecting, 200, string(flinks.CodeOK))
	s.forgetFailures()
	s.st.Reconnect = nil
	s.st.LastError = nil
	s.settleRequest(v1alpha1.RequestInProgress)
}

// recordLost notes that a live session may be open that cannot be reached: ours,
// after a lost answer, or another's, possibly the person in Connect. Either way
// there is no live call until it must have ended.
func (s *state) recordLost(err *flinks.Error) {
	s.endAttempt(v1alpha1.RefreshUnknown, err.HTTPStatus, string(err.Code))
	s.holdSession(err)
	if err.Code == flinks.CodeConcurrentSession {
		s.forgetAttempt()
	}
	s.setLastError(describe(err))
	s.settleRequest(v1alpha1.RequestUnknown)
}

// holdSession allows no live call until the session that an answer leaves behind must
// have ended.
func (s *state) holdSession(err *flinks.Error) {
	hold := liveHold
	if err.Code == flinks.CodeConcurrentSession {
		hold = SessionIdle + margin
	}
	s.st.Refresh.NotBefore = latest(s.st.Refresh.NotBefore, future(s.now.Add(max(hold, err.RetryAfter))))
}

// recordRefusal notes a definite no. No session is open, unless Flinks broke down: then
// what is known at once is waited out for as long as a lost answer.
func (s *state) recordRefusal(err *flinks.Error) {
	s.endAttempt(v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
	switch {
	case leavesSession(err):
		s.holdSession(err)
	case err.RetryAfter > 0:
		s.st.Refresh.NotBefore = future(s.now.Add(err.RetryAfter))
	default:
		s.st.Refresh.NotBefore = nil
	}
	s.noteRefusal(err)
}

// noteRefusal notes what a definite no means to the request and to the person.
func (s *state) noteRefusal(err *flinks.Error) {
	if !contactedBank(err) {
		s.forgetAttempt()
	}
	switch err.Class {
	case flinks.ClassGone:
		s.recordObserveFailure(err) // An observe sees whether it comes back.
	case flinks.ClassInstance:
		s.noteTrouble(describe(err))
		s.observeSoon() // It sees whether the keys are mended.
	default:
		s.setLastError(describe(err))
	}
	s.settleRequest(v1alpha1.RequestFailed)
	if err.Class == flinks.ClassUser && isReplay(err) {
		s.wantPerson(userReason(err.Code))
	}
}

// recordChallenge notes that the bank asked the person something.
func (s *state) recordChallenge(o Outcome) {
	s.endAttempt(v1alpha1.RefreshAwaitingUser, 203, "")
	s.st.Refresh.NotBefore = future(s.now.Add(SessionIdle + margin))
	s.issueLink(o.at(s.now), o)
	s.st.LastError = nil
	s.settleRequest(v1alpha1.RequestUserActionRequired)
}

// failUnsent ends a claim whose call was certainly not made.
func (s *state) failUnsent() {
	s.ensureAttempt()
	s.st.Refresh.Phase = v1alpha1.RefreshFailed
	s.st.Refresh.NotBefore = nil
	s.forgetAttempt()
	s.settleRequest(v1alpha1.RequestFailed)
}

// refuseUnsent refuses the request whose call was not made because of an object, and
// does not count an attempt for it.
func (s *state) refuseUnsent(o Outcome) {
	s.st.Refresh.Attempt = max(0, s.st.Refresh.Attempt-1)
	if h := s.st.LastHandledRequest; o.Action.Request != "" && h != nil && h.Value == o.Action.Request {
		h.Result, h.Reason = v1alpha1.RequestRefused, o.Problem
	}
}

// forgetAttempt takes the newest attempt off the count of those that may have
// disturbed a person.
func (s *state) forgetAttempt() {
	r := s.st.Refresh
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
func (s *state) forgetFailures() {
	if s.st.Refresh != nil {
		s.st.Refresh.UnattendedTimes, s.st.Refresh.AttendedTimes = nil, nil
	}
}

func (s *state) endAttempt(p v1alpha1.RefreshPhase, httpStatus int, code string) {
	s.st.Refresh.Phase = p
	s.st.Refresh.LastResult = &v1alpha1.RefreshResult{
		HTTPStatus: int32(httpStatus), //nolint:gosec // It has three digits.
		FlinksCode: code,
		Time:       *past(s.now),
	}
}
