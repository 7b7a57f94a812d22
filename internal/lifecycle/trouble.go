package lifecycle

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// recordProblem notes why a call was not made. Nothing is known of the login
// that was not known before; an observe, which may be repeated at will, finds out
// when the problem is gone.
func (s *state) recordProblem(o Outcome) {
	switch {
	case s.lacksLogin(o):
		s.wantLogin()
		return
	case awaitsLogin(s.st) && o.Problem != v1alpha1.ReasonInstanceNotReady:
		s.st.Reconnect = nil // The Secret is there, or nobody is asked for it.
	}
	s.noteTrouble(problemError(o.Problem))
	s.observeSoon()
	if o.Action.Kind == Refresh {
		s.failUnsent()
		s.refuseUnsent(o)
	}
}

func problemError(problem string) v1alpha1.LastError {
	return v1alpha1.LastError{Code: problem, Class: problemClass(problem), Remedy: message(problem)}
}

// problemClass: another's session ends by itself, all else has to be mended.
func problemClass(problem string) string {
	if problem == v1alpha1.ReasonSessionOpen {
		return string(flinks.ClassTransient)
	}
	return string(flinks.ClassConfig)
}

// observeSoon makes an observe due, if none is.
func (s *state) observeSoon() {
	if pending(s.now, s.st.NextObserveTime) {
		s.st.NextObserveTime = past(s.now)
	}
}

// endKeyTrouble forgets that Flinks refused the keys, once the instance is found to be
// mended: it was tried with them, so no call of the connection has to.
func (s *state) endKeyTrouble() {
	ready := meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionReady)
	if s.Instance.Problem == "" && hasErrorOf(s.st, flinks.ClassInstance) && ready != nil && isInstanceTrouble(ready.Reason) {
		s.st.LastError = nil
	}
}

// noteTrouble records why nothing was learned. Such trouble is always younger
// than the last answer: that tells a retry from an observe that is due by policy.
func (s *state) noteTrouble(e v1alpha1.LastError) {
	s.setLastError(e)
	answer := s.st.LastObservedTime
	if answer != nil && !s.st.LastError.Time.After(answer.Time) {
		s.st.LastError.Time = *past(later(s.now, answer.Add(time.Second)))
	}
}

// setLastError keeps the time at which the same trouble began.
func (s *state) setLastError(e v1alpha1.LastError) {
	e.Time = *past(s.now)
	if old := s.st.LastError; old != nil && isSameTrouble(*old, e) {
		e.Time = old.Time
	}
	s.st.LastError = &e
}

// isSameTrouble is true for two signs of one trouble: when Flinks is down, a call
// may time out and the next one be refused.
func isSameTrouble(a, b v1alpha1.LastError) bool {
	passing := []string{string(flinks.ClassTransient), string(flinks.ClassThrottled), string(flinks.ClassUnknown)}
	return (a.Code == b.Code && a.Class == b.Class) ||
		(slices.Contains(passing, a.Class) && slices.Contains(passing, b.Class))
}
