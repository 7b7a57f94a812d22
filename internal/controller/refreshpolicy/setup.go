package refreshpolicy

import (
	"context"
	"time"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/watch"
)

// IndexPolicy is the cache index of connections by the policy that they name, as
// namespace/name.
const IndexPolicy = "refreshPolicy"

// countDelay gathers changes of connections into one count.
const countDelay = time.Second

// +kubebuilder:rbac:groups=connect.flinks-operator.dev,resources=refreshpolicies,verbs=get;list;watch
// +kubebuilder:rbac:groups=connect.flinks-operator.dev,resources=refreshpolicies/status,verbs=update
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// AddIndexes adds the cache indexes that the package reads.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &v1alpha1.BankConnection{}, IndexPolicy, func(o client.Object) []string {
		if key, ok := KeyOf(o.(*v1alpha1.BankConnection)); ok {
			return []string{key.String()}
		}
		return nil
	})
}

// SetupWithManager starts the reconciler with the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return r.Watches().Start(mgr, controller.Options{}, r)
}

// Watches returns what wakes the reconciler.
func (r *Reconciler) Watches() watch.Set {
	return watch.Set{
		Name: "refreshpolicy",
		Own:  watch.Own(&v1alpha1.RefreshPolicy{}, Changed()),
		Others: []watch.Watch{{
			Object: &v1alpha1.BankConnection{}, Handler: countAgain(), Predicates: []predicate.Predicate{countsChanged()},
		}},
	}
}

// Changed passes what changes a policy, and not its status. One that was deleted and
// made again may be seen as an update.
func Changed() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() || e.ObjectOld.GetUID() != e.ObjectNew.GetUID()
	}}
}

// countAgain enqueues the policy that a connection names, and the one that it named
// before, a little later.
func countAgain() handler.EventHandler {
	enqueue := func(q workqueue.TypedRateLimitingInterface[reconcile.Request], objects ...client.Object) {
		for _, o := range objects {
			if key, ok := KeyOf(o.(*v1alpha1.BankConnection)); ok {
				q.AddAfter(reconcile.Request{NamespacedName: key}, countDelay)
			}
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(q, e.Object)
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(q, e.ObjectOld, e.ObjectNew)
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(q, e.Object)
		},
	}
}

// countsChanged passes connections that come, go or name another policy.
func countsChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		was, named := KeyOf(e.ObjectOld.(*v1alpha1.BankConnection))
		is, names := KeyOf(e.ObjectNew.(*v1alpha1.BankConnection))
		return was != is || named != names
	}}
}
