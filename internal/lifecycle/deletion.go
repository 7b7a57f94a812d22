package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func (s *state) decideDeletion() Action {
	c := s.Connection
	switch {
	case !hasFinalizer(c, v1alpha1.Finalizer) && hasFinalizer(c, v1alpha1.ReleaseSecretFinalizer):
		return Action{Kind: LetGo}
	case !hasFinalizer(c, v1alpha1.Finalizer):
		return Action{Kind: Wait}
	}
	a := s.part()
	if withdrawal, due := s.withdrawal(); due && a.Kind == Wait {
		// The deletion waits for none of it: what is left over goes with the object.
		return withdrawal
	}
	return a
}

// keepReason is why the login of an object that goes is left at Flinks, without a
// call; empty if it is to be deleted.
func keepReason(c *v1alpha1.BankConnection) string {
	switch {
	case c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain:
		return v1alpha1.ReasonLoginRetained
	case c.Status.Binding == nil:
		return v1alpha1.ReasonLoginNeverBound
	case isAbandoned(c):
		return v1alpha1.ReasonLoginAbandoned
	}
	return ""
}

func isAbandoned(c *v1alpha1.BankConnection) bool {
	return c.Annotations[v1alpha1.AbandonLoginAnnotation] == "true"
}

// Deleted reports whether the outcome of a Delete or a Confirm is the definite answer
// that the login of a connection is gone. An unknown login is such an answer only because
// no call is made for an identity other than the bound one, only from a host that has
// answered for the login before, and only to the call that asks for the login: the token
// that comes before or after it is asked for in the name of none.
func Deleted(c *v1alpha1.BankConnection, o Outcome) bool {
	if o.Problem != "" {
		return false
	}
	o = o.doubted(c.Status.Binding)
	switch o.Action.Kind {
	case Delete:
		return o.Err == nil || saysGone(o.Err, flinks.OpDeleteCard)
	case Confirm:
		return o.Err != nil && saysGone(o.Err, flinks.OpObserve)
	default:
		return false
	}
}

func saysGone(err *flinks.Error, op flinks.Operation) bool {
	return err.Op == op && err.Class == flinks.ClassGone
}

// deletionProblem is the reason why a login is not deleted yet.
func deletionProblem(o Outcome) string {
	switch {
	case o.Problem != "":
		return o.Problem
	case o.Err == nil:
		// Flinks knows the login, and did not find it where it is deleted.
		return v1alpha1.ReasonFlinksUnavailable
	case o.Err.Code == flinks.CodeCardInUse:
		return v1alpha1.ReasonCardInUse
	case o.Err.Code == flinks.CodeHostUnproven:
		return v1alpha1.ReasonHostUnproven
	case o.Err.Class == flinks.ClassInstance:
		return keysReason(o.Err)
	case saysGone(o.Err, flinks.OpGenerateAuthorizeToken):
		return v1alpha1.ReasonInstanceNotReady
	}
	return v1alpha1.ReasonFlinksUnavailable
}

// deletionPace grows with the time that the deletion has been tried, or blocked.
func deletionPace(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) time.Duration {
	var lasted time.Duration
	blocked := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionBlocked)
	switch {
	case st.Deletion != nil:
		lasted = now.Sub(st.Deletion.AttemptTime.Time)
	case blocked != nil:
		lasted = now.Sub(blocked.LastTransitionTime.Time)
	}
	pace := backoffOf(Delete, "", "")
	if o.Err != nil {
		pace = backoffOf(Delete, o.Err.Code, o.Err.Class)
	}
	return max(pace.after(lasted), retryAfter(o.Err))
}

// recordDeletion says why an object is still there, and leaves the rest of its
// status as it was last known.
func (s *state) recordDeletion(o Outcome) {
	s.hideGatewayLink()
	s.expireLink()
	s.closeGateway()
	switch o.Action.Kind {
	case Withdraw:
		s.recordWithdrawal(o)
	case ClaimDeletion:
		s.st.DeletionClaim = &v1alpha1.DeletionClaim{Time: *past(s.now)}
	case UnclaimDeletion:
		s.st.DeletionClaim = nil
	case Schedule:
		if isSwitchedOff(o) || isAbandoned(s.Connection) {
			s.st.Nightly = nil
		}
	default:
	}
	s.noteAttempt(o)
	s.setUserActionRequired()
	s.st.NextRefreshTime, s.st.NextObserveTime = nil, nil
	s.st.ObservedGeneration = s.Connection.Generation
	if reason := s.deletionBlocked(o); reason != "" {
		s.setCondition(v1alpha1.ConditionDeletionBlocked, isTrue, reason)
		if isHeldBack(reason) {
			s.st.Deletion = nil // It begins anew.
		}
	}
}

// deletionBlocked is why an object that is being deleted is still there; empty if there
// is nothing new to say about that.
func (s *state) deletionBlocked(o Outcome) string {
	switch k := o.Action.Kind; {
	case tries(k) && !Deleted(s.Connection, o), k == Schedule && s.leavesNightly() && !isSwitchedOff(o):
		return deletionProblem(o)
	}
	if !hasFinalizer(s.Connection, v1alpha1.Finalizer) {
		return ""
	}
	p := s.parting()
	switch {
	case p.blocked != "":
		return p.blocked
	case p.reason != "" && !s.leavesNightly():
		return ""
	case p.reason == "" && s.deletionsPaused():
		return v1alpha1.ReasonDeletionsPaused
	case s.Calls.holds(s.now):
		return s.Calls.Reason
	}
	return ""
}
