package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// InstanceWorld is all that a decision about a Flinks instance may depend on.
type InstanceWorld struct {
	Generation int64
	Status     *v1alpha1.InstanceStatus
	// Suspect is true if Flinks refused the keys to a connection.
	Suspect bool
	// NotUntil holds back the next probe; zero after a restart.
	NotUntil time.Time
	// Calls is the pause of the instance; Reason is empty if there is none. One
	// whose time is over lasts until a call has shown that Flinks answers.
	Calls Hold
	// Nightly is true if a connection of the instance wants a nightly check.
	Nightly bool
	// NightlyNotUntil holds back the next nightly check; zero after a restart.
	NightlyNotUntil time.Time
	// Connections of the instance.
	Connections v1alpha1.ConnectionCounts
	// Deletions of logins of the instance.
	Deletions InstanceDeletions
	InstanceUse
}

// Probe is what came of asking Flinks for an authorize token.
type Probe struct {
	// Problem is the reason why Flinks was not asked; empty if it was.
	Problem string
	// Err is what Flinks answered instead of a token.
	Err *flinks.Error
}

// ProbeDue is true if the keys of an instance are to be tried now. A ready
// instance is not probed again until its spec changes, Flinks refuses its keys or a
// pause is over, so that a restart costs nothing.
func ProbeDue(now time.Time, w InstanceWorld) bool {
	return w.needsProbe() && !now.Before(w.NotUntil) && !w.Calls.holds(now)
}

func (w InstanceWorld) needsProbe() bool {
	return w.Suspect || w.Calls.Reason != "" || w.Status.ObservedGeneration != w.Generation ||
		!meta.IsStatusConditionTrue(w.Status.Conditions, v1alpha1.ConditionReady)
}

// RecordInstance is the complete status of an instance; probe is nil if there was
// none.
func RecordInstance(now time.Time, w InstanceWorld, probe *Probe) v1alpha1.InstanceStatus {
	st := *w.Status.DeepCopy()
	counts := w.Connections
	st.Connections = &counts
	setInstanceCondition(now, w, &st, v1alpha1.ConditionCallsPaused, w.Calls.Reason != "", w.Calls.Reason)
	recordUse(now, w, &st)
	recordDeletions(now, w, &st)
	if probe == nil || (unreachable(probe) && !w.changed() && isReady(&st)) {
		// That Flinks is down says nothing against the keys.
		return st
	}
	status, reason := probe.verdict()
	meta.SetStatusCondition(&st.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message(reason),
		ObservedGeneration: w.Generation, LastTransitionTime: *past(now),
	})
	st.ObservedGeneration = w.Generation
	return st
}

func (w InstanceWorld) changed() bool { return w.Status.ObservedGeneration != w.Generation }

func isReady(st *v1alpha1.InstanceStatus) bool {
	return meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionReady)
}

func unreachable(p *Probe) bool {
	return p.Problem == "" && p.Err != nil && p.Err.Class != flinks.ClassInstance
}

func (p *Probe) verdict() (metav1.ConditionStatus, string) {
	switch {
	case p.Problem != "":
		return isFalse, p.Problem
	case p.Err == nil:
		return isTrue, v1alpha1.ReasonCredentialsAccepted
	case unreachable(p):
		return isFalse, v1alpha1.ReasonFlinksUnavailable
	}
	return isFalse, v1alpha1.ReasonInstanceRejected
}

// Cleared is true if the probe settled a suspicion, one way or the other.
func (p *Probe) Cleared() bool { return !unreachable(p) }

// ProbePace is how long to wait before the next probe of an instance that is not
// ready: the longer it has not been, the longer, up to a minute.
func ProbePace(now time.Time, st *v1alpha1.InstanceStatus) time.Duration {
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status == isTrue {
		return probeBackoff.most
	}
	return probeBackoff.after(now.Sub(ready.LastTransitionTime.Time))
}
