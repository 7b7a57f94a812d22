package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Record returns the complete status after an outcome. It depends on its arguments alone,
// so that recording an empty outcome changes only what time has changed.
func Record(now time.Time, in Inputs, o Outcome) v1alpha1.BankConnectionStatus {
	s := in.draft(now)
	s.record(o.doubted(s.st.Binding))
	return *s.st
}

func (s *state) record(o Outcome) {
	s.forgetElsewhere(o)
	s.endKeyTrouble()
	if !s.Connection.DeletionTimestamp.IsZero() {
		s.recordDeletion(o)
		return
	}
	// Another connection was bound first, which the cache does not show yet.
	s.Duplicate = s.Duplicate || o.Problem == v1alpha1.ReasonDuplicateLogin
	switch a := o.Action.(type) {
	case SetNightlyRefresh:
		s.recordNightlySwitch(a, o)
	case RevokeSecret:
		s.recordRevocation(a, o.Delivery)
	case DeliverLink:
		s.recordLinkDelivery(o.Delivery)
	default:
		s.recordCall(o)
	}
	if Is[Refresh](o.Action) {
		s.settleSecret(o)
	}
	s.recordProtection(o.Protection)
	proveHost(s.st.Binding, o)
	s.noteIdentity(o)
	s.answerRequest(refusalOf(o.Action))
	s.answerObserveRequest(o)
	s.settleSessionRequest(o)
	s.derive()
}

// recordCall records the answer to an observe, a refresh, a poll or a collect, or why no call
// was made.
func (s *state) recordCall(o Outcome) {
	switch {
	case o.Superseded != nil:
		s.supersede(*o.Superseded)
	case o.Problem != "":
		s.recordProblem(o)
	case o.Err == nil && o.Authorization == nil && o.Accounts == nil:
		// No call was made.
	case Is[Observe](o.Action):
		s.recordObserve(o)
		s.recordFlag(o)
		s.judgeNightly()
		s.recordHandOff(o)
	case Is[Refresh](o.Action):
		s.recordRefresh(o)
		s.recordDelivery(o.Delivery)
		// The claim excluded every other session, so a retry needs no cool-down.
		s.st.NextRefreshTime = s.planRefresh()
	case Is[Poll](o.Action):
		s.recordPoll(o)
		s.recordDelivery(o.Delivery)
		s.st.NextRefreshTime = s.planRefresh()
	case Is[Collect](o.Action):
		s.recordCollect(o)
	}
}

// Claim returns the status to write before a refresh, with the resourceVersion that the
// decision was made from. A claim without a result says that a live session may be open.
func Claim(now time.Time, in Inputs, a Refresh, nonce string) v1alpha1.BankConnectionStatus {
	s := in.draft(now)
	if s.st.Refresh == nil {
		s.st.Refresh = &v1alpha1.RefreshStatus{}
	}
	r := s.st.Refresh
	r.Attempt++
	s.st.Internal.Nonce = nonce
	r.State = v1alpha1.RefreshClaimed
	r.StartTime = Past(now)
	r.NotBefore = future(now.Add(sessionCooldown))
	r.LastResult = nil
	s.announceDirectLink()
	own := &s.st.Internal
	switch {
	case a.Attended:
		own.UnattendedTimes = nil
		own.AttendedTimes = appendBounded(own.AttendedTimes, *Past(now), attendedLimit)
	case a.Request != "":
		own.UnattendedTimes = nil
		s.st.LastHandledRequest = &v1alpha1.HandledRequest{Value: a.Request, Result: v1alpha1.RequestInProgress}
	default:
		own.UnattendedTimes = appendBounded(own.UnattendedTimes, *Past(now), unattendedLimit)
	}
	s.addAttempt(v1alpha1.Attempt{Time: *Past(now), Trigger: triggerOf(a)})
	s.consumeAttendedRequest()
	s.derive()
	return *s.st
}
