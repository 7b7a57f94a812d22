package lifecycle

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

const (
	deletionRetryMin = 5 * time.Second
	deletionRetryMax = 5 * time.Minute
)

func decideDeletion(now time.Time, w World) Action {
	c := w.Connection
	switch {
	case !slices.Contains(c.Finalizers, v1alpha1.Finalizer):
		return Action{Kind: Wait}
	case c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain, c.Status.Binding == nil:
		return Action{Kind: Release}
	}
	a := w.paced(now, Delete)
	if withdrawal, due := w.withdrawal(now); due && a.Kind == Wait {
		// The deletion waits for none of it: what is left over goes with the object.
		return withdrawal
	}
	return a
}

// ReleaseReason is why a finalizer may go without a call; a reason of the event
// that says so.
func ReleaseReason(c *v1alpha1.BankConnection) string {
	if c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain {
		return v1alpha1.ReasonLoginRetained
	}
	return v1alpha1.ReasonLoginNeverBound
}

// Deleted is true if the outcome of a Delete is the definite answer that the
// login is gone. An unknown login is such an answer only because no call is made
// for an identity other than the bound one.
func Deleted(o Outcome) bool {
	if o.Action.Kind != Delete || o.Problem != "" {
		return false
	}
	return o.Err == nil || o.Err.Class == flinks.ClassGone
}

// deletionProblem is the reason why a login is not deleted yet.
func deletionProblem(o Outcome) string {
	switch {
	case o.Problem != "":
		return o.Problem
	case o.Err.Code == flinks.CodeCardInUse:
		return v1alpha1.ReasonCardInUse
	case o.Err.Class == flinks.ClassInstance:
		return v1alpha1.ReasonInstanceNotReady
	}
	return v1alpha1.ReasonFlinksUnavailable
}

// deletionPace grows with the time that the deletion has been blocked.
func deletionPace(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) time.Duration {
	blocked := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionBlocked)
	if blocked == nil {
		return deletionRetryMin
	}
	pace := clamp(now.Sub(blocked.LastTransitionTime.Time), deletionRetryMin, deletionRetryMax)
	if o.Err != nil {
		pace = max(pace, o.Err.RetryAfter)
	}
	return pace
}

// recordDeletion says why an object is still there, and leaves the rest of its
// status as it was last known.
func recordDeletion(now time.Time, w World, st *v1alpha1.BankConnectionStatus, o Outcome) {
	expireLink(now, st)
	if o.Action.Kind == Withdraw {
		recordWithdrawal(now, w, st, o)
	}
	setUserActionRequired(now, w, st)
	st.NextRefreshTime, st.NextObserveTime = nil, nil
	st.ObservedGeneration = w.Connection.Generation
	if o.Action.Kind == Delete && !Deleted(o) {
		setCondition(now, w, st, v1alpha1.ConditionDeletionBlocked, isTrue, deletionProblem(o))
	}
}
