package instance

import (
	"context"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// IndexInstance is the cache index of connections by Key.String.
const IndexInstance = "instance"

// countDelay gathers changes of connections into one count.
const countDelay = time.Second

// +kubebuilder:rbac:groups=connect.flinks-operator.dev,resources=flinksinstances;clusterflinksinstances,verbs=get;list;watch
// +kubebuilder:rbac:groups=connect.flinks-operator.dev,resources=flinksinstances/status;clusterflinksinstances/status,verbs=update
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// AddIndexes adds the cache indexes that the package reads.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &v1alpha1.BankConnection{}, IndexInstance, func(o client.Object) []string {
		return []string{KeyOf(o.(*v1alpha1.BankConnection)).String()}
	})
}

// SetupWithManager starts the reconciler with the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named(strings.ToLower(string(r.Kind))).
		For(newObject(r.Kind), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.BankConnection{}, r.countAgain(), builder.WithPredicates(countsChanged())).
		WatchesRawSource(source.Channel(r.Suspects.events[r.Kind], &handler.EnqueueRequestForObject{})).
		Complete(r)
}

// countAgain enqueues the instance of a connection, a little later.
func (r *Reconciler) countAgain() handler.EventHandler {
	enqueue := func(q workqueue.TypedRateLimitingInterface[reconcile.Request], o client.Object) {
		key := KeyOf(o.(*v1alpha1.BankConnection))
		if key.Kind != r.Kind {
			return
		}
		q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: key.Namespace, Name: key.Name}}, countDelay)
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(q, e.Object)
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(q, e.ObjectNew)
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(q, e.Object)
		},
	}
}

// countsChanged passes what changes an instance's counts.
func countsChanged() predicate.Predicate {
	counted := func(o client.Object, conditionType string) bool {
		return meta.IsStatusConditionTrue(o.(*v1alpha1.BankConnection).Status.Conditions, conditionType)
	}
	overdue := func(o client.Object) bool { return lifecycle.IsOverdue(&o.(*v1alpha1.BankConnection).Status) }
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		for _, t := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionUserActionRequired} {
			if counted(e.ObjectOld, t) != counted(e.ObjectNew, t) {
				return true
			}
		}
		return overdue(e.ObjectOld) != overdue(e.ObjectNew)
	}}
}
