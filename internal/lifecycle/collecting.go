package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// isCollecting reports whether Flinks may still be fetching the data.
func isCollecting(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return refreshState(st) == v1alpha1.RefreshCollecting && st.Refresh.LastResult != nil &&
		now.Before(st.Refresh.LastResult.AnswerTime.Add(processingTime))
}

// collectsOthersData reports whether the data that is awaited came with another session than one
// of the operator's.
func collectsOthersData(st *v1alpha1.BankConnectionStatus) bool {
	return refreshState(st) == v1alpha1.RefreshCollecting && st.Refresh.StartTime == nil
}

// isCollectingOwn reports whether Flinks may still be fetching the data of a session that the
// operator opened. That of another session was complete when an observe showed it, so it holds up
// no live call.
func isCollectingOwn(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return isCollecting(now, st) && !collectsOthersData(st)
}
