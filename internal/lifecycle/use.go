package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// InstanceUse is what keeps an instance, and the Secret with its keys, from
// vanishing before the logins that need them are deleted.
type InstanceUse struct {
	// InUse is true if connections need the instance.
	InUse bool
	// Deleting is true if the instance is being deleted.
	Deleting bool
	// Held is true if the instance carries our finalizer.
	Held bool
	// Secret to hold next to the instance; empty if that is not done.
	Secret string
	// Hold on the Secret; nil if it was not looked at.
	Hold *SecretHold
}

// UseAction is what to do about the finalizers of an instance and its Secret.
type UseAction string

// The actions.
const (
	// LeaveUse changes nothing.
	LeaveUse UseAction = "Leave"
	// TakeUse holds the instance, and then the Secret.
	TakeUse UseAction = "Take"
	// DropUse lets go of the Secret, and then of the instance.
	DropUse UseAction = "Drop"
)

// Needs is true if a connection needs its instance until its login is deleted. One
// of another namespace does so only once it is bound: nobody who is not served keeps
// a shared instance from going.
func Needs(c *v1alpha1.BankConnection) bool {
	shared := c.Spec.InstanceRef.Kind == v1alpha1.KindClusterFlinksInstance
	return hasFinalizer(c, v1alpha1.Finalizer) && (c.Status.Binding != nil || !shared)
}

// DecideUse reads no Secret without need: a status says which one is held. It is
// looked at again when the keys are read anyway, to be tried.
func DecideUse(now time.Time, w InstanceWorld) UseAction {
	unheld := w.Secret != "" && (w.Status.HeldSecretName != w.Secret || ProbeDue(now, w))
	switch {
	case w.Held && !w.InUse:
		return DropUse
	case !w.Held && w.InUse && !w.Deleting, w.Held && unheld:
		return TakeUse
	}
	return LeaveUse
}

// IsOver is true if an instance is being deleted and nobody needs it.
func (u InstanceUse) IsOver() bool { return u.Deleting && !u.InUse }

func recordUse(now time.Time, w InstanceWorld, st *v1alpha1.InstanceStatus) {
	hold := w.Hold
	if !w.Held {
		hold = &SecretHold{}
	}
	if hold == nil {
		return
	}
	st.HeldSecretName = hold.SecretName
	setInstanceCondition(now, w, st, v1alpha1.ConditionSecretUnprotected, hold.Forbidden, v1alpha1.ReasonSecretHoldForbidden)
}

// setInstanceCondition keeps a condition only as long as it is true.
func setInstanceCondition(now time.Time, w InstanceWorld, st *v1alpha1.InstanceStatus, conditionType string, holds bool, reason string) {
	if !holds {
		meta.RemoveStatusCondition(&st.Conditions, conditionType)
		return
	}
	meta.SetStatusCondition(&st.Conditions, metav1.Condition{
		Type: conditionType, Status: isTrue, Reason: reason, Message: message(reason),
		ObservedGeneration: w.Generation, LastTransitionTime: *past(now),
	})
}
