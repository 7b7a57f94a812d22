package lifecycle

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Data also becomes new without a live session of the operator: the customer linked their
// bank or went through Flinks Connect again, a night passed, or another program refreshed.
// An observe shows it. The newest attempt then becomes that other session, so that its data is
// collected as that of a session of the operator's own.

// isOthersNews reports whether an observe shows data that another session brought and that is not
// awaited already. The status holds no time to come: data that a fast clock dates later than now is
// news only if what is known is too old to be the same.
func (s *state) isOthersNews(a *flinks.Authorization) bool {
	if !answered(s.st, a) || isOpen(s.st) || isCollecting(s.now, s.st) {
		return false
	}
	known := s.st.LastRefreshTime
	return known == nil || !a.LastRefresh.After(s.now) || known.Time.Before(s.now.Add(-ClockSkew))
}

// takeOthersData records that another session brought data, which is still to be collected.
// The write that says so moves lastRefreshTime too: a crash before it loses nothing, and the next
// observe finds no news. That no attempt of the operator's own brought the data shows in the
// missing start time; how often it tried, and when it may again, stays as it was.
func (s *state) takeOthersData() {
	if s.st.Refresh == nil {
		s.st.Refresh = &v1alpha1.RefreshStatus{}
	}
	s.endAttempt(v1alpha1.RefreshCollecting, 200, string(flinks.CodeOK))
	s.st.Refresh.StartTime = nil
	s.settleRequest(v1alpha1.RequestInProgress)
}

// holdsOthersData reports whether the data of another session is still to be collected, however long
// that takes: the connection is suspended, or another one owns the login. Once neither is
// so, that time begins again.
func (s *state) holdsOthersData() bool {
	if !collectsOthersData(s.st) || s.st.Refresh.LastResult == nil {
		return false
	}
	if s.Connection.Spec.Suspend || s.st.Binding != nil && s.Duplicate {
		return true
	}
	wasHeld := isDuplicate(s.was) || meta.IsStatusConditionTrue(s.was.Conditions, v1alpha1.ConditionSuspended)
	if wasHeld {
		s.st.Refresh.LastResult.AnswerTime = *Past(s.now)
	}
	return wasHeld
}
