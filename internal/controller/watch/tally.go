package watch

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// countDelay gathers changes of objects into one reconcile.
const countDelay = time.Second

// MaxMarks is how many marks there may be.
const MaxMarks = 16

// Marks are what a Tally counts, a bit each.
type Marks uint16

// Mark returns the mark of a number below MaxMarks, if it is set.
func Mark(number int, set bool) Marks {
	if !set {
		return 0
	}
	return 1 << number
}

// Sum is how many objects there are, and how many have each mark.
type Sum struct {
	Total  int32
	Marked [MaxMarks]int32
}

// with returns the sum with so many more objects that have these marks.
func (s Sum) with(marked Marks, more int32) Sum {
	s.Total += more
	for i := range s.Marked {
		if marked&(1<<i) != 0 {
			s.Marked[i] += more
		}
	}
	return s
}

// Tally counts objects by what they belong to. It is the handler of a watch without predicates, so it gets
// every creation, change and deletion, and no count needs a list. It enqueues what a change concerns.
// The zero Tally has counted nothing. It is safe for concurrent use.
type Tally[K comparable] struct {
	// Of returns what an object belongs to, and its marks; false if it does not count.
	Of func(client.Object) (K, Marks, bool)
	// Request returns what is reconciled for it.
	Request func(K) reconcile.Request

	mu   sync.Mutex
	sums map[K]Sum
}

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

var _ handler.EventHandler = (*Tally[string])(nil)

// Sum returns what belongs to a key now.
func (t *Tally[K]) Sum(key K) Sum {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sums[key]
}

// Create implements handler.EventHandler.
func (t *Tally[K]) Create(_ context.Context, e event.CreateEvent, q queue) {
	t.replace(q, nil, e.Object)
}

// Update implements handler.EventHandler.
func (t *Tally[K]) Update(_ context.Context, e event.UpdateEvent, q queue) {
	t.replace(q, e.ObjectOld, e.ObjectNew)
}

// Delete implements handler.EventHandler.
func (t *Tally[K]) Delete(_ context.Context, e event.DeleteEvent, q queue) {
	t.replace(q, e.Object, nil)
}

// Generic implements handler.EventHandler.
func (*Tally[K]) Generic(context.Context, event.GenericEvent, queue) {}

// counted is what an object counts for.
type counted[K comparable] struct {
	key    K
	marked Marks
	counts bool
}

// replace counts one state of an object in the place of another, and enqueues what that changes. An
// object that stays is missing at no moment.
func (t *Tally[K]) replace(q queue, was, is client.Object) {
	before, after := t.look(was), t.look(is)
	if before == after {
		return
	}
	t.mu.Lock()
	t.add(after, 1)
	t.add(before, -1)
	t.mu.Unlock()
	for _, c := range []counted[K]{before, after} {
		if c.counts {
			q.AddAfter(t.Request(c.key), countDelay)
		}
	}
}

func (t *Tally[K]) look(o client.Object) (c counted[K]) {
	if o != nil {
		c.key, c.marked, c.counts = t.Of(o)
	}
	if !c.counts {
		return counted[K]{}
	}
	return c
}

// add is called with the lock held.
func (t *Tally[K]) add(c counted[K], more int32) {
	if !c.counts {
		return
	}
	if t.sums == nil {
		t.sums = map[K]Sum{}
	}
	sum := t.sums[c.key].with(c.marked, more)
	if t.sums[c.key] = sum; sum.Total == 0 {
		delete(t.sums, c.key)
	}
}
