package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func newInstance() lifecycle.InstanceWorld {
	return lifecycle.InstanceWorld{Generation: 1, Status: &v1alpha1.InstanceStatus{ObservedGeneration: -1}}
}

func probed(op flinks.Operation, code flinks.Code) *lifecycle.Probe {
	return &lifecycle.Probe{Err: refusal(op, code, false)}
}

const token = flinks.OpGenerateAuthorizeToken

// TestProbe goes through what a probe can find, on a new instance and on one that
// is ready.
func TestProbe(t *testing.T) {
	accepted := &lifecycle.Probe{}
	for name, row := range map[string]struct {
		probe            *lifecycle.Probe
		fresh, wasReady  string
		cleared, pending bool
	}{
		"accepted":     {accepted, "True CredentialsAccepted", "True CredentialsAccepted", true, false},
		"keys refused": {probed(token, flinks.CodeUnauthorized), "False InstanceRejected", "False InstanceRejected", true, true},
		"denied":       {probed(token, flinks.CodeAccessDenied), "False InstanceRejected", "False InstanceRejected", true, true},
		"keys missing": {&lifecycle.Probe{Problem: v1alpha1.ReasonCredentialsNotFound}, "False CredentialsNotFound", "False CredentialsNotFound", true, true},
		"no answer":    {&lifecycle.Probe{Err: noAnswer(token)}, "False FlinksUnavailable", "True CredentialsAccepted", false, false},
		"throttled":    {probed(token, flinks.CodeTooManyRequests), "False FlinksUnavailable", "True CredentialsAccepted", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := newScene(t).now
			w := newInstance()
			if !lifecycle.ProbeDue(now, w) {
				t.Fatal("a new instance is not probed")
			}
			verdict := func(probe *lifecycle.Probe) string {
				st := lifecycle.RecordInstance(now, w, probe)
				w.Status = &st
				if again := lifecycle.RecordInstance(now.Add(time.Hour), w, nil); !equality.Semantic.DeepEqual(st, again) {
					t.Errorf("recording nothing changes the status:\n%s", cmp.Diff(st, again))
				}
				ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionReady)
				return string(ready.Status) + " " + ready.Reason
			}
			if got := verdict(row.probe); got != row.fresh {
				t.Errorf("a new instance is %s, not %s", got, row.fresh)
			}
			w = newInstance()
			verdict(accepted)
			w.Suspect = true
			if got := verdict(row.probe); got != row.wasReady {
				t.Errorf("a ready instance is %s, not %s", got, row.wasReady)
			}
			if got := row.probe.Cleared(); got != row.cleared {
				t.Errorf("the suspicion is settled: %v", got)
			}
			w.Suspect = false
			if got := lifecycle.ProbeDue(now, w); got != row.pending {
				t.Errorf("another probe is due: %v", got)
			}
		})
	}
}

// TestProbeDue: a ready instance is left alone until something changes.
func TestProbeDue(t *testing.T) {
	now := newScene(t).now
	w := newInstance()
	st := lifecycle.RecordInstance(now, w, &lifecycle.Probe{})
	w.Status = &st
	if lifecycle.ProbeDue(now.Add(1000*time.Hour), w) {
		t.Error("a restart probes a ready instance")
	}
	w.Generation++
	if !lifecycle.ProbeDue(now, w) {
		t.Error("a changed instance is not probed")
	}
	w.NotUntil = now.Add(1)
	if lifecycle.ProbeDue(now, w) {
		t.Error("a probe is not paced")
	}
	w.NotUntil = time.Time{}
	down := lifecycle.RecordInstance(now, w, &lifecycle.Probe{Err: noAnswer(token)})
	if ready := meta.FindStatusCondition(down.Conditions, v1alpha1.ConditionReady); ready.Reason != v1alpha1.ReasonFlinksUnavailable {
		t.Errorf("a changed instance is %s though nobody tried its keys", ready.Reason)
	}
}

// TestProbePace grows to a minute with the time that an instance is not ready.
func TestProbePace(t *testing.T) {
	now := newScene(t).now
	w := newInstance()
	if got := lifecycle.ProbePace(now, w.Status); got != time.Minute {
		t.Errorf("without any condition: %v", got)
	}
	st := lifecycle.RecordInstance(now, w, probed(token, flinks.CodeUnauthorized))
	for after, want := range map[time.Duration]time.Duration{0: time.Second, 30 * time.Second: 30 * time.Second, time.Hour: time.Minute} {
		if got := lifecycle.ProbePace(now.Add(after), &st); got < want || got > want+time.Second {
			t.Errorf("after %v: %v, not %v", after, got, want)
		}
	}
}

// TestConnectionCounts are written whenever they change, and probe nothing.
func TestConnectionCounts(t *testing.T) {
	now := newScene(t).now
	w := newInstance()
	st := lifecycle.RecordInstance(now, w, &lifecycle.Probe{})
	w.Status = &st
	w.Connections = v1alpha1.ConnectionCounts{Total: 3, Ready: 2, UserActionRequired: 1}
	got := lifecycle.RecordInstance(now, w, nil)
	if diff := cmp.Diff(&w.Connections, got.Connections); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if st.Connections.Total != 0 {
		t.Error("RecordInstance changed the status that it was given")
	}
}
