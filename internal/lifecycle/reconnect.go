package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// requireCustomer records that the customer has to act before anything else happens.
func (s *state) requireCustomer(reason string) {
	if s.st.Reconnect == nil || awaitsLogin(s.st) != (reason == v1alpha1.ReasonConnectRequired) {
		s.st.Reconnect = &v1alpha1.ReconnectStatus{}
	}
	s.dropQuestion(reason)
}

// recordQuestion records the question that the bank asked at a time, and the link to it.
// The link may be missing; the session behind it ends all the same.
func (s *state) recordQuestion(asked time.Time, o Outcome) {
	s.requireCustomer(v1alpha1.ReasonMFARequired)
	r := s.st.Reconnect
	s.st.Internal.SealedSession = o.Link.SealedSession
	r.FinishTime = nil
	r.Question.ChallengeTypes = challengeTypes(o.Authorization.Challenges)
	r.Question.IssueTime = Past(asked)
	r.Question.ExpirationTime = WorksUntil(asked)
	r.Question.IssueCount++
	if o.Link.URL != "" || o.Delivery.SecretName != "" {
		r.Link = v1alpha1.LinkStatus{
			Type: v1alpha1.LinkDirect, URL: o.Link.URL, SecretName: o.Delivery.SecretName,
			IssueTime: r.Question.IssueTime, ExpirationTime: r.Question.ExpirationTime,
		}
	}
	s.noteLinkProblem(o.Link.Problem)
}

// expireQuestion removes a question that no longer works, with the link to it. A question
// of unknown age may not work either.
func (s *state) expireQuestion() {
	r := s.st.Reconnect
	if r == nil || (r.Link.Type != v1alpha1.LinkDirect && r.Question.ExpirationTime == nil) {
		return
	}
	if !questionWorks(s.now, r) {
		s.dropQuestion(v1alpha1.ReasonLinkExpired)
	}
}

// dropQuestion removes the bank's question, and every way to it but the gateway's page.
func (s *state) dropQuestion(reason string) {
	r := s.st.Reconnect
	r.Question.ExpirationTime, r.Question.ChallengeTypes = nil, nil
	r.Reason = reason
	if r.Link.Type != v1alpha1.LinkGateway {
		r.Link = v1alpha1.LinkStatus{}
	}
	s.st.Internal.SealedSession = ""
}

func challengeTypes(challenges []flinks.ChallengeType) []string {
	var types []string
	for _, c := range challenges[:min(len(challenges), 16)] {
		types = append(types, string(c))
	}
	return types
}

// requireLogin records that the customer has to link their bank first. A missing Secret is no
// error then.
func (s *state) requireLogin() {
	s.st.LastError = nil
	if !awaitsLogin(s.st) {
		s.requireCustomer(v1alpha1.ReasonConnectRequired)
	}
}

// endLoginRequirement stops asking the customer to link a bank that is linked, or for which
// there is no page.
func (s *state) endLoginRequirement() {
	if !awaitsLogin(s.st) {
		return
	}
	if s.st.Binding != nil || !s.ByGateway() || s.lacksGateway() {
		s.st.Reconnect = nil
	}
}

// noteUserActionStart records since when the customer has to act, for whatever reason.
func (s *state) noteUserActionStart() {
	if s.st.Reconnect != nil && s.st.Reconnect.StartTime == nil {
		s.st.Reconnect.StartTime = Past(s.now)
	}
}

// minDeadline is the minimum that the API accepts.
const minDeadline = time.Hour

// deadline returns the end of the time that the customer has to act; false if there is
// none.
func (s *state) deadline() (time.Time, bool) {
	spec, r := s.Connection.Spec.Reconnect, s.st.Reconnect
	if spec == nil || spec.Deadline == nil || r == nil || r.StartTime == nil {
		return time.Time{}, false
	}
	return r.StartTime.Add(max(spec.Deadline.Duration, minDeadline)), true
}

// userActionReason returns the reason of UserActionRequired; empty if the customer does not have
// to act.
func (s *state) userActionReason() string {
	if s.st.Reconnect == nil {
		return ""
	}
	if deadline, ok := s.deadline(); ok && !s.now.Before(deadline) {
		return v1alpha1.ReasonDeadlineExceeded
	}
	return s.st.Reconnect.Reason
}

// IsOverdue reports whether the customer has had to act for longer than the deadline.
func IsOverdue(st *v1alpha1.BankConnectionStatus) bool {
	wanted := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionUserActionRequired)
	return wanted != nil && wanted.Reason == v1alpha1.ReasonDeadlineExceeded
}

// consumeAttendedRequest removes an attended request with the claim for it, so that one
// click starts one live session.
func (s *state) consumeAttendedRequest() {
	switch g := s.st.Internal.GatewayRequest; {
	case g == nil:
	case g.Action == v1alpha1.GatewayRefresh:
		s.st.Internal.GatewayRequest = nil
	default:
		g.ClickTime = nil
	}
	if s.st.Reconnect != nil {
		s.st.Reconnect.FinishTime = nil
	}
}

// dropGatewayRequest removes what the gateway's page asked for: an object that is being
// deleted does none of it.
func (s *state) dropGatewayRequest() {
	s.st.Internal.GatewayRequest = nil
	s.st.Internal.SealedSession = ""
}

// answerObserveRequest removes a request for an observe once an observe was made, whatever
// its result. A click that waited for it takes its place.
func (s *state) answerObserveRequest(o Outcome) {
	answered := o.Problem != "" || o.Err != nil || o.Authorization != nil || o.Superseded != nil
	if !isObserveRequested(s.st) || !Is[Observe](o.Action) || !answered {
		return
	}
	click := clickTime(s.st)
	s.st.Internal.GatewayRequest = nil
	if click != nil {
		s.st.Internal.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, RequestTime: *click}
	}
}
