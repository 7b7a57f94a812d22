package lifecycle

import (
	"time"

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
	r.IssueTime = past(asked)
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

// linkWorks is true while the session behind a link must be open.
func linkWorks(now time.Time, r *v1alpha1.ReconnectStatus) bool {
	young := r != nil && r.IssueTime != nil &&
		!pending(now.Add(clockSkew), r.IssueTime) && now.Before(r.IssueTime.Add(SessionIdle))
	return young && pending(now, r.ExpirationTime)
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

// isUserReason is true for what a person can be wanted for.
func isUserReason(reason string) bool {
	switch reason {
	case v1alpha1.ReasonConnectRequired, v1alpha1.ReasonMFARequired, v1alpha1.ReasonLinkExpired, v1alpha1.ReasonCredentialsRejected,
		v1alpha1.ReasonQuestionUnanswered, v1alpha1.ReasonBankActionRequired, v1alpha1.ReasonLoginLocked,
		v1alpha1.ReasonNightlyRefreshFailed:
		return true
	}
	return false
}

// userReason says what a person has to do after a code of class user.
func userReason(code flinks.Code) string {
	switch code {
	case flinks.CodeInvalidLogin, flinks.CodeInvalidUsername, flinks.CodeInvalidPassword:
		return v1alpha1.ReasonCredentialsRejected
	case flinks.CodeDisabledLogin:
		return v1alpha1.ReasonLoginLocked
	case flinks.CodeNewAccount, flinks.CodeUnauthorized, flinks.CodeAccessDenied:
		return v1alpha1.ReasonBankActionRequired
	default:
		return v1alpha1.ReasonQuestionUnanswered
	}
}
