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
	// Keys stands for what a probe proves: the instance at Flinks and its customer, the
	// address of the API, and the Secret with the keys.
	Keys string
	// Suspect is true if Flinks refused the keys to a connection.
	Suspect bool
	// NotUntil holds back the next probe; zero after a restart.
	NotUntil time.Time
	// Calls is the pause of the instance; Reason is empty if there is none. One
	// whose time is over lasts until a call has shown that Flinks answers.
	Calls Deferral
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

// Probe is what came of trying the keys: the secret key with an authorize token, and then
// the x-api-key.
type Probe struct {
	// Problem is the reason why Flinks was not asked; empty if it was.
	Problem string
	// Err is what Flinks answered to the call that failed; nil if it accepts both keys.
	Err *flinks.Error
}

// ProbeDue reports whether the keys of an instance are to be tried now. A ready
// instance is not probed again until its spec changes, Flinks refuses its keys or a
// pause is over, so that a restart costs nothing.
func ProbeDue(now time.Time, w InstanceWorld) bool {
	return w.needsProbe() && !now.Before(w.NotUntil) && !w.Calls.holds(now)
}

func (w InstanceWorld) needsProbe() bool {
	return w.Suspect || w.Calls.Reason != "" || w.Status.ObservedGeneration != w.Generation ||
		!IsProven(w.Status, w.Keys) || !meta.IsStatusConditionTrue(w.Status.Conditions, v1alpha1.ConditionReady)
}

// IsProven reports whether the Ready condition of an instance speaks of what its spec
// names now. No connection calls until it does: its login must not go to an address that
// was never tried, nor be judged by keys of another customer.
func IsProven(st *v1alpha1.InstanceStatus, keys string) bool { return st.ProbedFingerprint == keys }

// InstanceProblem returns why connections cannot use an instance; "" if Flinks accepted
// its keys when they were last tried. That the spec was edited since is no problem: most
// edits leave the keys as they are, and for the others see [IsProven].
func InstanceProblem(st *v1alpha1.InstanceStatus) string {
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return v1alpha1.ReasonInstanceNotReady
	case ready.Status == isTrue:
		return ""
	case ready.Reason == v1alpha1.ReasonAPIKeyRefused:
		return v1alpha1.ReasonAPIKeyRefused
	}
	return v1alpha1.ReasonInstanceNotReady
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
	if probe == nil {
		return st
	}
	st.ObservedGeneration = w.Generation
	if unreachable(probe) && w.isJudged() {
		return st // That Flinks is down says nothing about the keys.
	}
	st.ProbedFingerprint = w.Keys
	status, reason := probe.verdict()
	meta.SetStatusCondition(&st.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message(reason),
		ObservedGeneration: w.Generation, LastTransitionTime: *past(now),
	})
	return st
}

// isJudged reports whether Flinks itself said of the keys what Ready says.
func (w InstanceWorld) isJudged() bool {
	ready := meta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || !IsProven(w.Status, w.Keys) {
		return false
	}
	switch ready.Reason {
	case v1alpha1.ReasonCredentialsAccepted, v1alpha1.ReasonInstanceRejected, v1alpha1.ReasonAPIKeyRefused:
		return true
	}
	return false
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
	case p.Err.Op == flinks.OpGetAccountsSummary:
		return isFalse, v1alpha1.ReasonAPIKeyRefused
	}
	return isFalse, v1alpha1.ReasonInstanceRejected
}

// Cleared reports whether the probe settled a suspicion, one way or the other.
func (p *Probe) Cleared() bool { return !unreachable(p) }

// ProbePace is how long to wait before the next probe of an instance that is not
// ready: the longer it has not been, the longer, up to a minute.
func ProbePace(now time.Time, st *v1alpha1.InstanceStatus) time.Duration {
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status == isTrue {
		return probeBackoff.most
	}
	lasted := now.Sub(ready.LastTransitionTime.Time)
	if lasted < -time.Second { // A clock was set back. That must not make a probe of each second until then.
		return probeBackoff.most
	}
	return probeBackoff.after(lasted)
}
