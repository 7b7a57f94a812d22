package lifecycle

import (
	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// A request for a session is answered by one observe, whatever comes of it. It waits for
// nothing but its turn at the instance, and for data that Flinks is fetching.

// pendingSessionRequest returns the value of a session-requested-at annotation that was
// not answered yet; empty if none exists.
func (s *state) pendingSessionRequest() string {
	request := s.requestIn(v1alpha1.SessionRequestedAtAnnotation)
	if handled := s.st.LastHandledSessionRequest; handled != nil && handled.Value == request {
		return ""
	}
	return request
}

// keepSessionRequest accepts or refuses a new request, and ends one that can no longer be
// carried out.
func (s *state) keepSessionRequest() {
	if request := s.pendingSessionRequest(); request != "" {
		h := &v1alpha1.HandledSessionRequest{Value: request, Result: v1alpha1.SessionRequestInProgress}
		if h.Reason = s.refuseSession(request); h.Reason != "" {
			h.Result = v1alpha1.SessionRequestRefused
		}
		s.st.LastHandledSessionRequest = h
	}
	if reason := s.sessionObstacle(); reason != "" {
		s.endSessionRequest(v1alpha1.SessionRequestFailed, reason)
	}
}

// refuseSession returns the reason why a new request is not carried out; empty if it is.
// While a live call has no result, Flinks has nothing to say about the login.
func (s *state) refuseSession(request string) string {
	switch {
	case s.sessionObstacle() != "":
		return s.sessionObstacle()
	case isOutdated(s.now, request):
		return v1alpha1.ReasonRequestOutdated
	case sessionUnknown(s.st):
		return v1alpha1.ReasonSessionOpen
	}
	return ""
}

// sessionObstacle returns the reason why no session can be opened for a request now; empty
// if one can.
func (s *state) sessionObstacle() string {
	switch {
	case s.blocked() != "":
		return s.blocked()
	case !deliversSession(s.Connection):
		return v1alpha1.ReasonNoSessionHandOff
	case s.st.Binding == nil:
		return v1alpha1.ReasonNotBound
	case loginGone(s.st):
		return v1alpha1.ReasonLoginGone
	case s.handsNothingOut() != "":
		return s.handsNothingOut()
	case s.Calls.Defers(s.now):
		return s.Calls.Reason
	}
	return ""
}

// sessionRequestDue reports whether to open a session for a request now.
func (s *state) sessionRequestDue() bool { return isSessionRequested(s.st) && s.handOffDue() }

// opensRequested returns the observe that answers a request. It waits only for the limits
// of the instance: there is one for each request.
func (s *state) opensRequested() Action {
	if s.Calls.Defers(s.now) {
		return Wait{}
	}
	return Observe{HandOff: true}
}

// settleSessionRequest records what came of the observe for a request.
func (s *state) settleSessionRequest(o Outcome) {
	observe, _ := o.Action.(Observe)
	switch d := o.Delivery; {
	case !observe.HandOff:
	case d.SecretName != "":
		s.endSessionRequest(v1alpha1.SessionRequestSucceeded, "")
	case d.Problem != "":
		s.endSessionRequest(v1alpha1.SessionRequestFailed, d.Problem)
	case o.Problem != "":
		s.endSessionRequest(v1alpha1.SessionRequestFailed, o.Problem)
	case o.Superseded != nil:
		s.endSessionRequest(v1alpha1.SessionRequestFailed, v1alpha1.ReasonLoginSuperseded)
	case loginGone(s.st):
		s.endSessionRequest(v1alpha1.SessionRequestFailed, v1alpha1.ReasonLoginGone)
	default:
		s.endSessionRequest(v1alpha1.SessionRequestFailed, v1alpha1.ReasonFlinksUnavailable)
	}
}

func (s *state) endSessionRequest(result v1alpha1.SessionRequestResult, reason string) {
	if isSessionRequested(s.st) {
		h := s.st.LastHandledSessionRequest
		h.Result, h.Reason = result, reason
	}
}
