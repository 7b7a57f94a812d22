package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// wantPerson notes that nothing moves until a person acts.
func (s *state) wantPerson(reason string) {
	if s.st.Reconnect == nil || awaitsLogin(s.st) != (reason == v1alpha1.ReasonConnectRequired) {
		s.st.Reconnect = &v1alpha1.ReconnectStatus{}
	}
	s.dropLink(reason)
}

// issueLink hands out the way to the question that the bank asked at a time. The
// link may be missing; the session behind it ends all the same.
func (s *state) issueLink(asked time.Time, o Outcome) {
	s.wantPerson(v1alpha1.ReasonMFARequired)
	r := s.st.Reconnect
	r.URL, r.SecretName, r.SealedSession = o.ReconnectURL, o.SecretName, o.SealedSession
	r.FinishTime = nil
	r.ChallengeTypes = challengeTypes(o.Authorization.Challenges)
	r.IssueTime = Past(asked)
	r.ExpirationTime = WorksUntil(asked)
	r.IssueCount++
}

// expireLink takes back a link that no longer works. One whose age is not known
// may not work either.
func (s *state) expireLink() {
	r := s.st.Reconnect
	if r == nil || (r.URL == "" && r.SecretName == "" && r.ExpirationTime == nil) {
		return
	}
	if !linkWorks(s.now, r) {
		s.dropLink(v1alpha1.ReasonLinkExpired)
	}
}

func (s *state) dropLink(reason string) {
	s.st.Reconnect.URL, s.st.Reconnect.SecretName, s.st.Reconnect.SealedSession = "", "", ""
	s.st.Reconnect.ExpirationTime = nil
	s.st.Reconnect.ChallengeTypes = nil
	s.st.Reconnect.Reason = reason
}

func challengeTypes(challenges []flinks.ChallengeType) []string {
	var types []string
	for _, c := range challenges[:min(len(challenges), 16)] {
		types = append(types, string(c))
	}
	return types
}

// wantLogin notes that the person has to link their bank first. That there is no
// Secret yet is no trouble then.
func (s *state) wantLogin() {
	s.st.LastError = nil
	if !awaitsLogin(s.st) {
		s.wantPerson(v1alpha1.ReasonConnectRequired)
	}
}

// endWaitForLogin: nobody is asked to link a bank for which there is no page, or that
// is linked.
func (s *state) endWaitForLogin() {
	if !awaitsLogin(s.st) {
		return
	}
	if s.st.Binding != nil || !ByGateway(s.Connection) || s.lacksGateway() {
		s.st.Reconnect = nil
	}
}

// noteWanted keeps since when the person is wanted, whatever for.
func (s *state) noteWanted() {
	if s.st.Reconnect != nil && s.st.Reconnect.StartTime == nil {
		s.st.Reconnect.StartTime = Past(s.now)
	}
}

// minDeadline is the least that the API accepts.
const minDeadline = time.Hour

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

// consumeAttendedRequest: one press starts one live session, and is gone with the claim for it.
func (s *state) consumeAttendedRequest() {
	if g := s.st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayRefresh {
		s.st.GatewayRequest = nil
	}
	if s.st.Reconnect != nil {
		s.st.Reconnect.FinishTime = nil
	}
}

// dropGatewayRequest: nobody does anything on the page of an object that goes.
func (s *state) dropGatewayRequest() {
	s.st.GatewayRequest = nil
	if s.st.Reconnect != nil {
		s.st.Reconnect.SealedSession = ""
	}
}

// answerObserveRequest: whatever an observe brought answers those who asked for one.
func (s *state) answerObserveRequest(o Outcome) {
	answered := o.Problem != "" || o.Err != nil || o.Authorization != nil || o.Superseded
	if g := s.st.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayObserve && o.Action.Kind == Observe && answered {
		s.st.GatewayRequest = nil
	}
}
