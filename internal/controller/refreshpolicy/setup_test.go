package refreshpolicy_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
)

// TestChanged: a status changes nothing. A policy that was deleted and made again
// while no operator watched comes as an update, with the generation 1 as before.
func TestChanged(t *testing.T) {
	policy := func(uid string, generation int64, connections int32) *v1alpha1.RefreshPolicy {
		return &v1alpha1.RefreshPolicy{
			ObjectMeta: metav1.ObjectMeta{UID: types.UID(uid), Generation: generation},
			Status:     v1alpha1.RefreshPolicyStatus{Connections: connections},
		}
	}
	was := policy("one", 1, 1)
	for name, test := range map[string]struct {
		is   *v1alpha1.RefreshPolicy
		want bool
	}{
		"status":     {policy("one", 1, 2), false},
		"spec":       {policy("one", 2, 1), true},
		"made again": {policy("two", 1, 1), true},
	} {
		if got := refreshpolicy.Changed().Update(event.UpdateEvent{ObjectOld: was, ObjectNew: test.is}); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if p := refreshpolicy.Changed(); !p.Create(event.CreateEvent{Object: was}) || !p.Delete(event.DeleteEvent{Object: was}) {
		t.Error("policies that come or go are passed over")
	}
}
