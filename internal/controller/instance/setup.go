package instance

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/watch"
)

// +kubebuilder:rbac:groups=connect.flinks-operator.dev,resources=flinksinstances;clusterflinksinstances,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=connect.flinks-operator.dev,resources=flinksinstances/status;clusterflinksinstances/status,verbs=update
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager starts the reconciler with the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, o controller.Options) error {
	return r.Watches().Start(mgr, o, r)
}

// Watches returns what wakes the reconciler.
func (r *Reconciler) Watches() watch.Set {
	return watch.Set{
		Name: strings.ToLower(string(r.Kind)),
		// What concerns connections the operator wrote itself, as a rule. But it may have reconciled since, by
		// a cache that did not show it yet, and planned no other probe.
		Own:      watch.Own(newObject(r.Kind), predicate.Or(changedByOthers(), ConcernsConnections())),
		Others:   []watch.Watch{{Object: &v1alpha1.BankConnection{}, Handler: r.Tally}},
		Channels: []watch.Channel{{Events: r.ProbeQueue.events[r.Kind], Handler: &handler.EnqueueRequestForObject{}}},
	}
}

// changedByOthers passes what others changed and the operator acts on: the
// spec, a confirmation, a revocation, the finalizer, a deletion.
func changedByOthers() predicate.Predicate {
	lost := func(was, is client.Object) bool {
		return controllerutil.ContainsFinalizer(was, v1alpha1.InUseFinalizer) &&
			!controllerutil.ContainsFinalizer(is, v1alpha1.InUseFinalizer)
	}
	return predicate.Or(predicate.GenerationChangedPredicate{}, predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return confirmationOf(e.ObjectOld) != confirmationOf(e.ObjectNew) ||
			revocationOf(e.ObjectOld) != revocationOf(e.ObjectNew) || lost(e.ObjectOld, e.ObjectNew)
	}})
}

// ConcernsConnections passes what changes an instance for its connections: whether, and
// why not, it can be used, its spec, and that links are revoked. Counts and generations in its status are none of
// their business.
func ConcernsConnections() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		was, is := viewOf(e.ObjectOld), viewOf(e.ObjectNew)
		return was.Object.GetGeneration() != is.Object.GetGeneration() || was.Object.GetUID() != is.Object.GetUID() ||
			was.Problem() != is.Problem() || was.IsProven() != is.IsProven() ||
			!equality.Semantic.DeepEqual(was.Status.LinkRevocation, is.Status.LinkRevocation)
	}}
}

// ConfirmationNoted passes what makes a confirmation count: that it was noted.
func ConfirmationNoted() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			is := viewOf(e.ObjectNew).Status.DeletionConfirmation
			return is != nil && !equality.Semantic.DeepEqual(viewOf(e.ObjectOld).Status.DeletionConfirmation, is)
		},
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
}
