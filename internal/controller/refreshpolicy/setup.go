package refreshpolicy

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/watch"
)

// IndexPolicy is the cache index of connections by the policy that they name, as
// namespace/name.
const IndexPolicy = "refreshPolicy"

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
		Name:   "refreshpolicy",
		Own:    watch.Own(&v1alpha1.RefreshPolicy{}, Changed()),
		Others: []watch.Watch{{Object: &v1alpha1.BankConnection{}, Handler: r.Tally}},
	}
}

// Changed passes what changes a policy, and not its status. One that was deleted and
// made again may be seen as an update.
func Changed() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() || e.ObjectOld.GetUID() != e.ObjectNew.GetUID()
	}}
}

// Tally counts the connections that name a policy.
type Tally = watch.Tally[types.NamespacedName]

// NewTally returns one that has counted nothing.
func NewTally() *Tally {
	return &Tally{
		Request: func(key types.NamespacedName) reconcile.Request { return reconcile.Request{NamespacedName: key} },
		Of: func(o client.Object) (types.NamespacedName, watch.Marks, bool) {
			key, names := KeyOf(o.(*v1alpha1.BankConnection))
			return key, 0, names
		},
	}
}
