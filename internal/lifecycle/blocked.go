package lifecycle

import "github.com/flinks-operator/flinks-operator/api/v1alpha1"

// blocked is the reason why no call may be made at all; empty if one may. That another
// connection owns the login is said even while the instance is in trouble, so that the
// status tells when ownership moves; so is that the instance is another customer's.
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

// obstacle is what has to be changed in the cluster before anything works;
// empty if nothing has to.
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

// standstill is the reason why only the platform can help; empty if a person can.
// A policy that can never work is none: it does not matter to who is there.
func (s *state) standstill() string {
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

// lacksGateway is true if links are to lead to a gateway and the instance, which is
// known, has none that the operator can serve.
func (s *state) lacksGateway() bool {
	return ByGateway(s.Connection) && s.Gateway == nil && s.Instance.Problem != v1alpha1.ReasonInstanceNotFound
}

// lacksLogin is true if there is no login yet, and the person can link their bank on
// the gateway's page.
func (s *state) lacksLogin(o Outcome) bool {
	return o.Problem == v1alpha1.ReasonSecretNotFound && s.st.Binding == nil &&
		ByGateway(s.Connection) && s.Gateway != nil
}
