package reconcile

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// unheard is the queue of a reconciler that the harness wakes itself.
type unheard struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]
}

func (unheard) AddAfter(reconcile.Request, time.Duration) {}

// show tells the tallies of a manager what its watches would have told them by now.
func (i *incarnation) show(ctx context.Context, connections []v1alpha1.BankConnection) {
	is := map[types.UID]*v1alpha1.BankConnection{}
	for n := range connections {
		is[connections[n].UID] = &connections[n]
	}
	for _, tally := range []handler.EventHandler{i.instances.Tally, i.own.Tally, i.policies.Tally} {
		for uid, c := range is {
			if before := i.shown[uid]; before != nil {
				tally.Update(ctx, event.UpdateEvent{ObjectOld: before, ObjectNew: c}, unheard{})
				continue
			}
			tally.Create(ctx, event.CreateEvent{Object: c}, unheard{})
		}
		for uid, c := range i.shown {
			if is[uid] == nil {
				tally.Delete(ctx, event.DeleteEvent{Object: c}, unheard{})
			}
		}
	}
	i.shown = is
}
