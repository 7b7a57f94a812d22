package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestConditionsThatAreAlwaysThere: a restored or edited status without a condition that
// clients wait for gets it back with one write. That is no event, and leads to no call.
func TestConditionsThatAreAlwaysThere(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.probe()
	connection, instance := h.get("acme").Status, h.theInstance().Status
	h.drainEvents()
	h.sim.ResetJournal()

	lost := connection.DeepCopy()
	meta.RemoveStatusCondition(&lost.Conditions, v1alpha1.ConditionUserActionRequired)
	h.putStatus("acme", *lost)
	i := h.theInstance()
	meta.RemoveStatusCondition(&i.Status.Conditions, v1alpha1.ConditionCallsPaused)
	meta.RemoveStatusCondition(&i.Status.Conditions, v1alpha1.ConditionDeletionsPaused)
	if err := h.direct.Status().Update(h.ctx(), i); err != nil {
		t.Fatal(err)
	}
	h.effects.names = nil
	for range 5 {
		h.poke("acme")
		h.run(time.Minute)
		h.probe()
	}
	want := []string{"update BankConnection/status", "update ClusterFlinksInstance/status"}
	if diff := cmp.Diff(want, h.effects.names); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	h.expect("acme", noActionRequired)
	for conditionType, reason := range map[string]string{
		v1alpha1.ConditionCallsPaused:     v1alpha1.ReasonCallsAllowed,
		v1alpha1.ConditionDeletionsPaused: v1alpha1.ReasonDeletionsAllowed,
	} {
		c := meta.FindStatusCondition(h.theInstance().Status.Conditions, conditionType)
		if was := meta.FindStatusCondition(instance.Conditions, conditionType); c == nil || was == nil || c.Reason != reason || c.Status != was.Status {
			t.Errorf("%s is %+v, and was %+v", conditionType, c, was)
		}
	}
	if events := h.drainEvents(); events != "" {
		t.Errorf("events: %s", events)
	}
	if n := len(h.sim.Journal()); n != 0 {
		t.Errorf("%d calls", n)
	}
}
