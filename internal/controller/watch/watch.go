// Package watch says as a value what wakes a reconciler. A manager starts the watches from
// it; a test may deliver events by it without a manager, to the handlers and through the
// predicates that are in use.
package watch

import (
	"context"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
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

// Own returns the watch of the kind that is reconciled.
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

// Timed wakes a reconciler at times that no object tells of.
type Timed interface {
	// Due returns what is to be reconciled now, and how long there will be nothing else;
	// 0 for until Changes says so.
	Due() (due []reconcile.Request, wait time.Duration)
	// Changes tells that there may be more to say than the last time.
	Changes() <-chan struct{}
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
	// Timed is nil if there is nothing of the kind.
	Timed Timed
}

// All returns every watch.
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
	if s.Timed != nil {
		b.WatchesRawSource(source.Func(func(ctx context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
			go wake(ctx, s.Timed, q)
			return nil
		}))
	}
	return b.Complete(r)
}

// TimedPriority is that of what Timed wakes: it is kept for it, and not for long.
const TimedPriority = 10

// longestWait is how long Timed is trusted to have nothing to say.
const longestWait = time.Minute

// wake enqueues what is due until the controller stops. Its timer runs in real time, which
// decides nothing but when Timed is asked.
func wake(ctx context.Context, t Timed, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	for {
		due, wait := t.Due()
		Enqueue(q, due...)
		if wait <= 0 || wait > longestWait {
			wait = longestWait
		}
		timer := clock.RealClock{}.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-t.Changes():
		case <-timer.C():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// Enqueue adds what is due to the queue of a controller.
func Enqueue(q workqueue.TypedRateLimitingInterface[reconcile.Request], due ...reconcile.Request) {
	if ordered, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
		ordered.AddWithOpts(priorityqueue.AddOpts{Priority: new(TimedPriority)}, due...)
		return
	}
	for _, key := range due {
		q.Add(key)
	}
}
