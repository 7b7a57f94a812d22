package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	revokeRetryMin = time.Minute
	revokeRetryMax = time.Hour
)

// withdrawal is the Secret to delete now. It is no call to Flinks, so neither a
// suspension nor anything that is wrong with the instance keeps it from being done.
func (s *state) revocation() (Action, bool) {
	switch {
	case s.now.Before(s.RevokeNotUntil):
		return Action{}, false
	case isLinkSpent(s.now, s.st):
		return Action{Kind: RevokeSecret, DeliveredSecret: LinkSecret}, true
	case s.st.Session != nil && !deliversSession(s.Connection):
		return Action{Kind: RevokeSecret, DeliveredSecret: SessionSecret}, true
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

// announceSecret notes that a Secret may be written from now on. Whoever finds
// that on record knows that there may be one to delete.
func (s *state) announceSecret() {
	if DeliversLinkInSecret(s.Connection) {
		s.st.Refresh.Delivery = v1alpha1.DeliverInSecret
	}
}

// settleSecret notes that there is no Secret with a link after all: whoever has an
// answer and no question for the person wrote none. One from before, that could not
// be deleted, is not forgotten.
func (s *state) settleSecret() {
	failed := meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	isOut := phase(s.st) == v1alpha1.RefreshAwaitingUser || phase(s.st) == v1alpha1.RefreshClaimed
	if s.st.Refresh != nil && failed == nil && !isOut {
		s.st.Refresh.Delivery = ""
	}
}

// recordRevocation notes that a Secret is gone, or why it is not.
func (s *state) recordRevocation(o Outcome) {
	s.recordDelivery(o)
	switch {
	case o.Undelivered != "":
	case o.Action.DeliveredSecret == SessionSecret:
		s.st.Session = nil
	case s.st.Refresh != nil:
		s.st.Refresh.Delivery = ""
	}
}

// secretDelay grows with the time that Secrets have been out of reach.
func secretDelay(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) time.Duration {
	failed := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	if o.Undelivered == "" || failed == nil {
		return 0
	}
	return clamp(now.Sub(failed.LastTransitionTime.Time), revokeRetryMin, revokeRetryMax)
}

// recordDelivery notes whether Secrets can be written and deleted, if one was to be.
func (s *state) recordDelivery(o Outcome) {
	if o.SecretName == "" && o.Undelivered == "" {
		return
	}
	s.setWhileTrue(v1alpha1.ConditionSecretNotDelivered, o.Undelivered != "", o.Undelivered)
}

// keepUndelivered keeps what was wrong with the newest Secret for as long as there
// are to be any.
func (s *state) keepUndelivered() {
	failed := meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	if failed == nil {
		return
	}
	wanted := DeliversLinkInSecret(s.Connection) || deliversSession(s.Connection) || mayBeInSecret(s.st) || s.st.Session != nil
	s.setWhileTrue(v1alpha1.ConditionSecretNotDelivered, wanted && isUndelivered(failed.Reason), failed.Reason)
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
func (s *state) announceSession() {
	if !deliversSession(s.Connection) || phase(s.st) != v1alpha1.RefreshSucceeded {
		return
	}
	if s.st.Session == nil || s.st.Session.Attempt != s.st.Refresh.Attempt {
		s.st.Session = &v1alpha1.SessionStatus{Attempt: s.st.Refresh.Attempt}
	}
}

// awaitHandOff says of a request that it succeeded once its session was handed out, where
// one is wanted: whoever waits for that reads the Secret next.
func (s *state) awaitHandOff() {
	h, was := s.st.LastHandledRequest, s.was.LastHandledRequest
	if h == nil || phase(s.st) != v1alpha1.RefreshSucceeded {
		return
	}
	awaited := s.handOffDue()
	switch {
	case awaited && h.Result == v1alpha1.RequestSucceeded && was != nil && was.Result == v1alpha1.RequestInProgress:
		h.Result = v1alpha1.RequestInProgress
	case !awaited && h.Result == v1alpha1.RequestInProgress:
		h.Result = v1alpha1.RequestSucceeded
	}
}

// handOffDue is true if the next observe brings the session that is to be handed
// out. It is only asked for once it is on record that it will be.
func (s *state) handOffDue() bool {
	st := s.st
	return deliversSession(s.Connection) && phase(st) == v1alpha1.RefreshSucceeded && st.Session != nil &&
		st.Session.Attempt == st.Refresh.Attempt && st.Session.IssueTime == nil
}

// recordHandOff notes that a session was handed out. That is done once for each
// success, and again only while the API server is in trouble: another observe would
// bring no other answer to what it denies.
func (s *state) recordHandOff(o Outcome) {
	if !o.Action.HandOff || s.st.Session == nil || (o.Authorization == nil && (o.Err == nil || !isReplay(o.Err))) {
		return
	}
	s.recordDelivery(o)
	if isHandedOutSoon(s.now, s.st, o) {
		return
	}
	s.st.Session.IssueTime, s.st.Session.ExpirationTime = Past(s.now), nil
	if o.SecretName != "" {
		s.st.Session.ExpirationTime = WorksUntil(o.at(s.now))
	}
}

// isHandedOutSoon reports whether it is worth trying again to hand a session out. After
// half an hour an application does better to ask for newer data.
func isHandedOutSoon(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) bool {
	r := st.Refresh
	return o.Undelivered == v1alpha1.ReasonSecretWriteFailed && r != nil && r.LastResult != nil &&
		now.Before(r.LastResult.Time.Add(processingTime))
}
