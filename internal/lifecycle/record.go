package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Record is the complete status after an outcome. It depends on nothing else,
// so that recording nothing changes nothing but what time has changed.
func Record(now time.Time, w World, o Outcome) v1alpha1.BankConnectionStatus {
	st := *w.status().DeepCopy()
	repair(now, &st)
	o = o.doubted(st.Binding)
	w.forgetElsewhere(&st, o)
	w.endKeyTrouble(&st)
	if !w.Connection.DeletionTimestamp.IsZero() {
		recordDeletion(now, w, &st, o)
		return st
	}
	// Another connection came first, which the cache does not show yet.
	w.Duplicate = w.Duplicate || o.Problem == v1alpha1.ReasonDuplicateLogin
	switch {
	case o.Superseded:
		supersede(now, &st, o)
	case o.Action.Kind == Schedule:
		recordSchedule(now, w, &st, o)
	case o.Action.Kind == Withdraw:
		recordWithdrawal(now, w, &st, o)
	case o.Problem != "":
		recordProblem(now, w, &st, o)
	case o.Err == nil && o.Authorization == nil && o.Accounts == nil:
		// No call was made.
	case o.Action.Kind == Observe:
		recordObserve(now, &st, o)
		recordFlag(w, &st, o)
		judgeNightly(now, w, &st)
		recordHandOff(now, w, &st, o)
	case o.Action.Kind == Refresh:
		recordRefresh(now, &st, o)
		recordDelivery(now, w, &st, o)
		// The claim kept every other session away, so its retry is not held.
		st.NextRefreshTime = planRefresh(w.with(st))
	case o.Action.Kind == Collect:
		recordCollect(now, &st, o)
	}
	if o.Action.Kind == Refresh {
		settleHandout(&st)
	}
	recordHold(now, w, &st, o.Hold)
	proveHost(st.Binding, o)
	noteIdentity(&st, o)
	answerRequest(&st, o.Action)
	answerLook(&st, o)
	complete(now, w, &st)
	return st
}

// Claim is the status to write before a refresh, with the resourceVersion that
// the decision was made from. Whoever finds it without a result knows that a
// live session may be open.
func Claim(now time.Time, w World, a Action, nonce string) v1alpha1.BankConnectionStatus {
	st := *w.status().DeepCopy()
	repair(now, &st)
	if st.Refresh == nil {
		st.Refresh = &v1alpha1.RefreshStatus{}
	}
	r := st.Refresh
	r.Attempt++
	r.Nonce = nonce
	r.Phase = v1alpha1.RefreshClaimed
	r.StartTime = past(now)
	r.NotBefore = future(now.Add(liveHold))
	r.LastResult = nil
	announceHandout(w, r)
	switch {
	case a.Pressed:
		r.UnattendedTimes = nil
		r.AttendedTimes = appendBounded(r.AttendedTimes, *past(now), attendedLimit)
	case a.Request != "":
		r.UnattendedTimes = nil
		st.LastHandledRequest = &v1alpha1.HandledRequest{Value: a.Request, Result: v1alpha1.RequestInProgress}
	default:
		r.UnattendedTimes = appendBounded(r.UnattendedTimes, *past(now), unattendedLimit)
	}
	consumePress(&st)
	complete(now, w, &st)
	return st
}

// complete fills in what follows from the rest of the status, and from the time.
func complete(now time.Time, w World, st *v1alpha1.BankConnectionStatus) {
	st.DeletionClaim, st.Deletion = nil, nil // A backup may bring them back.
	endDuplicate(w, st)
	endCollecting(now, w, st)
	hideGatewayLink(w, st)
	expireLink(now, st)
	endWaitForLogin(w, st)
	noteExpiry(w, st)
	noteWanted(now, st)
	keepGatewayLink(now, w, st)
	announceSession(w, st)
	awaitHandOff(w, st)
	plan(now, w, st)
	keepPress(now, w, st)
	setConditions(now, w, st)
	keepUndelivered(now, w, st)
	st.ObservedGeneration = w.Connection.Generation
}

func appendBounded(times []metav1.Time, t metav1.Time, limit int) []metav1.Time {
	times = append(times, t)
	return times[max(0, len(times)-limit):]
}
