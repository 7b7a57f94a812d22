package instance_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

func newInstance() instance.Inputs {
	return instance.Inputs{Generation: 1, Status: &v1alpha1.InstanceStatus{ObservedGeneration: -1}}
}

func probed(op flinks.Operation, code flinks.Code) *instance.Probe {
	return &instance.Probe{Err: refusal(op, code)}
}

const (
	token    = flinks.OpGenerateAuthorizeToken
	dataCall = flinks.OpGetAccountsSummary
)

// TestProbe goes through what a probe can find, on a new instance and on one that
// is ready.
func TestProbe(t *testing.T) {
	accepted := &instance.Probe{}
	for name, row := range map[string]struct {
		probe            *instance.Probe
		fresh, wasReady  string
		cleared, pending bool
	}{
		"accepted":             {accepted, "True CredentialsAccepted", "True CredentialsAccepted", true, false},
		"keys refused":         {probed(token, flinks.CodeUnauthorized), "False InstanceRejected", "False InstanceRejected", true, true},
		"denied":               {probed(token, flinks.CodeAccessDenied), "False InstanceRejected", "False InstanceRejected", true, true},
		"api key refused":      {probed(dataCall, flinks.CodeUnauthorized), "False APIKeyRefused", "False APIKeyRefused", true, true},
		"api key not answered": {&instance.Probe{Err: noAnswer(dataCall)}, "False FlinksUnavailable", "True CredentialsAccepted", false, false},
		"keys missing":         {&instance.Probe{Problem: v1alpha1.ReasonCredentialsNotFound}, "False CredentialsNotFound", "False CredentialsNotFound", true, true},
		"no answer":            {&instance.Probe{Err: noAnswer(token)}, "False FlinksUnavailable", "True CredentialsAccepted", false, false},
		"throttled":            {probed(token, flinks.CodeTooManyRequests), "False FlinksUnavailable", "True CredentialsAccepted", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := start(t)
			w := newInstance()
			if !instance.ProbeDue(now, w) {
				t.Fatal("a new instance is not probed")
			}
			verdict := func(probe *instance.Probe) string {
				st := instance.Record(now, w, probe)
				w.Status = &st
				if again := instance.Record(now.Add(time.Hour), w, nil); !equality.Semantic.DeepEqual(st, again) {
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
			if got := instance.ProbeDue(now, w); got != row.pending {
				t.Errorf("another probe is due: %v", got)
			}
		})
	}
}

// TestProbeDue: a ready instance is left alone until something changes.
func TestProbeDue(t *testing.T) {
	now := start(t)
	w := newInstance()
	st := instance.Record(now, w, &instance.Probe{})
	w.Status = &st
	if instance.ProbeDue(now.Add(1000*time.Hour), w) {
		t.Error("a restart probes a ready instance")
	}
	w.Generation++
	if !instance.ProbeDue(now, w) {
		t.Error("a changed instance is not probed")
	}
	w.NotUntil = now.Add(1)
	if instance.ProbeDue(now, w) {
		t.Error("a probe is not paced")
	}
}

// TestProofs: a probe proves the keys that the spec names. What was proven stays true
// until Flinks says otherwise, or the spec names others.
func TestProofs(t *testing.T) {
	now := start(t)
	down := &instance.Probe{Err: noAnswer(token)}
	for name, row := range map[string]struct {
		first  *instance.Probe
		change func(*instance.Inputs)
		then   *instance.Probe
		want   string
		due    bool
	}{
		"an edit, and Flinks is down":             {&instance.Probe{}, func(w *instance.Inputs) { w.Generation++ }, down, "CredentialsAccepted", false},
		"an edit, not probed yet":                 {&instance.Probe{}, func(w *instance.Inputs) { w.Generation++ }, nil, "CredentialsAccepted", true},
		"other keys, and Flinks is down":          {&instance.Probe{}, func(w *instance.Inputs) { w.Generation++; w.Keys = "others" }, down, "FlinksUnavailable", true},
		"other keys, not probed yet":              {&instance.Probe{}, func(w *instance.Inputs) { w.Keys = "others" }, nil, "CredentialsAccepted", true},
		"refused, then down":                      {probed(token, flinks.CodeUnauthorized), nil, down, "InstanceRejected", true},
		"api key refused, then down":              {probed(dataCall, flinks.CodeUnauthorized), nil, down, "APIKeyRefused", true},
		"no Secret, then one, and Flinks is down": {&instance.Probe{Problem: v1alpha1.ReasonCredentialsNotFound}, nil, down, "FlinksUnavailable", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newInstance()
			w.Keys = "keys"
			st := instance.Record(now, w, row.first)
			w.Status = &st
			if row.change != nil {
				row.change(&w)
			}
			after := instance.Record(now.Add(time.Minute), w, row.then)
			if got := meta.FindStatusCondition(after.Conditions, v1alpha1.ConditionReady).Reason; got != row.want {
				t.Errorf("Ready is %s, not %s", got, row.want)
			}
			w.Status = &after
			if got := instance.ProbeDue(now.Add(time.Hour), w); got != row.due {
				t.Errorf("another probe is due: %v", got)
			}
		})
	}
}

// TestInstanceProblem: connections act on what was last proven, whatever generation of
// the spec that was.
func TestInstanceProblem(t *testing.T) {
	now := start(t)
	for name, row := range map[string]struct {
		probe *instance.Probe
		want  string
	}{
		"never probed":    {nil, v1alpha1.ReasonInstanceNotReady},
		"accepted":        {&instance.Probe{}, ""},
		"refused":         {probed(token, flinks.CodeUnauthorized), v1alpha1.ReasonInstanceNotReady},
		"api key refused": {probed(dataCall, flinks.CodeUnauthorized), v1alpha1.ReasonAPIKeyRefused},
	} {
		w := newInstance()
		w.Keys = "keys"
		st := instance.Record(now, w, row.probe)
		if got := instance.Problem(&st); got != row.want {
			t.Errorf("%s: %q", name, got)
		}
		if got := instance.IsProven(&st, "keys"); got != (row.probe != nil) || instance.IsProven(&st, "others") {
			t.Errorf("%s: proven: %v", name, got)
		}
	}
}

// TestProbePace grows to a minute with the time that an instance is not ready.
func TestProbePace(t *testing.T) {
	now := start(t)
	w := newInstance()
	if got := instance.ProbeDelay(now, w.Status); got != time.Minute {
		t.Errorf("without any condition: %v", got)
	}
	st := instance.Record(now, w, probed(token, flinks.CodeUnauthorized))
	for after, want := range map[time.Duration]time.Duration{0: time.Second, 30 * time.Second: 30 * time.Second, time.Hour: time.Minute} {
		if got := instance.ProbeDelay(now.Add(after), &st); got < want || got > want+time.Second {
			t.Errorf("after %v: %v, not %v", after, got, want)
		}
	}
}

// TestProbePaceAfterAClockWasSetBack is the longest one: a transition in the future says
// nothing about how long an instance was not ready.
func TestProbePaceAfterAClockWasSetBack(t *testing.T) {
	now := start(t)
	st := instance.Record(now, newInstance(), probed(token, flinks.CodeUnauthorized))
	if got := instance.ProbeDelay(now.Add(-time.Hour), &st); got != time.Minute {
		t.Errorf("an hour before it was found not ready: %v", got)
	}
}

// TestConnectionCounts are written whenever they change, and probe nothing.
func TestConnectionCounts(t *testing.T) {
	now := start(t)
	w := newInstance()
	st := instance.Record(now, w, &instance.Probe{})
	w.Status = &st
	w.Connections = v1alpha1.ConnectionCounts{Total: 3, Ready: 2, UserActionRequired: 1}
	got := instance.Record(now, w, nil)
	if diff := cmp.Diff(&w.Connections, got.Connections); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if st.Connections.Total != 0 {
		t.Error("RecordInstance changed the status that it was given")
	}
}
