package lifecycle

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// setConditions computes the conditions that follow from the spec, the instance and the
// rest of the status.
func (s *state) setConditions() {
	suspended := s.Connection.Spec.Suspend
	s.setWhileTrue(v1alpha1.ConditionSuspended, suspended, v1alpha1.ReasonSuspended)
	s.setWhileTrue(v1alpha1.ConditionPolicyMissing, s.isPolicyMissing(), v1alpha1.ReasonRefreshPolicyNotFound)
	s.setWhileTrue(v1alpha1.ConditionGatewayUnavailable, s.lacksGateway(), v1alpha1.ReasonGatewayNotConfigured)
	s.setWhileTrue(v1alpha1.ConditionDataExpiring, expiring(s.now, s.st) != "", expiring(s.now, s.st))
	s.setAccountsWithheld()
	if suspended && meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionReady) != nil {
		// Suspended objects keep their last known conditions, but the data and the
		// customer's link still expire.
		s.setUserActionRequired()
		return
	}
	ready := s.ready()
	authorized, fresh := s.authorized(), s.fresh()
	s.setCondition(v1alpha1.ConditionReady, ready.status, ready.reason)
	s.setCondition(v1alpha1.ConditionAuthorized, authorized.status, authorized.reason)
	s.setCondition(v1alpha1.ConditionDataFresh, fresh.status, fresh.reason)
	s.setUserActionRequired()
	s.setWhileTrue(v1alpha1.ConditionNightlyUnavailable, s.lackSince() != nil, v1alpha1.ReasonMethodNotAvailable)
	stalled := isStalling(ready.reason)
	s.setWhileTrue(v1alpha1.ConditionStalled, stalled, ready.reason)
	busy := sessionUnknown(s.st) || refreshState(s.st) == v1alpha1.RefreshCollecting
	s.setWhileTrue(v1alpha1.ConditionReconciling, busy && ready.status != isTrue && !stalled, v1alpha1.ReasonRefreshing)
}

// isStalling reports whether only a change of an object can resolve a reason.
func isStalling(reason string) bool {
	switch reason {
	case v1alpha1.ReasonLoginGone, v1alpha1.ReasonDuplicateLogin, v1alpha1.ReasonInvalidSpec:
		return true
	}
	return false
}

func (s *state) setUserActionRequired() {
	s.setEitherWay(v1alpha1.ConditionUserActionRequired, s.userActionReason(), v1alpha1.ReasonNoActionRequired)
}

// ready returns whether the connection gives data that is young enough.
func (s *state) ready() verdict {
	st := s.st
	fresh := s.fresh()
	switch {
	case loginGone(st):
		return verdict{isFalse, v1alpha1.ReasonLoginGone}
	case s.obstacle() != "":
		return verdict{isFalse, s.obstacle()}
	case s.policy().invalid:
		return verdict{isFalse, v1alpha1.ReasonInvalidSpec}
	case st.Reconnect != nil && fresh.status != isTrue:
		return verdict{isFalse, v1alpha1.ReasonUserActionRequired}
	case st.Reconnect != nil:
		return verdict{isTrue, v1alpha1.ReasonUserActionRequired}
	case fresh.status == isTrue:
		return verdict{isTrue, v1alpha1.ReasonRefreshed}
	case st.Binding == nil && st.LastError == nil:
		return verdict{isUnknown, v1alpha1.ReasonNotObserved}
	}
	if reason := troubleReason(st); reason != "" {
		return verdict{isFalse, reason}
	}
	return verdict{isFalse, fresh.reason}
}

// authorized returns whether the bank let Flinks in at the last attempt.
func (s *state) authorized() verdict {
	st := s.st
	switch {
	case loginGone(st):
		return verdict{isFalse, v1alpha1.ReasonLoginGone}
	case st.Reconnect != nil:
		return verdict{isFalse, st.Reconnect.Reason}
	case st.Binding == nil:
		return verdict{isUnknown, v1alpha1.ReasonNotObserved}
	case st.LastRefreshTime == nil && st.LastError != nil:
		return verdict{isUnknown, v1alpha1.ReasonFlinksUnavailable}
	}
	return verdict{isTrue, v1alpha1.ReasonAuthorized}
}

// fresh returns whether the data is young enough.
func (s *state) fresh() verdict {
	st := s.st
	switch {
	case st.LastRefreshTime == nil && st.Binding == nil:
		return verdict{isUnknown, v1alpha1.ReasonNotObserved}
	case st.LastRefreshTime == nil:
		return verdict{isFalse, v1alpha1.ReasonNeverRefreshed}
	case !s.now.Before(st.LastRefreshTime.Add(s.policy().maxDataAge)):
		return verdict{isFalse, v1alpha1.ReasonDataStale}
	}
	return verdict{isTrue, v1alpha1.ReasonDataFresh}
}
