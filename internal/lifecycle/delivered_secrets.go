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

// revocation returns the deletion of a Secret that is due now. It makes no call to Flinks,
// so neither a suspension nor a problem of the instance prevents it.
func (s *state) revocation() (RevokeSecret, bool) {
	switch {
	case s.now.Before(s.SecretNotUntil):
		return RevokeSecret{}, false
	case s.isLinkSpent():
		return RevokeSecret{Secret: LinkSecret}, true
	case s.isSessionSecretSpent():
		return RevokeSecret{Secret: SessionSecret}, true
	}
	return RevokeSecret{}, false
}

// isLinkSpent reports whether the link that a Secret may hold is of no more use. The link
// of an attempt without a result ended with its session, and a link in the Secret while
// the newest could not be written is an older one.
func (s *state) isLinkSpent() bool {
	st := s.st
	switch {
	case st.Internal.LinkSecretName == "":
		return false
	case s.deliversGatewayLink():
		return st.Reconnect == nil || st.Reconnect.Link.Type != v1alpha1.LinkGateway || !s.Connection.DeletionTimestamp.IsZero() ||
			st.Internal.LinkSecretName != givenSecretName(s.Connection, LinkSecret)
	case sessionUnknown(st):
		return due(s.now, st.Refresh.NotBefore)
	case refreshState(st) == v1alpha1.RefreshAwaitingUser:
		return !questionWorks(s.now, st.Reconnect) || st.Reconnect.Link.Type != v1alpha1.LinkDirect ||
			st.Reconnect.Link.SecretName == ""
	}
	return true
}

// isSessionSecretSpent reports whether the Secret with the session is not wanted any more,
// or not by its name.
func (s *state) isSessionSecretSpent() bool {
	return s.st.Session != nil &&
		(!deliversSession(s.Connection) || s.st.Session.SecretName != givenSecretName(s.Connection, SessionSecret))
}

// deliversGatewayLink reports whether a link to the gateway goes into a Secret.
func (s *state) deliversGatewayLink() bool {
	return s.ByGateway() && s.LinkInSecret()
}

// announceLinkSecret records that a Secret may be written from now on, so that a later
// reconcile deletes it even if this one crashes. A Secret of another name is deleted first.
func (s *state) announceLinkSecret() {
	if s.st.Internal.LinkSecretName == "" {
		s.st.Internal.LinkSecretName = givenSecretName(s.Connection, LinkSecret)
	}
}

// announceDirectLink announces the Secret for the link of the attempt that begins.
func (s *state) announceDirectLink() {
	if s.AnnouncesLink() {
		s.announceLinkSecret()
	}
}

// settleSecret records that there is no Secret with a link: an attempt that announced one and
// ended without a question for the customer wrote none. An older Secret that could not be deleted
// stays recorded, and so does that of a link to the gateway, which the spec may have stopped asking
// for since the attempt began.
func (s *state) settleSecret(o Outcome) {
	failed := meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	state := refreshState(s.st)
	isOut := state == v1alpha1.RefreshAwaitingUser || state == v1alpha1.RefreshClaimed || state == v1alpha1.RefreshDispatched
	if failed == nil && !isOut && o.AnnouncedLink {
		s.st.Internal.LinkSecretName = ""
	}
}

// recordLinkDelivery records that a link to the gateway was written into its Secret, or
// why it was not.
func (s *state) recordLinkDelivery(d Delivery) {
	s.recordDelivery(d)
	if r := s.st.Reconnect; r != nil && d.SecretName != "" {
		r.Link.SecretName = d.SecretName
	}
}

// recordRevocation records that a Secret was deleted, or why it was not. Where there was none, an
// attempt that the API server answered with an error may have deleted it.
func (s *state) recordRevocation(a RevokeSecret, d Delivery) {
	s.recordDelivery(d)
	if d == (Delivery{}) && !s.owesSecret() {
		s.endWriteFailure()
	}
	switch {
	case d.Problem != "":
	case a.Secret == SessionSecret:
		s.st.Session = nil
	default:
		s.st.Internal.LinkSecretName = ""
		if s.st.Reconnect != nil {
			s.st.Reconnect.Link.SecretName = ""
		}
	}
}

// owesSecret reports whether the status tells of a link or a session that is to be in a Secret
// and is in none.
func (s *state) owesSecret() bool {
	r, session := s.st.Reconnect, s.st.Session
	link := r != nil && r.Link.SecretName == "" && (r.Link.Type == v1alpha1.LinkGateway || questionWorks(s.now, r))
	return link && s.LinkInSecret() ||
		deliversSession(s.Connection) && session != nil && session.ExpirationTime == nil
}

// endWriteFailure ends a failure of the API server. Any other reason needs a person, and stays
// until a write succeeds.
func (s *state) endWriteFailure() {
	failed := meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	if failed != nil && failed.Reason == v1alpha1.ReasonSecretWriteFailed {
		meta.RemoveStatusCondition(&s.st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	}
}

// secretDelay returns a pause that grows with the time for which Secrets could not be
// written.
func secretDelay(now time.Time, st *v1alpha1.BankConnectionStatus, d Delivery) time.Duration {
	failed := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	if d.Problem == "" || failed == nil {
		return 0
	}
	return clamp(now.Sub(failed.LastTransitionTime.Time), revokeRetryMin, revokeRetryMax)
}

// recordDelivery records whether Secrets can be written and deleted, if the action was to
// do so.
func (s *state) recordDelivery(d Delivery) {
	if d == (Delivery{}) {
		return
	}
	s.setWhileTrue(v1alpha1.ConditionSecretNotDelivered, d.Problem != "", d.Problem)
}

// keepUndelivered keeps the error of the newest Secret for as long as Secrets are to be
// delivered.
func (s *state) keepUndelivered() {
	failed := meta.FindStatusCondition(s.st.Conditions, v1alpha1.ConditionSecretNotDelivered)
	if failed == nil {
		return
	}
	wanted := s.LinkInSecret() || deliversSession(s.Connection) || s.st.Internal.LinkSecretName != "" || s.st.Session != nil
	s.setWhileTrue(v1alpha1.ConditionSecretNotDelivered, wanted && isUndelivered(failed.Reason), failed.Reason)
}

func isUndelivered(reason string) bool {
	switch reason {
	case v1alpha1.ReasonSecretWriteForbidden, v1alpha1.ReasonSecretWriteUnguarded, v1alpha1.ReasonSecretNotOwned, v1alpha1.ReasonSecretWriteFailed:
		return true
	}
	return false
}
