// Package watch says as a value what wakes a reconciler. A manager starts the watches from
// it; a test may deliver events by it without a manager, to the handlers and through the
// predicates that are in use.
package watch

import (
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Watch is one kind of objects whose events a reconciler is told of.
type Watch struct {
	// Object is of the kind. Of a PartialObjectMetadata only the metadata is watched.
	Object client.Object
	// Handler enqueues what an event concerns.
	Handler handler.EventHandler
	// Predicates that an event must pass, all of them.
	Predicates []predicate.Predicate
}

// Own is the watch of the kind that is reconciled.
func Own(o client.Object, predicates ...predicate.Predicate) Watch {
	return Watch{Object: o, Handler: &handler.EnqueueRequestForObject{}, Predicates: predicates}
}

// Passes reports whether the handler is told of a creation. The first list of a kind comes
// as creations.
func (w Watch) Passes(e event.CreateEvent) bool {
	return all(w.Predicates, func(p predicate.Predicate) bool { return p.Create(e) })
}

// PassesUpdate reports whether the handler is told of an update.
func (w Watch) PassesUpdate(e event.UpdateEvent) bool {
	return all(w.Predicates, func(p predicate.Predicate) bool { return p.Update(e) })
}

// PassesDelete reports whether the handler is told of a deletion.
func (w Watch) PassesDelete(e event.DeleteEvent) bool {
	return all(w.Predicates, func(p predicate.Predicate) bool { return p.Delete(e) })
}

func all(predicates []predicate.Predicate, passes func(predicate.Predicate) bool) bool {
	for _, p := range predicates {
		if !passes(p) {
			return false
		}
	}
	return true
}

// Channel carries what other parts of the process tell a reconciler.
type Channel struct {
	Events  <-chan event.GenericEvent
	Handler handler.EventHandler
}

// Set is all that wakes one reconciler.
type Set struct {
	// Name of the controller, in logs and metrics.
	Name string
	// Own is the watch of the kind that is reconciled: see the function.
	Own Watch
	// Others are the watches of what the reconciled objects depend on.
	Others   []Watch
	Channels []Channel
}

// All is every watch.
func (s Set) All() []Watch { return append([]Watch{s.Own}, s.Others...) }

// Start adds a controller to the manager, which is woken by the set.
func (s Set) Start(mgr ctrl.Manager, o controller.Options, r reconcile.Reconciler) error {
	b := ctrl.NewControllerManagedBy(mgr).Named(s.Name).WithOptions(o).
		For(s.Own.Object, builder.WithPredicates(s.Own.Predicates...))
	for _, w := range s.Others {
		b.Watches(w.Object, w.Handler, builder.WithPredicates(w.Predicates...))
	}
	for _, c := range s.Channels {
		b.WatchesRawSource(source.Channel(c.Events, c.Handler))
	}
	return b.Complete(r)
}
