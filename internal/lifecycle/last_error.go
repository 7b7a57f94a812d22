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

// isTroubled is true if there was trouble since the last answer.
func isTroubled(st *v1alpha1.BankConnectionStatus) bool {
	return st.LastError != nil &&
		(st.LastObservedTime == nil || st.LastError.Time.After(st.LastObservedTime.Time))
}

// awaitsRetry is true if the next observe repeats one that failed: there was
// trouble since the last answer. What is further off than any retry is none.
func awaitsRetry(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if st.NextObserveTime == nil || st.NextObserveTime.After(now.Add(maxRetryAfter)) {
		return false
	}
	return isTroubled(st)
}

// isOfResult is true if the newest trouble is what the newest live call ended with.
func isOfResult(st *v1alpha1.BankConnectionStatus) bool {
	return st.LastError != nil && st.Refresh != nil && st.Refresh.LastResult != nil &&
		st.Refresh.LastResult.FlinksCode == st.LastError.Code
}

// isUnreadable is true if the last observe failed. What a live call said of itself is
// no trouble of the observes.
func isUnreadable(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if !isTroubled(st) || hasErrorOf(st, flinks.ClassUser) {
		return false
	}
	waited := phase(st) == v1alpha1.RefreshUnknown && due(now, st.Refresh.NotBefore)
	return !isOfResult(st) || waited
}

// isPaused is true while Flinks wants to be left alone: it refused a live call and
// said when to come again.
func isPaused(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshFailed && Pending(now, st.Refresh.NotBefore) &&
		st.LastError != nil && !hasErrorOf(st, flinks.ClassUser)
}

// hasObstacle is true if the newest call was not made because of an object.
func hasObstacle(st *v1alpha1.BankConnectionStatus) bool {
	return st.LastError != nil && isObstacle(st.LastError.Code)
}

func isObstacle(code string) bool {
	switch code {
	case v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretKeyNotFound, v1alpha1.ReasonSecretInvalid,
		v1alpha1.ReasonSecretForbidden, v1alpha1.ReasonLoginChanged, v1alpha1.ReasonDuplicateLogin,
		v1alpha1.ReasonLoginBeingDeleted, v1alpha1.ReasonInstanceNotReady:
		return true
	}
	return false
}

// isInstanceTrouble reports whether a reason is what is wrong with a whole instance, and is being
// mended.
func isInstanceTrouble(reason string) bool {
	switch reason {
	case v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonInstanceNotFound, v1alpha1.ReasonAPIKeyRefused:
		return true
	}
	return false
}

// troubleReason is what the newest trouble makes of a connection without data that are
// good enough; empty if their age says it all.
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

// isSameTrouble is true for two signs of one trouble: when Flinks is down, a call
// may time out and the next one be refused.
func isSameTrouble(a, b v1alpha1.LastError) bool {
	passing := []string{string(flinks.ClassTransient), string(flinks.ClassThrottled), string(flinks.ClassUnknown)}
	return (a.Code == b.Code && a.Class == b.Class) ||
		(slices.Contains(passing, a.Class) && slices.Contains(passing, b.Class))
}

func problemError(problem string) v1alpha1.LastError {
	return v1alpha1.LastError{Code: problem, Class: problemClass(problem), Remedy: Message(problem)}
}

// problemClass: another's session ends by itself, all else has to be mended.
func problemClass(problem string) string {
	if problem == v1alpha1.ReasonSessionOpen {
		return string(flinks.ClassTransient)
	}
	return string(flinks.ClassConfig)
}
