package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// sessionUnknown reports whether the result of a live call is unknown. A claim without a
// result says only that its process died or is still calling.
func sessionUnknown(st *v1alpha1.BankConnectionStatus) bool {
	switch refreshState(st) {
	case v1alpha1.RefreshClaimed, v1alpha1.RefreshUnknown, v1alpha1.RefreshDispatched:
		return true
	default:
		return false
	}
}

// CallOutUntil returns until when the live call of the newest claim may be under way, or Flinks at
// the bank for it in the background; zero if neither is so.
func CallOutUntil(st *v1alpha1.BankConnectionStatus) (until time.Time) {
	r := st.Refresh
	switch {
	case refreshState(st) == v1alpha1.RefreshClaimed && r.StartTime != nil:
		return EndOf(r.StartTime).Add(ClaimLifetime + LiveCallTimeout)
	case refreshState(st) == v1alpha1.RefreshDispatched && r.LastResult != nil:
		return r.LastResult.AnswerTime.Add(LiveCallTimeout)
	}
	return until
}

// awaitsAnswer reports whether the customer may be answering the bank.
func awaitsAnswer(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return refreshState(st) == v1alpha1.RefreshAwaitingUser && st.Refresh.StartTime != nil &&
		now.Before(askedTime(st.Refresh).Add(processingTime))
}

// askedTime returns the time from which on the customer may be answering the bank: the start of the
// attempt. A poll may tell of the question half an hour later; then it is as long before the answer as the
// start of an attempt may be before that of Authorize.
func askedTime(r *v1alpha1.RefreshStatus) time.Time {
	if r.LastResult == nil {
		return r.StartTime.Time
	}
	return Later(r.StartTime.Time, r.LastResult.AnswerTime.Add(-ClaimLifetime-LiveCallTimeout))
}

// isDispatched reports whether Flinks may still be working on the live call in the
// background.
func isDispatched(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return refreshState(st) == v1alpha1.RefreshDispatched && st.Refresh.LastResult != nil &&
		now.Before(st.Refresh.LastResult.AnswerTime.Add(processingTime))
}

// isOpen reports whether the newest attempt has no result yet.
func isOpen(st *v1alpha1.BankConnectionStatus) bool {
	return sessionUnknown(st) || refreshState(st) == v1alpha1.RefreshAwaitingUser
}

// isUnderWay reports whether the newest attempt continues without the customer.
func isUnderWay(st *v1alpha1.BankConnectionStatus) bool {
	return sessionUnknown(st) || refreshState(st) == v1alpha1.RefreshCollecting
}

// mayHaveUnknownSession reports whether a live session may be open that the status does
// not record.
func mayHaveUnknownSession(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return st.Binding != nil && Pending(now, st.Binding.NotBefore)
}

// isOnPage reports whether the bank's question can be reached on the gateway's page only.
// Any other link may have been opened in its last minute, so the customer may still be
// answering.
func isOnPage(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil && st.Reconnect.Link.Type == v1alpha1.LinkGateway
}

// SessionMayBeOpen reports whether a second live call could collide with the first one.
func SessionMayBeOpen(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	switch {
	case mayHaveUnknownSession(now, st):
		return true
	case st.Refresh == nil:
		return false
	case sessionUnknown(st), isCollectingOwn(now, st), Pending(now, st.Refresh.NotBefore):
		return true
	}
	return awaitsAnswer(now, st) && (st.Refresh.NotBefore == nil || !isOnPage(st))
}

// isOpenStill reports whether a live session may be open. A session of unknown outcome ends at
// last when it would in the background: once the Secret holds another login, no call can ask
// about it.
func isOpenStill(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if sessionUnknown(st) && due(now, st.Refresh.NotBefore) {
		return st.Refresh.StartTime != nil && now.Before(backgroundEnd(st.Refresh.StartTime))
	}
	return SessionMayBeOpen(now, st)
}

// backgroundEnd returns when a session of unknown outcome must have ended, even if Flinks continued
// it in the background.
func backgroundEnd(start *metav1.Time) time.Time {
	return EndOf(start).Add(ClaimLifetime + LiveCallTimeout + processingTime + margin)
}

// sessionEnds returns the times at which the newest live session may turn out to be over.
func sessionEnds(st *v1alpha1.BankConnectionStatus) []time.Time {
	var times []time.Time
	if st.Binding != nil && st.Binding.NotBefore != nil {
		times = append(times, st.Binding.NotBefore.Time)
	}
	r := st.Refresh
	if r == nil {
		return times
	}
	if r.NotBefore != nil {
		times = append(times, r.NotBefore.Time)
	}
	if r.StartTime != nil {
		times = append(times, askedTime(r).Add(processingTime), backgroundEnd(r.StartTime))
	}
	if r.LastResult != nil && isUnderWay(st) && !collectsOthersData(st) {
		times = append(times, r.LastResult.AnswerTime.Add(processingTime))
	}
	return times
}

// isFaulted reports whether Flinks failed internally during the newest live session, which
// may therefore still be open.
func isFaulted(st *v1alpha1.BankConnectionStatus) bool {
	return refreshState(st) == v1alpha1.RefreshFailed && st.Refresh.LastResult != nil && st.Refresh.LastResult.HTTPStatus >= 500
}
