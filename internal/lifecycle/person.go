package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// awaitsLogin is true while a person is wanted because there is no login yet.
func awaitsLogin(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil && st.Reconnect.Reason == v1alpha1.ReasonConnectRequired
}

// isUserReason is true for what a person can be wanted for.
func isUserReason(reason string) bool {
	switch reason {
	case v1alpha1.ReasonConnectRequired, v1alpha1.ReasonMFARequired, v1alpha1.ReasonLinkExpired, v1alpha1.ReasonCredentialsRejected,
		v1alpha1.ReasonQuestionUnanswered, v1alpha1.ReasonBankActionRequired, v1alpha1.ReasonLoginLocked,
		v1alpha1.ReasonNightlyRefreshFailed:
		return true
	}
	return false
}

// userReason says what a person has to do after a code of class user.
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

// needsConnect is true if no live session helps, and the person has to go through
// all of Flinks Connect.
func needsConnect(reason string) bool {
	switch reason {
	case v1alpha1.ReasonConnectRequired, v1alpha1.ReasonCredentialsRejected,
		v1alpha1.ReasonLoginLocked, v1alpha1.ReasonBankActionRequired:
		return true
	}
	return false
}

// needsSomebody is true if a refresh would be in vain until a person or an object
// changes something. Each live session may text a code to a person: whoever is
// asked already is not asked again unless somebody wants it.
func needsSomebody(st *v1alpha1.BankConnectionStatus) bool {
	return st.Reconnect != nil || loginGone(st) || hasErrorOf(st, flinks.ClassUser) || hasObstacle(st)
}

// linkWorks is true while the session behind a link must be open.
func linkWorks(now time.Time, r *v1alpha1.ReconnectStatus) bool {
	young := r != nil && r.IssueTime != nil &&
		!Pending(now.Add(ClockSkew), r.IssueTime) && now.Before(r.IssueTime.Add(SessionIdle))
	return young && Pending(now, r.ExpirationTime)
}

// canResume is true while the bank's question can be answered on the page.
func canResume(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	return phase(st) == v1alpha1.RefreshAwaitingUser && linkWorks(now, st.Reconnect) && st.Reconnect.SealedSession != ""
}

// finishPatience is how long Flinks may take to show that the person came back,
// before their page offers to begin again.
const finishPatience = 5 * time.Minute

// hasJustFinished is true while it is likely that Flinks will yet show that the person
// came back.
func hasJustFinished(now time.Time, r *v1alpha1.ReconnectStatus) bool {
	return r.FinishTime != nil && now.Before(r.FinishTime.Add(finishPatience))
}

// hasFinished is true while the operator looks for what a person brought about who came
// through Flinks Connect.
func hasFinished(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	r := st.Reconnect
	return r != nil && r.FinishTime != nil && now.Before(r.FinishTime.Add(processingTime))
}

// isNewest is true if a time is the last one of a list.
func isNewest(times []metav1.Time, t *metav1.Time) bool {
	n := len(times)
	return n > 0 && times[n-1].Equal(t)
}

// isAttended is true if a person started the newest live session on their page.
func isAttended(st *v1alpha1.BankConnectionStatus) bool {
	return st.Refresh != nil && isNewest(st.Refresh.AttendedTimes, st.Refresh.StartTime)
}

// maxAttendedRequestAge is how old a press of the button may be when the live session starts: the
// person who pressed it is still in front of the page.
const maxAttendedRequestAge = time.Minute

// isFresh is true if whoever asked for something is still there.
func isFresh(now time.Time, g *v1alpha1.GatewayRequest) bool {
	age := now.Sub(g.Time.Time)
	return -maxAttendedRequestAge <= age && age < maxAttendedRequestAge
}

// hasAttendedRequest is true if a person pressed the button and nothing came of it yet.
func hasAttendedRequest(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	g := st.GatewayRequest
	return g != nil && g.Action == v1alpha1.GatewayRefresh && g.Reason == "" && isFresh(now, g)
}

// isObserveRequested reports whether an observe is asked for.
func isObserveRequested(st *v1alpha1.BankConnectionStatus) bool {
	g := st.GatewayRequest
	return g != nil && g.Action == v1alpha1.GatewayObserve
}

const (
	attendedLimit  = 5
	attendedWindow = 24 * time.Hour
)

// attendedUntil is when the limit of live sessions that persons start allows the next
// one; zero if it does now.
func attendedUntil(now time.Time, st *v1alpha1.BankConnectionStatus) time.Time {
	var recent []metav1.Time
	if st.Refresh != nil {
		for _, t := range st.Refresh.AttendedTimes {
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
