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

// marks is how many there may be.
const marks = 8

// Marks are what a Tally counts, a bit each.
type Marks uint8

// Mark returns the mark of a number, if it is set.
func Mark(number int, set bool) Marks {
	if !set {
		return 0
	}
	return 1 << number
}

// Sum is how many objects there are, and how many have each mark.
type Sum struct {
	Total  int32
	Marked [marks]int32
}

// Tally counts objects by what they belong to. As the handler of a watch without predicates it is told
// of each object's first, changed and last state, so that no count walks over all of them; and it
// enqueues what a change concerns. The zero Tally has counted nothing. It is safe for concurrent use.
type Tally[K comparable] struct {
	// Of returns what an object belongs to, and its marks; false if it does not count.
	Of func(client.Object) (K, Marks, bool)
	// Request returns what is reconciled for it.
	Request func(K) reconcile.Request
	// Delay gathers changes into one reconcile.
	Delay time.Duration

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
func (t *Tally[K]) Create(_ context.Context, e event.CreateEvent, q queue) { t.count(q, e.Object, 1) }

// Delete implements handler.EventHandler.
func (t *Tally[K]) Delete(_ context.Context, e event.DeleteEvent, q queue) { t.count(q, e.Object, -1) }

// Update implements handler.EventHandler.
func (t *Tally[K]) Update(_ context.Context, e event.UpdateEvent, q queue) {
	oldKey, oldMarks, counted := t.Of(e.ObjectOld)
	newKey, newMarks, counts := t.Of(e.ObjectNew)
	if counted == counts && oldKey == newKey && oldMarks == newMarks {
		return
	}
	t.count(q, e.ObjectOld, -1)
	t.count(q, e.ObjectNew, 1)
}

// Generic implements handler.EventHandler.
func (*Tally[K]) Generic(context.Context, event.GenericEvent, queue) {}

func (t *Tally[K]) count(q queue, o client.Object, by int32) {
	key, marked, counts := t.Of(o)
	if !counts {
		return
	}
	t.add(key, marked, by)
	q.AddAfter(t.Request(key), t.Delay)
}

func (t *Tally[K]) add(key K, marked Marks, by int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.sums[key]
	sum.Total += by
	for i := range sum.Marked {
		if marked&(1<<i) != 0 {
			sum.Marked[i] += by
		}
	}
	if t.sums == nil {
		t.sums = map[K]Sum{}
	}
	if t.sums[key] = sum; sum.Total == 0 {
		delete(t.sums, key)
	}
}
