package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

func decideDeletion(now time.Time, w World) Action {
	c := w.Connection
	switch {
	case hasFinalizer(c, v1alpha1.Finalizer) && keepReason(c) != "":
		return Action{Kind: Release}
	case !hasFinalizer(c, v1alpha1.Finalizer) && hasFinalizer(c, v1alpha1.ReleaseSecretFinalizer):
		return Action{Kind: LetGo}
	case !hasFinalizer(c, v1alpha1.Finalizer):
		return Action{Kind: Wait}
	}
	a := w.paced(now, Delete)
	if w.deletionsPaused(now) {
		a.Kind = Wait
	}
	if withdrawal, due := w.withdrawal(now); due && a.Kind == Wait {
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
	case c.Annotations[v1alpha1.AbandonLoginAnnotation] == "true":
		return v1alpha1.ReasonLoginAbandoned
	}
	return ""
}

// ReleaseReason is why a finalizer may go without a call; a reason of the event
// that says so.
func ReleaseReason(c *v1alpha1.BankConnection) string { return keepReason(c) }

// Deleted reports whether the outcome of a Delete is the definite answer that the
// login of a connection is gone. An unknown login is such an answer only because no
// call is made for an identity other than the bound one, and only from a host that has
// answered for the login before.
func Deleted(c *v1alpha1.BankConnection, o Outcome) bool {
	if o.Action.Kind != Delete || o.Problem != "" {
		return false
	}
	o = o.doubted(c.Status.Binding)
	return o.Err == nil || o.Err.Class == flinks.ClassGone
}

// deletionProblem is the reason why a login is not deleted yet.
func deletionProblem(o Outcome) string {
	switch {
	case o.Problem != "":
		return o.Problem
	case o.Err.Code == flinks.CodeCardInUse:
		return v1alpha1.ReasonCardInUse
	case o.Err.Code == flinks.CodeHostUnproven:
		return v1alpha1.ReasonHostUnproven
	case o.Err.Class == flinks.ClassInstance:
		return v1alpha1.ReasonInstanceNotReady
	}
	return v1alpha1.ReasonFlinksUnavailable
}

// deletionPace grows with the time that the deletion has been blocked.
func deletionPace(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) time.Duration {
	var lasted time.Duration
	if blocked := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionBlocked); blocked != nil {
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
func recordDeletion(now time.Time, w World, st *v1alpha1.BankConnectionStatus, o Outcome) {
	hideGatewayLink(w, st)
	expireLink(now, st)
	closeGateway(st)
	if o.Action.Kind == Withdraw {
		recordWithdrawal(now, w, st, o)
	}
	setUserActionRequired(now, w, st)
	st.NextRefreshTime, st.NextObserveTime = nil, nil
	st.ObservedGeneration = w.Connection.Generation
	switch {
	case o.Action.Kind == Delete && !Deleted(w.Connection, o):
		blockDeletion(now, w, st, deletionProblem(o))
	case w.deletionsPaused(now):
		blockDeletion(now, w, st, v1alpha1.ReasonDeletionsPaused)
	case w.Calls.holds(now) && w.Calls.Reason != "":
		blockDeletion(now, w, st, w.Calls.Reason)
	}
}

// blockDeletion says what holds a deletion up. The time of the condition is since when it
// has been let through, or not.
func blockDeletion(now time.Time, w World, st *v1alpha1.BankConnectionStatus, reason string) {
	was := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionBlocked)
	paused := v1alpha1.ReasonDeletionsPaused
	if was != nil && (was.Reason == paused) != (reason == paused) {
		meta.RemoveStatusCondition(&st.Conditions, v1alpha1.ConditionDeletionBlocked)
	}
	setCondition(now, w, st, v1alpha1.ConditionDeletionBlocked, isTrue, reason)
}
