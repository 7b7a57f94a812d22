package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func phase(st *v1alpha1.BankConnectionStatus) v1alpha1.RefreshPhase {
	if st.Refresh == nil {
		return ""
	}
	return st.Refresh.Phase
}

// sessionUnknown reports whether it is not known what became of a live call. A claim
// that is found is one whose process died, or is still at it.
func sessionUnknown(st *v1alpha1.BankConnectionStatus) bool {
	switch phase(st) {
	case v1alpha1.RefreshClaimed, v1alpha1.RefreshUnknown, v1alpha1.RefreshDispatched:
		return true
	default:
		return false
	}
}

// CallOutUntil returns until when the live call of the newest claim may be out, and
// whether there is a claim without a result.
func CallOutUntil(st *v1alpha1.BankConnectionStatus) (until time.Time, claimed bool) {
	if phase(st) != v1alpha1.RefreshClaimed || st.Refresh.StartTime == nil {
		return until, false
	}
	return EndOf(st.Refresh.StartTime).Add(ClaimLifetime + LiveCallTimeout), true
}

// awaitsAnswer is true while a person may be answering the bank.
func awaitsAnswer(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshAwaitingUser && st.Refresh.StartTime != nil &&
		now.Before(st.Refresh.StartTime.Add(processingTime))
}

// isCollecting is true while Flinks may still be fetching the data.
func isCollecting(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshCollecting && st.Refresh.LastResult != nil &&
		now.Before(st.Refresh.LastResult.Time.Add(processingTime))
}

// isDispatched reports whether Flinks may still be at work in the background on the live
// call that it sent there.
func isDispatched(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshDispatched && st.Refresh.LastResult != nil &&
		now.Before(st.Refresh.LastResult.Time.Add(processingTime))
}

// isOpen is true while the newest attempt is without a result.
func isOpen(st *v1alpha1.BankConnectionStatus) bool {
	return sessionUnknown(st) || phase(st) == v1alpha1.RefreshAwaitingUser
}

// isUnderWay is true while the newest attempt goes on without the person.
func isUnderWay(st *v1alpha1.BankConnectionStatus) bool {
	return sessionUnknown(st) || phase(st) == v1alpha1.RefreshCollecting
}

// mayHaveUnknownSession reports whether a live session may be open that no status tells of.
func mayHaveUnknownSession(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return st.Binding != nil && Pending(now, st.Binding.NotBefore)
}

// isOnPage reports whether the bank's question can be reached on the gateway's page only.
// A link of another kind may have been opened in its last minute by a person who still
// answers.
func isOnPage(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil && st.Reconnect.LinkIssueTime != nil
}

// SessionMayBeOpen is true while a second live call could meet the first one.
func SessionMayBeOpen(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	switch {
	case mayHaveUnknownSession(now, st):
		return true
	case st.Refresh == nil:
		return false
	case sessionUnknown(st), isCollecting(now, st), Pending(now, st.Refresh.NotBefore):
		return true
	}
	return awaitsAnswer(now, st) && (st.Refresh.NotBefore == nil || !isOnPage(st))
}

// isOpenStill is true while a live session may be open. One of unknown outcome, which
// nobody can ask about once the Secret holds another login, has ended with its hold.
func isOpenStill(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if sessionUnknown(st) && due(now, st.Refresh.NotBefore) {
		return false
	}
	return SessionMayBeOpen(now, st)
}

// sessionEnds are the times at which the newest live session may turn out to be over.
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
		times = append(times, r.StartTime.Add(processingTime))
	}
	if r.LastResult != nil {
		times = append(times, r.LastResult.Time.Add(processingTime))
	}
	return times
}

// isFaulted reports whether Flinks broke down over the newest live session, which may be
// open for that reason.
func isFaulted(st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshFailed && st.Refresh.LastResult != nil && st.Refresh.LastResult.HTTPStatus >= 500
}

func mayBeInSecret(st *v1alpha1.BankConnectionStatus) bool {
	return st.Refresh != nil && st.Refresh.Delivery == v1alpha1.DeliverInSecret
}
