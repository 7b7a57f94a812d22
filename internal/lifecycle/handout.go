package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Handout is a Secret that the operator writes for others to read; what its name
// has behind that of the connection.
type Handout string

const (
	// LinkHandout holds the link for a person.
	LinkHandout Handout = "-reconnect"
	// SessionHandout holds a RequestId for applications.
	SessionHandout Handout = "-session"
)

// HandoutName is the name of the Secret. It never comes from a status.
func HandoutName(c *v1alpha1.BankConnection, h Handout) string { return c.Name + string(h) }

const (
	withdrawRetryMin = time.Minute
	withdrawRetryMax = time.Hour
)

// HandsOutLink is true if the next link goes into a Secret.
func HandsOutLink(c *v1alpha1.BankConnection) bool {
	return c.Spec.Reconnect != nil && c.Spec.Reconnect.Delivery == v1alpha1.DeliverInSecret
}

func handsOutSession(c *v1alpha1.BankConnection) bool {
	return c.Spec.SessionHandOff == v1alpha1.SessionHandOffSecret
}

// withdrawal is the Secret to delete now. It is no call to Flinks, so neither a
// suspension nor anything that is wrong with the instance keeps it from being done.
func (w World) withdrawal(now time.Time) (Action, bool) {
	switch {
	case now.Before(w.WithdrawNotUntil):
		return Action{}, false
	case isLinkSpent(now, w.status()):
		return Action{Kind: Withdraw, Handout: LinkHandout}, true
	case w.status().Session != nil && !handsOutSession(w.Connection):
		return Action{Kind: Withdraw, Handout: SessionHandout}, true
	}
	return Action{}, false
}

// isLinkSpent is true if the link that a Secret may hold is of no more use. The one
// of an attempt without a result died with its session, and one that is there while
// the newest could not be put there is older.
func isLinkSpent(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if !mayBeInSecret(st) {
		return false
	}
	switch {
	case sessionUnknown(st):
		return due(now, st.Refresh.NotBefore)
	case phase(st) == v1alpha1.RefreshAwaitingUser:
		return !linkWorks(now, st.Reconnect) || st.Reconnect.SecretName == ""
	}
	return true
}

func mayBeInSecret(st *v1alpha1.BankConnectionStatus) bool {
	return st.Refresh != nil && st.Refresh.Delivery == v1alpha1.DeliverInSecret
}

// announceHandout notes that a Secret may be written from now on. Whoever finds
// that on record knows that there may be one to delete.
func announceHandout(w World, r *v1alpha1.RefreshStatus) {
	if HandsOutLink(w.Connection) {
		r.Delivery = v1alpha1.DeliverInSecret
	}
}

// settleHandout notes that there is no Secret with a link after all: whoever has an
// answer and no question for the person wrote none. One from before, that could not
// be deleted, is not forgotten.
func settleHandout(st *v1alpha1.BankConnectionStatus) {
	failed := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	isOut := phase(st) == v1alpha1.RefreshAwaitingUser || phase(st) == v1alpha1.RefreshClaimed
	if st.Refresh != nil && failed == nil && !isOut {
		st.Refresh.Delivery = ""
	}
}

// recordWithdrawal notes that a Secret is gone, or why it is not.
func recordWithdrawal(now time.Time, w World, st *v1alpha1.BankConnectionStatus, o Outcome) {
	recordDelivery(now, w, st, o)
	switch {
	case o.Undelivered != "":
	case o.Action.Handout == SessionHandout:
		st.Session = nil
	case st.Refresh != nil:
		st.Refresh.Delivery = ""
	}
}

// secretPace grows with the time that Secrets have been out of reach.
func secretPace(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) time.Duration {
	failed := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	if o.Undelivered == "" || failed == nil {
		return 0
	}
	return clamp(now.Sub(failed.LastTransitionTime.Time), withdrawRetryMin, withdrawRetryMax)
}

// recordDelivery notes whether Secrets can be written and deleted, if one was to be.
func recordDelivery(now time.Time, w World, st *v1alpha1.BankConnectionStatus, o Outcome) {
	if o.SecretName == "" && o.Undelivered == "" {
		return
	}
	setWhileTrue(now, w, st, v1alpha1.ConditionSecretNotDelivered, o.Undelivered != "", o.Undelivered)
}

// keepUndelivered keeps what was wrong with the newest Secret for as long as there
// are to be any.
func keepUndelivered(now time.Time, w World, st *v1alpha1.BankConnectionStatus) {
	failed := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	if failed == nil {
		return
	}
	wanted := HandsOutLink(w.Connection) || handsOutSession(w.Connection) || mayBeInSecret(st) || st.Session != nil
	setWhileTrue(now, w, st, v1alpha1.ConditionSecretNotDelivered, wanted && isUndelivered(failed.Reason), failed.Reason)
}

func isUndelivered(reason string) bool {
	switch reason {
	case v1alpha1.ReasonSecretWriteForbidden, v1alpha1.ReasonSecretNotOwned, v1alpha1.ReasonSecretWriteFailed:
		return true
	}
	return false
}

// announceSession notes that the newest success is to be handed out: the data are
// there, and a session of their own opens them.
func announceSession(w World, st *v1alpha1.BankConnectionStatus) {
	if !handsOutSession(w.Connection) || phase(st) != v1alpha1.RefreshSucceeded {
		return
	}
	if st.Session == nil || st.Session.Attempt != st.Refresh.Attempt {
		st.Session = &v1alpha1.SessionStatus{Attempt: st.Refresh.Attempt}
	}
}

// awaitHandOff says of a request that it succeeded once its session was handed out, where
// one is wanted: whoever waits for that reads the Secret next.
func awaitHandOff(w World, st *v1alpha1.BankConnectionStatus) {
	h, was := st.LastHandledRequest, w.status().LastHandledRequest
	if h == nil || phase(st) != v1alpha1.RefreshSucceeded {
		return
	}
	awaited := w.with(*st).handOffDue()
	switch {
	case awaited && h.Result == v1alpha1.RequestSucceeded && was != nil && was.Result == v1alpha1.RequestInProgress:
		h.Result = v1alpha1.RequestInProgress
	case !awaited && h.Result == v1alpha1.RequestInProgress:
		h.Result = v1alpha1.RequestSucceeded
	}
}

// handOffDue is true if the next observe brings the session that is to be handed
// out. It is only asked for once it is on record that it will be.
func (w World) handOffDue() bool {
	st := w.status()
	return handsOutSession(w.Connection) && phase(st) == v1alpha1.RefreshSucceeded && st.Session != nil &&
		st.Session.Attempt == st.Refresh.Attempt && st.Session.IssueTime == nil
}

// recordHandOff notes that a session was handed out. That is done once for each
// success, and again only while the API server is in trouble: another observe would
// bring no other answer to what it denies.
func recordHandOff(now time.Time, w World, st *v1alpha1.BankConnectionStatus, o Outcome) {
	if !o.Action.HandOff || st.Session == nil || (o.Authorization == nil && (o.Err == nil || !isReplay(o.Err))) {
		return
	}
	recordDelivery(now, w, st, o)
	if isHandedOutSoon(now, st, o) {
		return
	}
	st.Session.IssueTime, st.Session.ExpirationTime = past(now), nil
	if o.SecretName != "" {
		st.Session.ExpirationTime = WorksUntil(o.at(now))
	}
}

// isHandedOutSoon reports whether it is worth trying again to hand a session out. After
// half an hour an application does better to ask for newer data.
func isHandedOutSoon(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) bool {
	r := st.Refresh
	return o.Undelivered == v1alpha1.ReasonSecretWriteFailed && r != nil && r.LastResult != nil &&
		now.Before(r.LastResult.Time.Add(processingTime))
}

// WantsHandOff is true if the answer to an observe opens data that are to be handed
// out.
func WantsHandOff(a Action, got flinks.Authorization) bool {
	return a.HandOff && got.State == flinks.Authorized
}

// WorksUntil is when a session that was opened at a time stops working, unless it is used.
func WorksUntil(opened time.Time) *metav1.Time { return past(opened.Add(SessionIdle - linkMargin)) }
