package instance_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// TestCallsPaused is recorded as long as it holds, and changes nothing about the keys. A
// probe finds out when it is over.
func TestCallsPaused(t *testing.T) {
	now := start(t)
	w := newInstance()
	record := func(probe *instance.Probe) {
		t.Helper()
		st := instance.Record(now, w, probe)
		w.Status = &st
		if again := instance.Record(now.Add(time.Second), w, nil); !equality.Semantic.DeepEqual(st, again) {
			t.Error("recording nothing changes the status")
		}
		if !meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionReady) {
			t.Error("a pause says something against the keys")
		}
	}
	paused := func() string {
		if c := meta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionCallsPaused); c != nil {
			return string(c.Status) + " " + c.Reason
		}
		return ""
	}
	record(&instance.Probe{})
	if got := paused(); got != "False CallsAllowed" {
		t.Errorf("CallsPaused is %q", got)
	}
	w.Calls = lifecycle.Deferral{Until: now.Add(time.Minute), Reason: v1alpha1.ReasonThrottled}
	record(nil)
	if got := paused(); got != "True Throttled" {
		t.Errorf("CallsPaused is %q", got)
	}
	if w.Suspect = true; instance.ProbeDue(now.Add(59*time.Second), w) {
		t.Error("a paused instance is probed")
	}
	if w.Suspect = false; !instance.ProbeDue(now.Add(time.Minute), w) {
		t.Error("no probe finds out whether the pause is over")
	}
	w.Calls = lifecycle.Deferral{Until: now.Add(time.Hour), Reason: v1alpha1.ReasonFlinksUnavailable}
	record(probed(token, flinks.CodeTooManyRequests))
	if got := paused(); got != "True FlinksUnavailable" {
		t.Errorf("CallsPaused is %q", got)
	}
	w.Calls = lifecycle.Deferral{Until: now.Add(time.Hour)} // over before its time
	record(&instance.Probe{})
	if got := paused(); got != "False CallsAllowed" {
		t.Errorf("CallsPaused is %q", got)
	}
}
