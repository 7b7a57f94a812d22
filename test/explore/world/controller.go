package world

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	toolscache "k8s.io/client-go/tools/cache"

	"github.com/flinks-operator/flinks-operator/internal/controller/watch"
)

// ReconcileTimeout is that of the manager.
const ReconcileTimeout = 5 * time.Minute

// controller runs one reconciler of a process.
type controller struct {
	p          *Process
	set        watch.Set
	reconciler reconcile.Reconciler
	queue      *queue
	// wakeAt is when the set may have a key to enqueue without an event; zero for
	// never.
	wakeAt time.Time
}

func newController(p *Process, set watch.Set, r reconcile.Reconciler) *controller {
	return &controller{p: p, set: set, reconciler: r, queue: newQueue(func() time.Time { return p.w.now }, p.Clock.span)}
}

// start begins the watches. What is there already is told first.
func (c *controller) start() {
	for _, w := range c.set.All() {
		informer, err := c.p.Cache.GetInformer(c.p.ctx, w.Object)
		if err != nil {
			panic(err)
		}
		if _, err := informer.AddEventHandler(delivery{c, w}); err != nil {
			panic(err)
		}
	}
}

// delivery brings the events of one watch to its handler, as the source of a controller does.
type delivery struct {
	c *controller
	w watch.Watch
}

var _ toolscache.ResourceEventHandler = delivery{}

// OnAdd implements toolscache.ResourceEventHandler.
func (d delivery) OnAdd(o any, initial bool) {
	e := event.CreateEvent{Object: o.(client.Object), IsInInitialList: initial}
	if d.w.Passes(e) {
		d.c.queue.together(func() { d.w.Handler.Create(d.c.p.ctx, e, d.c.queue) })
	}
}

// OnUpdate implements toolscache.ResourceEventHandler.
func (d delivery) OnUpdate(was, is any) {
	e := event.UpdateEvent{ObjectOld: was.(client.Object), ObjectNew: is.(client.Object)}
	if d.w.PassesUpdate(e) {
		d.c.queue.together(func() { d.w.Handler.Update(d.c.p.ctx, e, d.c.queue) })
	}
}

// OnDelete implements toolscache.ResourceEventHandler.
func (d delivery) OnDelete(o any) {
	e := event.DeleteEvent{}
	if last, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
		o, e.DeleteStateUnknown = last.Obj, true
	}
	e.Object = o.(client.Object)
	if d.w.PassesDelete(e) {
		d.c.queue.together(func() { d.w.Handler.Delete(d.c.p.ctx, e, d.c.queue) })
	}
}

// listen takes what other parts of the process have to say.
func (c *controller) listen() {
	for _, channel := range c.set.Channels {
		for more := true; more; {
			select {
			case e := <-channel.Events:
				c.queue.together(func() { channel.Handler.Generic(c.p.ctx, e, c.queue) })
			default:
				more = false
			}
		}
	}
}

// wake enqueues those whom the set wakes now.
func (c *controller) wake() {
	if c.set.Timed == nil {
		return
	}
	due, wait := c.set.Timed.Due()
	watch.Enqueue(c.queue, due...)
	c.wakeAt = time.Time{}
	if wait > 0 {
		c.wakeAt = c.p.w.now.Add(c.p.Clock.span(wait))
	}
}

// work reconciles the next key, if there is one now.
func (c *controller) work() bool {
	if !c.p.Leads() {
		return false
	}
	next, ok := c.queue.pop()
	if !ok {
		return false
	}
	w := c.p.w
	w.noteReconcile(c, next.key)
	ctx, cancel := context.WithCancel(c.p.ctx)
	r := &routine{process: c.p, name: c.set.Name + " " + next.key.String(), deadline: w.now.Add(ReconcileTimeout), cancel: cancel}
	w.run(r, func() {
		defer cancel()
		result, err := c.reconciler.Reconcile(ctx, next.key)
		c.done(next, result, err)
	})
	return true
}

// done puts a key back as the original does.
func (c *controller) done(of item, result reconcile.Result, err error) {
	c.queue.Done(of.key)
	if c.p.dead {
		return
	}
	priority := of.priority
	if result.Priority != nil {
		priority = *result.Priority
	}
	switch {
	case err != nil:
		c.p.w.noteError(c, of.key, err)
		c.queue.AddWithOpts(priorityqueue.AddOpts{RateLimited: true, Priority: &priority}, of.key)
	case result.RequeueAfter > 0:
		c.queue.Forget(of.key)
		c.queue.AddWithOpts(priorityqueue.AddOpts{After: result.RequeueAfter, Priority: &priority}, of.key)
	default:
		c.queue.Forget(of.key)
	}
}
