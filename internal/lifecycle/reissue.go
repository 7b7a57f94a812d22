package lifecycle

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// defaultReissues is how many links follow the first one by themselves.
const defaultReissues = 1

// reissues is true if another live session may be opened for a link that nobody
// used. Somebody wanted the first one, be it a schedule or a request, so the type
// of the policy does not matter. A link to the gateway starts one itself, when the
// person is there.
func (s *state) reissues() bool {
	st, spec := s.st, s.Connection.Spec.Reconnect
	r := st.Reconnect
	if spec == nil || spec.OnExpiry != v1alpha1.Reissue || r == nil || st.Refresh == nil || ByGateway(s.Connection) {
		return false
	}
	most := int32(defaultReissues)
	if spec.MaxReissues != nil {
		most = *spec.MaxReissues
	}
	if r.IssueCount < 1 || r.IssueCount > most || r.IssueTime == nil || st.Refresh.StartTime == nil {
		return false
	}
	return isUnused(st) && !loginGone(st) && !hasObstacle(st) && !wasReissued(st)
}

// isUnused is true if nobody answered the question that the newest link led to.
// While an observe says so, what it says is no trouble of its own.
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

// isOfLink is true if the newest attempt is the one that brought the newest link.
func isOfLink(st *v1alpha1.BankConnectionStatus) bool {
	return !st.Refresh.StartTime.After(st.Reconnect.IssueTime.Time)
}

// wasReissued is true if a live session that may have reached the bank followed the
// newest link by itself: one is all that each link leads to.
func wasReissued(st *v1alpha1.BankConnectionStatus) bool {
	isOfAttempt := func(t metav1.Time) bool { return t.Equal(st.Refresh.StartTime) }
	return !isOfLink(st) && slices.ContainsFunc(st.Refresh.UnattendedTimes, isOfAttempt)
}

// nextReissue is when the person may be asked again: after the longest that they
// can have been busy with the last question.
func (s *state) nextReissue() time.Time {
	st := s.st
	when := EndOf(st.Reconnect.IssueTime).Add(processingTime)
	if !isOfLink(st) {
		return Later(when, nextAttempt(s.Connection.UID, st, s.policy()))
	}
	if st.Refresh.NotBefore != nil {
		when = Later(when, st.Refresh.NotBefore.Time)
	}
	return Later(when, limitedUntil(st.Refresh))
}

// awaitsReissue is true if a reissue is due and the last word on the link before it
// is still out: the person may have answered it.
func awaitsReissue(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshAwaitingUser && due(now, st.NextRefreshTime)
}
