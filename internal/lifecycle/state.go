package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Inputs holds everything that a decision depends on, besides the time.
type Inputs struct {
	Facts
	Memory
	Limits
}

// state is a connection at one point in time, and the status that is computed for it.
type state struct {
	Inputs
	now time.Time
	// was is the status as it was read.
	was *v1alpha1.BankConnectionStatus
	// st is the status to read and, in a draft, to write. A decision changes nothing:
	// there st and was are the same.
	st *v1alpha1.BankConnectionStatus
}

// at returns the state that a decision is made from.
func (in Inputs) at(now time.Time) *state {
	st := &in.Connection.Status
	return &state{Inputs: in, now: now, was: st, st: st}
}

const (
	isTrue    = metav1.ConditionTrue
	isFalse   = metav1.ConditionFalse
	isUnknown = metav1.ConditionUnknown
)

// verdict is the status and reason of a condition.
type verdict struct {
	status metav1.ConditionStatus
	reason string
}

// setCondition moves the transition time only when the status changes.
func (s *state) setCondition(conditionType string, status metav1.ConditionStatus, reason string) {
	meta.SetStatusCondition(&s.st.Conditions, metav1.Condition{
		Type:               conditionType,
		Status:             status,
		Reason:             reason,
		Message:            Message(reason),
		ObservedGeneration: s.Connection.Generation,
		LastTransitionTime: *Past(s.now),
	})
}

// setEitherWay sets a condition that a client waits for in both directions: to true for a
// reason, or to false without one.
func (s *state) setEitherWay(conditionType, reason, otherwise string) {
	if reason == "" {
		s.setCondition(conditionType, isFalse, otherwise)
		return
	}
	s.setCondition(conditionType, isTrue, reason)
}

// setWhileTrue sets a condition that holds, and removes one that does not.
func (s *state) setWhileTrue(conditionType string, holds bool, reason string) {
	if !holds {
		meta.RemoveStatusCondition(&s.st.Conditions, conditionType)
		return
	}
	s.setCondition(conditionType, isTrue, reason)
}

// drafted returns the object as it is once the status is written.
func (s *state) drafted() *v1alpha1.BankConnection {
	return &v1alpha1.BankConnection{Spec: s.Connection.Spec, Status: *s.st}
}

func refreshState(st *v1alpha1.BankConnectionStatus) v1alpha1.RefreshState {
	if st.Refresh == nil {
		return ""
	}
	return st.Refresh.State
}

// isSessionRequested reports whether a session is yet to be opened for a request.
func isSessionRequested(st *v1alpha1.BankConnectionStatus) bool {
	h := st.LastHandledSessionRequest
	return h != nil && h.Result == v1alpha1.SessionRequestInProgress
}
