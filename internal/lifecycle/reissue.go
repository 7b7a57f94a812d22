package lifecycle

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// defaultReissues is how many links follow the first one without a request.
const defaultReissues = 1

// reissues reports whether another live session may be opened for a link that the customer
// did not use. A schedule or a request wanted the first one, so the type of the policy
// does not matter. With a gateway the customer starts the session there instead. Without
// reconnect no link leads to what the bank would ask.
func (s *state) reissues() bool {
	st, spec := s.st, s.Connection.Spec.Reconnect
	r := st.Reconnect
	if spec == nil || spec.OnExpiry != v1alpha1.Reissue || r == nil || st.Refresh == nil || s.ByGateway() || !s.reconnects() {
		return false
	}
	most := int32(defaultReissues)
	if spec.MaxReissues != nil {
		most = *spec.MaxReissues
	}
	if r.Question.IssueCount < 1 || r.Question.IssueCount > most || r.Question.IssueTime == nil || st.Refresh.StartTime == nil {
		return false
	}
	return isUnused(st) && !loginGone(st) && !hasObstacle(st) && !wasReissued(st)
}

// isUnused reports whether the customer did not answer the question that the newest link
// led to. An observe that says the same is no error of its own.
func isUnused(st *v1alpha1.BankConnectionStatus) bool {
	switch st.Reconnect.Reason {
	case v1alpha1.ReasonLinkExpired:
		return !hasErrorOf(st, flinks.ClassUser)
	case v1alpha1.ReasonQuestionUnanswered:
		return st.LastError != nil && isUnansweredQuestion(flinks.Code(st.LastError.Code)) && isOfLink(st)
	}
	return false
}

func isUnansweredQuestion(code flinks.Code) bool {
	return code == flinks.CodeQuestionNotFound || code == flinks.CodeSecurityChallenges
}

// isOfLink reports whether the newest attempt is the one that brought the newest link.
func isOfLink(st *v1alpha1.BankConnectionStatus) bool {
	return !st.Refresh.StartTime.After(st.Reconnect.Question.IssueTime.Time)
}

// wasReissued reports whether a live session that may have reached the bank already
// followed the newest link without a request: each link leads to at most one.
func wasReissued(st *v1alpha1.BankConnectionStatus) bool {
	isOfAttempt := func(t metav1.Time) bool { return t.Equal(st.Refresh.StartTime) }
	return !isOfLink(st) && slices.ContainsFunc(st.Internal.UnattendedTimes, isOfAttempt)
}

// nextReissue returns when the customer may be asked again: after the longest time that
// answering the last question can take.
func (s *state) nextReissue() time.Time {
	st := s.st
	when := EndOf(st.Reconnect.Question.IssueTime).Add(processingTime)
	if !isOfLink(st) {
		return Later(when, nextAttempt(s.Connection.UID, st, s.policy()))
	}
	if st.Refresh.NotBefore != nil {
		when = Later(when, st.Refresh.NotBefore.Time)
	}
	return Later(when, limitedUntil(st))
}

// awaitsReissue reports whether a reissue is due and an observe has to say first whether
// the customer answered the link before it.
func awaitsReissue(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return refreshState(st) == v1alpha1.RefreshAwaitingUser && due(now, st.NextRefreshTime)
}
