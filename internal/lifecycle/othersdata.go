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
// missing start time; attempt and notBefore stay as they were.
func (s *state) takeOthersData() {
	if s.st.Refresh == nil {
		s.st.Refresh = &v1alpha1.RefreshStatus{}
	}
	s.endAttempt(v1alpha1.RefreshCollecting, 200, string(flinks.CodeOK))
	s.st.Refresh.StartTime = nil
	s.settleRequest(v1alpha1.RequestInProgress)
}

// holdsOthersData reports whether the data of another session is still to be collected, even if the
// time for it is over, because no call may be made for the connection. Once one may, that time begins
// again.
func (s *state) holdsOthersData() bool {
	if !collectsOthersData(s.st) || s.st.Refresh.LastResult == nil {
		return false
	}
	if s.blocked() != "" {
		return true
	}
	wasHeld := s.wasHeld()
	if wasHeld {
		s.st.Refresh.LastResult.AnswerTime = *Past(s.now)
	}
	return wasHeld
}

// wasHeld reports whether no call was allowed until now. A reason of Ready that names the instance may outlast
// the problem, so it counts only once the time for the data is over: that bounds how often it begins again.
func (s *state) wasHeld() bool {
	if isDuplicate(s.was) || meta.IsStatusConditionTrue(s.was.Conditions, v1alpha1.ConditionSuspended) {
		return true
	}
	ready := meta.FindStatusCondition(s.was.Conditions, v1alpha1.ConditionReady)
	return ready != nil && !isCollecting(s.now, s.st) &&
		(isInstanceTrouble(ready.Reason) || ready.Reason == v1alpha1.ReasonLoginChanged)
}
