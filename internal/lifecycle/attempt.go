package lifecycle

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// ensureAttempt replaces a claim that an edit removed from the status.
func (s *state) ensureAttempt() {
	if s.st.Refresh == nil {
		s.st.Refresh = &v1alpha1.RefreshStatus{}
	}
	if s.st.Refresh.StartTime == nil {
		s.st.Refresh.StartTime = Past(s.now)
	}
}

func (s *state) endAttempt(p v1alpha1.RefreshState, httpStatus int, code string) {
	s.st.Refresh.State = p
	s.st.Refresh.LastResult = &v1alpha1.RefreshResult{
		HTTPStatus: int32(httpStatus), //nolint:gosec // It has three digits.
		FlinksCode: code,
		AnswerTime: *Past(s.now),
	}
}

// endCooldown ends the cool-down before the next live call, after the newest one has
// ended. After a call in the background it ends no sooner than after a lost answer.
func (s *state) endCooldown() {
	r := s.st.Refresh
	if r.State != v1alpha1.RefreshDispatched || r.LastResult == nil {
		r.NotBefore = nil
		return
	}
	r.NotBefore = future(r.LastResult.AnswerTime.Add(sessionCooldown))
}

// coolDown allows no live call until the session that an answer leaves behind must have
// ended.
func (s *state) coolDown(err *flinks.Error) {
	hold := sessionCooldown
	if err.Code == flinks.CodeConcurrentSession {
		hold = SessionIdle + margin
	}
	s.st.Refresh.NotBefore = latest(s.st.Refresh.NotBefore, future(s.now.Add(max(hold, err.RetryAfter))))
}

// holdBackground allows no live call until a session must have ended that Flinks may have continued in
// the background: the answer that was lost may have been a 202, and what an observe repeats may be
// older than the call.
func (s *state) holdBackground() {
	r := s.st.Refresh
	if (r.State == v1alpha1.RefreshClaimed || r.State == v1alpha1.RefreshUnknown) && r.StartTime != nil {
		r.NotBefore = latest(r.NotBefore, future(backgroundEnd(r.StartTime)))
	}
}

// forgetAttempt removes the newest attempt from the count of those that may have contacted
// the customer.
func (s *state) forgetAttempt() {
	for _, times := range []*[]metav1.Time{&s.st.Internal.UnattendedTimes, &s.st.Internal.AttendedTimes} {
		if isNewest(*times, s.st.Refresh.StartTime) {
			*times = (*times)[:len(*times)-1]
		}
	}
}

// forgetFailures clears the counts of attempts after the customer let Flinks in.
func (s *state) forgetFailures() {
	s.st.Internal.UnattendedTimes, s.st.Internal.AttendedTimes = nil, nil
}

// failUnsent ends a claim whose call was certainly not made.
func (s *state) failUnsent() {
	s.ensureAttempt()
	s.dropLiveAttempt()
	s.st.Refresh.State = v1alpha1.RefreshFailed
	s.st.Refresh.NotBefore = nil
	s.forgetAttempt()
	s.settleRequest(v1alpha1.RequestFailed)
}

// recordSuccess clears every recorded error; the data is still to come.
func (s *state) recordSuccess() {
	s.endCooldown()
	s.endAttempt(v1alpha1.RefreshCollecting, 200, string(flinks.CodeOK))
	s.forgetFailures()
	s.st.Reconnect = nil
	s.st.LastError = nil
	s.settleRequest(v1alpha1.RequestInProgress)
}
