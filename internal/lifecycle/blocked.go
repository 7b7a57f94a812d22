package lifecycle

import "github.com/flinks-operator/flinks-operator/api/v1alpha1"

// blocked returns the reason why no call may be made at all; empty if calls are allowed.
// That another connection owns the login, or that the instance has another customerId,
// precedes a problem of the instance, so that the status tells when ownership moves.
func (s *state) blocked() string {
	switch {
	case s.Connection.Spec.Suspend:
		return v1alpha1.ReasonSuspended
	case s.st.Binding != nil && s.Duplicate:
		return v1alpha1.ReasonDuplicateLogin
	case s.isRenamed():
		return v1alpha1.ReasonLoginChanged
	case s.Instance.Problem != "":
		return s.Instance.Problem
	}
	return ""
}

// isSuspended reports whether the connection or its instance is suspended.
func (s *state) isSuspended() bool { return s.Connection.Spec.Suspend || s.Instance.IsSuspended() }

// obstacle returns the reason why an object in the cluster has to be changed before any
// call can succeed; empty if none has to.
func (s *state) obstacle() string {
	st := s.st
	if blocked := s.blocked(); blocked != "" && blocked != v1alpha1.ReasonSuspended {
		return blocked
	}
	if hasObstacle(st) {
		return st.LastError.Code
	}
	return ""
}

// administratorReason returns the reason why only an administrator can help; empty if the customer
// can. A policy that can never work does not count: it does not keep the customer from
// acting.
func (s *state) administratorReason() string {
	st, blocked := s.st, s.blocked()
	switch {
	case blocked != "" && !isInstanceTrouble(blocked):
		return blocked
	case loginGone(st):
		return v1alpha1.ReasonLoginGone
	case hasObstacle(st) && !isInstanceTrouble(st.LastError.Code):
		return st.LastError.Code
	}
	return ""
}

// lacksGateway reports whether links are to lead to a gateway and the instance, which is
// known, has none that the operator can serve.
func (s *state) lacksGateway() bool {
	return s.ByGateway() && s.Gateway == nil && !s.lacksInstance()
}

// lacksLogin reports whether there is no login yet, and the customer can link their bank
// on the gateway's page.
func (s *state) lacksLogin(o Outcome) bool {
	return o.Problem == v1alpha1.ReasonSecretNotFound && s.st.Binding == nil &&
		s.ByGateway() && s.Gateway != nil
}
