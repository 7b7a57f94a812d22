package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// minDeadline is the least that the API accepts.
const minDeadline = time.Hour

// noteWanted keeps since when the person is wanted, whatever for.
func (s *state) noteWanted() {
	if s.st.Reconnect != nil && s.st.Reconnect.StartTime == nil {
		s.st.Reconnect.StartTime = past(s.now)
	}
}

// deadline is when the person will have been wanted for too long; false if never.
func (s *state) deadline() (time.Time, bool) {
	spec, r := s.Connection.Spec.Reconnect, s.st.Reconnect
	if spec == nil || spec.Deadline == nil || r == nil || r.StartTime == nil {
		return time.Time{}, false
	}
	return r.StartTime.Add(max(spec.Deadline.Duration, minDeadline)), true
}

// wantedFor is the reason of UserActionRequired; empty if nobody is wanted.
func (s *state) wantedFor() string {
	if s.st.Reconnect == nil {
		return ""
	}
	if deadline, ok := s.deadline(); ok && !s.now.Before(deadline) {
		return v1alpha1.ReasonDeadlineExceeded
	}
	return s.st.Reconnect.Reason
}

// IsOverdue is true if a person is wanted for longer than the deadline.
func IsOverdue(st *v1alpha1.BankConnectionStatus) bool {
	wanted := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionUserActionRequired)
	return wanted != nil && wanted.Reason == v1alpha1.ReasonDeadlineExceeded
}
