package bankconnection

import (
	"context"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// ofPolicy are the connections that name a policy: an edit makes them plan anew, and a
// deletion is told on them.
func (r *Reconciler) ofPolicy(ctx context.Context, o client.Object) []reconcile.Request {
	return r.requests(ctx, client.MatchingFields{refreshpolicy.IndexPolicy: client.ObjectKeyFromObject(o).String()})
}

// routinely enqueues what an object concerns behind what people wait for: one edit
// may concern thousands.
func routinely(concerned handler.MapFunc) handler.EventHandler {
	enqueue := func(ctx context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request], o client.Object) {
		for _, request := range concerned(ctx, o) {
			if queue, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
				queue.AddWithOpts(priorityqueue.AddOpts{Priority: priorities[lifecycle.Routine]}, request)
				continue
			}
			q.Add(request)
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(ctx, q, e.Object)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(ctx, q, e.ObjectNew)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(ctx, q, e.Object)
		},
	}
}
