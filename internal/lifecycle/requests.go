package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// maxRequestAge is how old a request may be when the operator first handles it.
const maxRequestAge = time.Hour

// maxRequestValue is how many characters of an annotation a status holds.
const maxRequestValue = 64

// pendingRequest returns the value of a refresh-requested-at annotation that was not
// answered yet; empty if none exists.
func (s *state) pendingRequest() string {
	request := s.requestIn(v1alpha1.RefreshRequestedAtAnnotation)
	if handled := s.st.LastHandledRequest; handled != nil && handled.Value == request {
		return ""
	}
	return request
}

// requestIn returns the value of an annotation as far as a status can hold it.
func (s *state) requestIn(annotation string) string {
	value := []rune(s.Connection.Annotations[annotation])
	return string(value[:min(len(value), maxRequestValue)])
}

// refuse returns the reason why a request is not carried out; empty if it is. A request
// does not wait: a client may repeat a refused one, and no live session starts long after
// it was requested.
func (s *state) refuse() string {
	st := s.st
	switch {
	case s.blocked() != "":
		return s.blocked()
	case st.Binding == nil:
		// This includes the annotation of an object that was restored from a backup.
		return v1alpha1.ReasonNotBound
	case loginGone(st):
		return v1alpha1.ReasonLoginGone
	case isOutdated(s.now, s.pendingRequest()):
		return v1alpha1.ReasonRequestOutdated
	case isPaused(s.now, st) && !isFaulted(st):
		return v1alpha1.ReasonFlinksUnavailable
	case SessionMayBeOpen(s.now, st):
		return v1alpha1.ReasonSessionOpen
	case s.Live.Defers(s.now):
		return s.Live.Reason
	}
	return ""
}

// isRequested reports whether the session under way was requested.
func isRequested(st *v1alpha1.BankConnectionStatus) bool {
	if st.LastHandledRequest == nil {
		return false
	}
	switch st.LastHandledRequest.Result {
	case v1alpha1.RequestInProgress, v1alpha1.RequestUnknown, v1alpha1.RequestUserActionRequired:
		return true
	default:
		return false
	}
}

// isOutdated reports whether a request says that it was made long ago: the operator did
// not run since, or the status lost the answer to it.
func isOutdated(now time.Time, request string) bool {
	made, err := time.Parse(time.RFC3339, request)
	return err == nil && now.Sub(made) > maxRequestAge
}

func (s *state) answerRequest(r Refusal) {
	if r.Reason == "" {
		return
	}
	s.st.LastHandledRequest = &v1alpha1.HandledRequest{
		Value: r.Request, Result: v1alpha1.RequestRefused, Reason: r.Reason,
	}
}

// settleRequest records the result of the newest request, if it has none yet. While the customer is
// asked to act, no failure is the last word: the request succeeds with the data that they bring.
func (s *state) settleRequest(result v1alpha1.RequestResult) {
	if result == v1alpha1.RequestFailed && s.st.Reconnect != nil {
		result = v1alpha1.RequestUserActionRequired
	}
	if isRequested(s.st) {
		s.st.LastHandledRequest.Result = result
	}
}

// failRequest records why the newest request failed, if it has no result yet.
func (s *state) failRequest(reason string) {
	if isRequested(s.st) {
		s.st.LastHandledRequest.Result, s.st.LastHandledRequest.Reason = v1alpha1.RequestFailed, reason
	}
}

// abandonRequest settles a request whose session is over without a result.
func (s *state) abandonRequest() {
	if s.st.LastHandledRequest == nil || refreshState(s.st) == v1alpha1.RefreshCollecting || refreshState(s.st) == v1alpha1.RefreshSucceeded {
		return
	}
	if s.st.LastHandledRequest.Result != v1alpha1.RequestUserActionRequired {
		s.settleRequest(v1alpha1.RequestFailed)
	}
}

// refuseUnsent refuses the request whose call was not made because of an object, and does
// not count an attempt for it.
func (s *state) refuseUnsent(r Refusal) {
	s.st.Refresh.Attempt = max(0, s.st.Refresh.Attempt-1)
	if h := s.st.LastHandledRequest; r.Request != "" && h != nil && h.Value == r.Request {
		h.Result, h.Reason = v1alpha1.RequestRefused, r.Reason
	}
}
