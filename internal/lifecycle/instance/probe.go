package instance

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Probe is the result of trying the keys: the secret key with an authorize token, and then
// the x-api-key.
type Probe struct {
	// Problem is the reason why Flinks was not asked; empty if it was.
	Problem string
	// Err is the error of the call that failed; nil if Flinks accepts both keys.
	Err *flinks.Error
}

// ProbeDue reports whether the keys of an instance are to be tried now. A ready
// instance is not probed again until its spec changes, Flinks refuses its keys or a
// pause is over, so that a restart costs nothing.
func ProbeDue(now time.Time, in Inputs) bool {
	return !in.Suspended && in.needsProbe() && !now.Before(in.NotUntil) && !in.Calls.Defers(now)
}

func (in Inputs) needsProbe() bool {
	return in.Suspect || in.Calls.Reason != "" || in.Status.ObservedGeneration != in.Generation ||
		!IsProven(in.Status, in.Keys) || !meta.IsStatusConditionTrue(in.Status.Conditions, v1alpha1.ConditionReady)
}

// IsProven reports whether the Ready condition of an instance holds for the keys and
// endpoints that its spec now names. No connection calls before it does: its login must
// not be sent to an address that was never tried, nor be judged by keys of another
// customerId.
func IsProven(st *v1alpha1.InstanceStatus, keys string) bool { return st.ProbedFingerprint == keys }

// Problem returns why connections cannot use an instance; "" if Flinks accepted its keys
// when they were last tried. An edit of the spec since then is no problem: most edits
// leave the keys as they are, and for the others see [IsProven].
func Problem(st *v1alpha1.InstanceStatus) string {
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return v1alpha1.ReasonInstanceNotReady
	case ready.Status == metav1.ConditionTrue:
		return ""
	case ready.Reason == v1alpha1.ReasonAPIKeyRefused:
		return v1alpha1.ReasonAPIKeyRefused
	}
	return v1alpha1.ReasonInstanceNotReady
}

// Record returns the complete status of an instance; probe is nil if there was none.
func Record(now time.Time, in Inputs, probe *Probe) v1alpha1.InstanceStatus {
	st := *in.Status.DeepCopy()
	counts := in.Connections
	st.Connections = &counts
	if probe != nil {
		in.recordProbe(now, &st, probe)
	}
	in.recordSuspension(now, &st)
	in.setEitherWay(now, &st, v1alpha1.ConditionCallsPaused, in.Calls.Reason, v1alpha1.ReasonCallsAllowed)
	in.recordFinalizers(now, &st)
	in.recordDeletions(now, &st)
	invalid := in.Revocation.Note(now, &st)
	in.setWhileTrue(now, &st, v1alpha1.ConditionRevocationInvalid, invalid != "", invalid)
	in.recordProof(now, &st)
	// Keys that Flinks refuses altogether say nothing about the choice between them.
	refused := in.CardRefused && meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionReady)
	in.setWhileTrue(now, &st, v1alpha1.ConditionCardCredentialRefused, refused, v1alpha1.ReasonCardCredentialRefused)
	return st
}

// recordSuspension records that the instance is suspended. Its Ready condition stays as last
// known: the next generation, which resumes the instance, is probed.
func (in Inputs) recordSuspension(now time.Time, st *v1alpha1.InstanceStatus) {
	in.setWhileTrue(now, st, v1alpha1.ConditionSuspended, in.Suspended, v1alpha1.ReasonSuspended)
	if !in.Suspended {
		return
	}
	st.ObservedGeneration = in.Generation
	if meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady) == nil {
		in.setCondition(now, st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSuspended)
	}
}

// recordProbe records whether Flinks accepts the keys.
func (in Inputs) recordProbe(now time.Time, st *v1alpha1.InstanceStatus, probe *Probe) {
	st.ObservedGeneration = in.Generation
	if unreachable(probe) && in.isJudged() {
		return // That Flinks is down says nothing about the keys.
	}
	in.forgetProof(st)
	st.ProbedFingerprint = in.Keys
	status, reason := probe.verdict()
	in.setCondition(now, st, v1alpha1.ConditionReady, status, reason)
}

// isJudged reports whether the Ready condition is based on an answer of Flinks about the
// keys.
func (in Inputs) isJudged() bool {
	ready := meta.FindStatusCondition(in.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || !IsProven(in.Status, in.Keys) {
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
		return metav1.ConditionFalse, p.Problem
	case p.Err == nil:
		return metav1.ConditionTrue, v1alpha1.ReasonCredentialsAccepted
	case unreachable(p):
		return metav1.ConditionFalse, v1alpha1.ReasonFlinksUnavailable
	case p.Err.Op == flinks.OpGetAccountsSummary:
		return metav1.ConditionFalse, v1alpha1.ReasonAPIKeyRefused
	}
	return metav1.ConditionFalse, v1alpha1.ReasonInstanceRejected
}

// Cleared reports whether the probe confirmed or refuted a suspicion.
func (p *Probe) Cleared() bool { return !unreachable(p) }

// The delays between two probes of an instance that is not ready.
const (
	minProbeDelay = time.Second
	maxProbeDelay = time.Minute
)

// ProbeDelay returns how long to wait before the next probe of an instance that is not
// ready: as long as it has not been ready, up to a minute.
func ProbeDelay(now time.Time, st *v1alpha1.InstanceStatus) time.Duration {
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status == metav1.ConditionTrue {
		return maxProbeDelay
	}
	lasted := now.Sub(ready.LastTransitionTime.Time)
	if lasted < -time.Second { // A clock was set back. The operator must not probe every second until then.
		return maxProbeDelay
	}
	return min(max(lasted, minProbeDelay), maxProbeDelay)
}
