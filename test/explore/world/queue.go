package world

import (
	"cmp"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// firstBackoff and lastBackoff are the limits of the queue's own waits after an error.
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = 1000 * time.Second
)

// queue is the priority queue of a controller, on the clock of the world. Like the original
// it holds a key once, with the highest priority and the earliest time that it was added
// with, and hands out no key that is being worked on.
type queue struct {
	now func() time.Time
	// span is how much time passes while the clock of the process shows that d has passed.
	span     func(time.Duration) time.Duration
	items    map[reconcile.Request]*item
	working  map[reconcile.Request]bool
	failures map[reconcile.Request]int
	added    uint64
	// held collects what a handler adds, whose order may be that of a map.
	held    []addition
	holding bool
}

type item struct {
	key      reconcile.Request
	priority int
	// at is when the key is to be handed out; zero for now.
	at    time.Time
	added uint64
}

type addition struct {
	o   priorityqueue.AddOpts
	key reconcile.Request
}

var _ priorityqueue.PriorityQueue[reconcile.Request] = &queue{}

func newQueue(now func() time.Time, span func(time.Duration) time.Duration) *queue {
	return &queue{
		now: now, span: span, items: map[reconcile.Request]*item{}, working: map[reconcile.Request]bool{},
		failures: map[reconcile.Request]int{},
	}
}

// AddWithOpts implements priorityqueue.PriorityQueue.
func (q *queue) AddWithOpts(o priorityqueue.AddOpts, keys ...reconcile.Request) {
	for _, key := range keys {
		if q.holding {
			q.held = append(q.held, addition{o, key})
			continue
		}
		q.add(o, key)
	}
}

// together adds all that a handler adds, in the order of the keys.
func (q *queue) together(handle func()) {
	q.holding = true
	handle()
	q.holding = false
	slices.SortStableFunc(q.held, func(a, b addition) int { return compareKeys(a.key, b.key) })
	for _, a := range q.held {
		q.add(a.o, a.key)
	}
	q.held = q.held[:0]
}

func compareKeys(a, b reconcile.Request) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

func (q *queue) add(o priorityqueue.AddOpts, key reconcile.Request) {
	after, priority := o.After, 0
	if o.Priority != nil {
		priority = *o.Priority
	}
	if o.RateLimited {
		if limited := q.backoff(key); after == 0 || limited < after {
			after = limited
		}
	}
	var at time.Time
	if after > 0 {
		at = q.now().Add(q.span(after))
	}
	known := q.items[key]
	if known == nil {
		q.items[key] = &item{key: key, priority: priority, at: at, added: q.next()}
		return
	}
	if known.at.After(at) {
		known.at = at
	}
	if priority > known.priority {
		known.priority, known.added = priority, q.next()
	}
}

// backoff returns how long a key waits that failed once more.
func (q *queue) backoff(key reconcile.Request) time.Duration {
	n := q.failures[key]
	q.failures[key]++
	if n > 20 {
		return lastBackoff
	}
	return min(firstBackoff<<n, lastBackoff)
}

func (q *queue) next() uint64 { q.added++; return q.added }

// ripen makes keys whose time has come as good as others, in the order of their times.
func (q *queue) ripen() {
	var ripe []*item
	for _, i := range q.items {
		if !i.at.IsZero() && !i.at.After(q.now()) {
			ripe = append(ripe, i)
		}
	}
	slices.SortFunc(ripe, func(a, b *item) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.added, b.added)) })
	for _, i := range ripe {
		i.at, i.added = time.Time{}, q.next()
	}
}

// pop hands out the next key, if there is one now.
func (q *queue) pop() (i item, ok bool) {
	q.ripen()
	var best *item
	for _, i := range q.items {
		if i.at.IsZero() && !q.working[i.key] && (best == nil || i.before(best)) {
			best = i
		}
	}
	if best == nil {
		return i, false
	}
	delete(q.items, best.key)
	q.working[best.key] = true
	return *best, true
}

func (i *item) before(other *item) bool {
	return i.priority > other.priority || i.priority == other.priority && i.added < other.added
}

// earliest returns when the next key will be handed out; zero if none will be.
func (q *queue) earliest() (at time.Time) {
	for _, i := range q.items {
		if !q.working[i.key] && !i.at.IsZero() && (at.IsZero() || i.at.Before(at)) {
			at = i.at
		}
	}
	return at
}

// planned returns when a key will be handed out, if it is in the queue.
func (q *queue) planned(key reconcile.Request) (at time.Time, ok bool) {
	i := q.items[key]
	if i == nil {
		return at, false
	}
	return i.at, true
}

// Add implements workqueue.TypedInterface.
func (q *queue) Add(key reconcile.Request) { q.AddWithOpts(priorityqueue.AddOpts{}, key) }

// AddAfter implements workqueue.TypedDelayingInterface.
func (q *queue) AddAfter(key reconcile.Request, d time.Duration) {
	q.AddWithOpts(priorityqueue.AddOpts{After: d}, key)
}

// AddRateLimited implements workqueue.TypedRateLimitingInterface.
func (q *queue) AddRateLimited(key reconcile.Request) {
	q.AddWithOpts(priorityqueue.AddOpts{RateLimited: true}, key)
}

// Forget implements workqueue.TypedRateLimitingInterface.
func (q *queue) Forget(key reconcile.Request) { delete(q.failures, key) }

// NumRequeues implements workqueue.TypedRateLimitingInterface.
func (q *queue) NumRequeues(key reconcile.Request) int { return q.failures[key] }

// Done implements workqueue.TypedInterface.
func (q *queue) Done(key reconcile.Request) { delete(q.working, key) }

// Len implements workqueue.TypedInterface.
func (q *queue) Len() int { return len(q.items) }

// Get implements workqueue.TypedInterface. Nothing may wait in a world; see pop.
func (q *queue) Get() (key reconcile.Request, shutdown bool) { panic("world: Get waits") }

// GetWithPriority implements priorityqueue.PriorityQueue. Nothing may wait in a world; see pop.
func (q *queue) GetWithPriority() (key reconcile.Request, priority int, shutdown bool) {
	panic("world: GetWithPriority waits")
}

// ShutDown implements workqueue.TypedInterface.
func (q *queue) ShutDown() {}

// ShutDownWithDrain implements workqueue.TypedInterface.
func (q *queue) ShutDownWithDrain() {}

// ShuttingDown implements workqueue.TypedInterface.
func (q *queue) ShuttingDown() bool { return false }
