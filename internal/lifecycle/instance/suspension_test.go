package instance_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// TestSuspension: nothing is probed or checked while the instance is suspended, and that is told
// once.
func TestSuspension(t *testing.T) {
	now := start(t)
	probed := instance.Record(now, instance.Inputs{Generation: 1, Status: &v1alpha1.InstanceStatus{ObservedGeneration: -1}}, &instance.Probe{})
	settled := instance.Record(now, instance.Inputs{Generation: 1, Suspended: true, Status: &v1alpha1.InstanceStatus{ObservedGeneration: -1}}, nil)
	meta.RemoveStatusCondition(&settled.Conditions, v1alpha1.ConditionSuspended)
	meta.RemoveStatusCondition(&settled.Conditions, v1alpha1.ConditionReady)
	for name, st := range map[string]*v1alpha1.InstanceStatus{"before the first probe": &settled, "later": &probed} {
		in := instance.Inputs{Generation: 2, Suspended: true, Status: st, Suspect: true, Nightly: true}
		if instance.ProbeDue(now, in) || instance.NightlyCheckDue(now, in) || instance.NightlyCheckWait(now, in) != 0 {
			t.Errorf("%s: a call is due", name)
		}
		after := instance.Record(now, in, nil)
		told := instance.Events(st, &after)
		if len(told) != 1 || told[0].Warning || told[0].Reason != v1alpha1.ReasonSuspended {
			t.Errorf("%s: the events are %+v", name, told)
		}
		if after.ObservedGeneration != 2 || meta.FindStatusCondition(after.Conditions, v1alpha1.ConditionReady) == nil {
			t.Errorf("%s: the status is %+v", name, after)
		}
		in = instance.Inputs{Generation: 3, Status: &after}
		if !instance.ProbeDue(now, in) {
			t.Errorf("%s: resumed, and no probe is due", name)
		}
		resumed := instance.Record(now, in, &instance.Probe{})
		if meta.FindStatusCondition(resumed.Conditions, v1alpha1.ConditionSuspended) != nil {
			t.Errorf("%s: resumed, and the status is %+v", name, resumed)
		}
	}
}
