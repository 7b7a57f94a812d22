package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// noteTrouble records an error that prevented an answer. Its time is always after the last
// answer: that distinguishes a retry from an observe that is due by policy.
func (s *state) noteTrouble(e v1alpha1.LastError) {
	s.setLastError(e)
	answer := s.st.LastObservedTime
	if answer != nil && !s.st.LastError.StartTime.After(answer.Time) {
		s.st.LastError.StartTime = *Past(Later(s.now, answer.Add(time.Second)))
	}
}

// setLastError records an error, and keeps the time at which the same trouble began.
func (s *state) setLastError(e v1alpha1.LastError) {
	e.StartTime = *Past(s.now)
	if old := s.st.LastError; old != nil && isSameTrouble(*old, e) {
		e.StartTime = old.StartTime
	}
	s.st.LastError = &e
}

// observeSoon makes an observe due, unless one already is.
func (s *state) observeSoon() {
	if Pending(s.now, s.st.NextObserveTime) {
		s.st.NextObserveTime = Past(s.now)
	}
}

// endKeyTrouble forgets that Flinks refused the keys, once a probe of the instance found
// that Flinks accepts them, so that no call of the connection has to find it out.
func (s *state) endKeyTrouble() {
	ready := meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionReady)
	if s.Instance.Problem == "" && hasErrorOf(s.st, flinks.ClassInstance) && ready != nil && isInstanceTrouble(ready.Reason) {
		s.st.LastError = nil
	}
}

// recordProblem records why a call was not made. The status keeps what is known of the
// login; an observe, which can be repeated, finds out when the problem is gone.
func (s *state) recordProblem(o Outcome) {
	switch {
	case s.lacksLogin(o):
		s.requireLogin()
		return
	case awaitsLogin(s.st) && o.Problem != v1alpha1.ReasonInstanceNotReady:
		s.st.Reconnect = nil // The Secret exists, or the customer does not have to bring it.
	}
	s.noteTrouble(problemError(o.Problem))
	s.observeSoon()
	if a, ok := o.Action.(Refresh); ok {
		s.failUnsent()
		s.refuseUnsent(Refusal{a.Request, o.Problem})
	}
}

// recordObserveFailure records a failed observe, and when to try again. A login that is
// gone stays recorded while Flinks cannot be reached.
func (s *state) recordObserveFailure(err *flinks.Error) {
	switch {
	case !sessionUnknown(s.st):
	case err.Class == flinks.ClassGone:
		s.endAttempt(v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
		s.failRequest(v1alpha1.ReasonLoginGone)
	case isOutcome(err):
		s.endAttempt(v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
		s.abandonRequest()
	}
	if !loginGone(s.st) || err.Class == flinks.ClassGone {
		s.noteTrouble(describe(err))
	}
	pause := backoffOf(flinks.OpObserve, err.Code, err.Class).after(s.now.Sub(s.st.LastError.StartTime.Time))
	s.st.NextObserveTime = future(s.now.Add(max(pause, err.RetryAfter)))
}
