package bankconnection

import (
	"context"
	"maps"
	"slices"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// ofPolicy returns the connections that name a policy: an edit makes them plan again, and they
// tell of its deletion.
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
		GenericFunc: func(ctx context.Context, e event.GenericEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(ctx, q, e.Object)
		},
	}
}

// ofRemovedKey returns the connections whose link does not work any more.
func (r *Reconciler) ofRemovedKey(ctx context.Context, _ client.Object) []reconcile.Request {
	return r.requests(ctx, client.InNamespace(""), r.Logins.Links.Lost)
}

// requests returns the connections that a selection finds in the cache, and all conditions
// hold for, each once. A list that fails is a cache that is being stopped.
func (r *Reconciler) requests(ctx context.Context, selection client.ListOption, conditions ...func(*v1alpha1.BankConnection) bool) []reconcile.Request {
	var list v1alpha1.BankConnectionList
	if err := r.Client.List(ctx, &list, selection, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil
	}
	found := map[reconcile.Request]bool{}
	for i := range list.Items {
		c := &list.Items[i]
		if slices.ContainsFunc(conditions, func(holds func(*v1alpha1.BankConnection) bool) bool { return !holds(c) }) {
			continue
		}
		found[reconcile.Request{NamespacedName: client.ObjectKeyFromObject(c)}] = true
	}
	return slices.Collect(maps.Keys(found))
}
