package instance

import (
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/watch"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// The marks of a connection.
const (
	isReady = iota
	isActionRequired
	isOverdue
	isNeeding
	isToBeDeleted
	wantsNightlyCheck
	isCardRefused
	numMarks
)

var _ [watch.MaxMarks - numMarks]struct{} // There is a bit for each.

// Tally counts the connections of the instances of a kind.
type Tally = watch.Tally[Key]

// NewTally returns one that has counted nothing.
func NewTally(kind v1alpha1.InstanceKind) *Tally {
	return &Tally{
		Request: func(k Key) reconcile.Request {
			return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: k.Namespace, Name: k.Name}}
		},
		Of: func(o client.Object) (Key, watch.Marks, bool) {
			c := o.(*v1alpha1.BankConnection)
			key := KeyOf(c)
			return key, marksOf(c), key.Kind == kind
		},
	}
}

func marksOf(c *v1alpha1.BankConnection) watch.Marks {
	st := &c.Status
	return watch.Mark(isReady, meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionReady)) |
		watch.Mark(isActionRequired, meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionUserActionRequired)) |
		watch.Mark(isOverdue, lifecycle.IsOverdue(st)) |
		watch.Mark(isNeeding, instance.IsNeededBy(c)) |
		watch.Mark(isToBeDeleted, lifecycle.IsToBeDeleted(c)) |
		watch.Mark(wantsNightlyCheck, instance.WantsNightlyCheck(c)) |
		watch.Mark(isCardRefused, lifecycle.IsCardRefused(st))
}

// count also finds out whether the instance is needed, and for what. Writes that are under way are
// not waited for: each that changes a count wakes the reconciler.
func count(sum watch.Sum, w *instance.Inputs) {
	w.Connections = v1alpha1.ConnectionCounts{
		Total: sum.Total, Ready: sum.Marked[isReady],
		UserActionRequired: sum.Marked[isActionRequired], Overdue: sum.Marked[isOverdue],
	}
	w.InUse, w.Nightly, w.CardRefused = sum.Marked[isNeeding] > 0, sum.Marked[wantsNightlyCheck] > 0, sum.Marked[isCardRefused] > 0
}
