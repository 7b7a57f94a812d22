package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func loginGone(st *v1alpha1.BankConnectionStatus) bool {
	return hasErrorOf(st, flinks.ClassGone)
}

func hasErrorOf(st *v1alpha1.BankConnectionStatus, class flinks.Class) bool {
	return st.LastError != nil && st.LastError.Class == string(class)
}

// isTroubled reports whether an error was recorded since the last answer.
func isTroubled(st *v1alpha1.BankConnectionStatus) bool {
	return st.LastError != nil &&
		(st.LastObservedTime == nil || st.LastError.StartTime.After(st.LastObservedTime.Time))
}

// awaitsRetry reports whether the next observe repeats one that failed. A time that is
// further off than any retry does not count.
func awaitsRetry(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if st.NextObserveTime == nil || st.NextObserveTime.After(now.Add(maxRetryAfter)) {
		return false
	}
	return isTroubled(st)
}

// isOfResult reports whether the newest error is the result of the newest live call.
func isOfResult(st *v1alpha1.BankConnectionStatus) bool {
	return st.LastError != nil && st.Refresh != nil && st.Refresh.LastResult != nil &&
		st.Refresh.LastResult.FlinksCode == st.LastError.Code
}

// isUnreadable reports whether the last observe failed. The error that a live call ended
// with is no failure of an observe.
func isUnreadable(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if !isTroubled(st) || hasErrorOf(st, flinks.ClassUser) {
		return false
	}
	waited := refreshState(st) == v1alpha1.RefreshUnknown && due(now, st.Refresh.NotBefore)
	return !isOfResult(st) || waited
}

// isPaused reports whether Flinks refused a live call and said when to call again, and
// that time is in the future.
func isPaused(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return refreshState(st) == v1alpha1.RefreshFailed && Pending(now, st.Refresh.NotBefore) &&
		st.LastError != nil && !hasErrorOf(st, flinks.ClassUser)
}

// hasObstacle reports whether the newest call was not made because of an object.
func hasObstacle(st *v1alpha1.BankConnectionStatus) bool {
	return st.LastError != nil && isObstacle(st.LastError.Code)
}

func isObstacle(code string) bool {
	switch code {
	case v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretKeyNotFound, v1alpha1.ReasonSecretInvalid,
		v1alpha1.ReasonSecretForbidden, v1alpha1.ReasonLoginChanged, v1alpha1.ReasonDuplicateLogin,
		v1alpha1.ReasonLoginBeingDeleted, v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonInstanceSuspended:
		return true
	}
	return false
}

// isInstanceTrouble reports whether a reason concerns the whole instance, for its
// administrator to resolve.
func isInstanceTrouble(reason string) bool {
	switch reason {
	case v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonInstanceNotFound, v1alpha1.ReasonAPIKeyRefused,
		v1alpha1.ReasonInstanceSuspended:
		return true
	}
	return false
}

// troubleReason returns what the newest error means for a connection whose data is missing
// or too old; empty if the age of the data says it all.
func troubleReason(st *v1alpha1.BankConnectionStatus) string {
	switch {
	case st.LastError == nil:
		return ""
	case st.LastError.Code == string(flinks.CodeHostUnproven):
		return v1alpha1.ReasonHostUnproven
	case hasErrorOf(st, flinks.ClassConfig):
		return v1alpha1.ReasonRequestRejected
	case st.LastRefreshTime == nil:
		return v1alpha1.ReasonFlinksUnavailable
	}
	return ""
}

// isSameTrouble reports whether two errors have one cause: when Flinks is down, one call
// may time out and the next one be refused.
func isSameTrouble(a, b v1alpha1.LastError) bool {
	passing := []string{string(flinks.ClassTransient), string(flinks.ClassThrottled), string(flinks.ClassUnknown)}
	return (a.Code == b.Code && a.Class == b.Class) ||
		(slices.Contains(passing, a.Class) && slices.Contains(passing, b.Class))
}

func problemError(problem string) v1alpha1.LastError {
	return v1alpha1.LastError{Code: problem, Class: problemClass(problem), Remedy: Message(problem)}
}

// problemClass returns the class of a problem: another connection's session ends without
// help, everything else has to be resolved.
func problemClass(problem string) string {
	if problem == v1alpha1.ReasonSessionOpen {
		return string(flinks.ClassTransient)
	}
	return string(flinks.ClassConfig)
}
