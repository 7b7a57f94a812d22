package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// awaitsLogin reports whether the customer has to act because there is no login yet.
func awaitsLogin(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil && st.Reconnect.Reason == v1alpha1.ReasonConnectRequired
}

// isUserReason reports whether a reason asks the customer to act.
func isUserReason(reason string) bool {
	switch reason {
	case v1alpha1.ReasonConnectRequired, v1alpha1.ReasonMFARequired, v1alpha1.ReasonLinkExpired, v1alpha1.ReasonCredentialsRejected,
		v1alpha1.ReasonQuestionUnanswered, v1alpha1.ReasonBankActionRequired, v1alpha1.ReasonLoginLocked,
		v1alpha1.ReasonNightlyRefreshFailed:
		return true
	}
	return false
}

// userReason returns what the customer has to do after a code of class user.
func userReason(code flinks.Code) string {
	switch code {
	case flinks.CodeInvalidLogin, flinks.CodeInvalidUsername, flinks.CodeInvalidPassword:
		return v1alpha1.ReasonCredentialsRejected
	case flinks.CodeDisabledLogin:
		return v1alpha1.ReasonLoginLocked
	case flinks.CodeNewAccount, flinks.CodeUnauthorized, flinks.CodeAccessDenied:
		return v1alpha1.ReasonBankActionRequired
	default:
		return v1alpha1.ReasonQuestionUnanswered
	}
}

// needsConnect reports whether no live session helps, and the customer has to go through
// all of Flinks Connect.
func needsConnect(reason string) bool {
	switch reason {
	case v1alpha1.ReasonConnectRequired, v1alpha1.ReasonCredentialsRejected,
		v1alpha1.ReasonLoginLocked, v1alpha1.ReasonBankActionRequired:
		return true
	}
	return false
}

// needsIntervention reports whether a refresh would be in vain until the customer acts or an
// object changes. Each live session may text a code to the customer, so while the customer
// is already asked to act only a request starts another.
func needsIntervention(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil || loginGone(st) || hasErrorOf(st, flinks.ClassUser) || hasObstacle(st)
}

// questionWorks reports whether the session with the bank's question must be open.
func questionWorks(now time.Time, r *v1alpha1.ReconnectStatus) bool {
	young := r != nil && r.Question.IssueTime != nil &&
		!Pending(now.Add(ClockSkew), r.Question.IssueTime) && now.Before(r.Question.IssueTime.Add(SessionIdle))
	return young && Pending(now, r.Question.ExpirationTime)
}

// canResume reports whether the customer can answer the bank's question on the page.
func canResume(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return refreshState(st) == v1alpha1.RefreshAwaitingUser && questionWorks(now, st.Reconnect) && st.Internal.SealedSession != ""
}

// finishPatience is how long Flinks may take to show that the customer came back, before
// the page offers to start again.
const finishPatience = 5 * time.Minute

// hasJustFinished reports whether Flinks is still likely to show that the customer came
// back.
func hasJustFinished(now time.Time, r *v1alpha1.ReconnectStatus) bool {
	return r.FinishTime != nil && now.Before(r.FinishTime.Add(finishPatience))
}

// hasFinished reports whether the operator still looks for the result after the customer
// went through Flinks Connect.
func hasFinished(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	r := st.Reconnect
	return r != nil && r.FinishTime != nil && now.Before(r.FinishTime.Add(processingTime))
}

// isNewest reports whether a time is the last one of a list.
func isNewest(times []metav1.Time, t *metav1.Time) bool {
	n := len(times)
	return n > 0 && times[n-1].Equal(t)
}

// isAttended reports whether the customer started the newest live session on the gateway's
// page.
func isAttended(st *v1alpha1.BankConnectionStatus) bool {
	return st.Refresh != nil && isNewest(st.Internal.AttendedTimes, st.Refresh.StartTime)
}

// maxAttendedRequestAge is how old an attended refresh request may be when the live
// session starts: the customer who clicked is still in front of the page.
const maxAttendedRequestAge = time.Minute

// isFresh reports whether a request is young enough that the customer still waits for it.
func isFresh(now time.Time, g *v1alpha1.GatewayRequest) bool {
	age := now.Sub(g.RequestTime.Time)
	return -maxAttendedRequestAge <= age && age < maxAttendedRequestAge
}

// hasAttendedRequest reports whether the customer clicked the button and the operator has
// not acted on it yet.
func hasAttendedRequest(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	g := st.Internal.GatewayRequest
	return g != nil && g.Action == v1alpha1.GatewayRefresh && g.Reason == "" && isFresh(now, g)
}

// clickTime returns when the customer clicked the button, if no live session has started for
// that click yet; nil if there is no such click.
func clickTime(st *v1alpha1.BankConnectionStatus) *metav1.Time {
	g := st.Internal.GatewayRequest
	switch {
	case g == nil:
		return nil
	case g.Action == v1alpha1.GatewayRefresh:
		return &g.RequestTime
	}
	return g.ClickTime
}

// isObserveRequested reports whether the gateway asks for an observe.
func isObserveRequested(st *v1alpha1.BankConnectionStatus) bool {
	g := st.Internal.GatewayRequest
	return g != nil && g.Action == v1alpha1.GatewayObserve
}

const (
	attendedLimit  = 5
	attendedWindow = 24 * time.Hour
)

// attendedUntil returns when the limit of attended live sessions allows the next one; zero
// if it does now.
func attendedUntil(now time.Time, st *v1alpha1.BankConnectionStatus) time.Time {
	var recent []metav1.Time
	if st.Refresh != nil {
		for _, t := range st.Internal.AttendedTimes {
			if now.Before(EndOf(&t).Add(attendedWindow)) {
				recent = append(recent, t)
			}
		}
	}
	if len(recent) < attendedLimit {
		return time.Time{}
	}
	return EndOf(&recent[len(recent)-attendedLimit]).Add(attendedWindow)
}
