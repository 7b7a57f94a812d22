package reconcile

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func threeDays(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect = &v1alpha1.ReconnectSpec{Deadline: &metav1.Duration{Duration: 72 * time.Hour}}
}

// TestOverdue: a person who is wanted for longer than the deadline is counted.
func TestOverdue(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ask(threeDays)
	overdue := func() [2]int32 {
		h.probe()
		var i v1alpha1.ClusterFlinksInstance
		if err := h.live.Get(t.Context(), types.NamespacedName{Name: h.instance()}, &i); err != nil {
			t.Fatal(err)
		}
		return [2]int32{i.Status.Connections.UserActionRequired, i.Status.Connections.Overdue}
	}
	h.run(71 * time.Hour)
	if got := overdue(); got != [2]int32{1, 0} {
		t.Errorf("wanted and overdue: %v", got)
	}
	h.run(2 * time.Hour)
	h.expect("acme", "UserActionRequired=True DeadlineExceeded")
	if r := h.get("acme").Status.Reconnect; r.Reason == v1alpha1.ReasonDeadlineExceeded || r.Reason == "" {
		t.Errorf("reconnect: %+v", r)
	}
	if got := overdue(); got != [2]int32{1, 1} {
		t.Errorf("wanted and overdue: %v", got)
	}
}
