package budget

import (
	"container/list"
	"time"
)

// fairQueue has the callers that wait with one priority, for live sessions or for other calls.
// Namespaces take turns, and the callers of one go in the order in which they asked. The time
// that an operation takes does not depend on the length.
type fairQueue struct {
	// ring has the queues of the namespaces, the next one in front.
	ring   list.List
	queues map[string]*queue
	length int
}

// queue has the callers of one namespace.
type queue struct {
	namespace string
	waiters   list.List
	inRing    *list.Element
}

// waiter is a caller that is queued, or whose turn it is.
type waiter struct {
	ledger *ledger
	req    Request
	// queue is nil once it is the waiter's turn.
	queue *fairQueue
	at    *list.Element // in its queue, or among the turns
	// until is when the turn ends.
	until time.Time
}

// join puts a waiter at the end of the queue of its namespace.
func (l *fairQueue) join(w *waiter) {
	q := l.queues[w.req.Namespace]
	if q == nil {
		q = &queue{namespace: w.req.Namespace}
		q.inRing = l.ring.PushBack(q)
		if l.queues == nil {
			l.queues = map[string]*queue{}
		}
		l.queues[q.namespace] = q
	}
	w.queue, w.at = l, q.waiters.PushBack(w)
	l.length++
}

// leave removes a waiter. Its namespace keeps its position.
func (l *fairQueue) leave(w *waiter) {
	q := l.queues[w.req.Namespace]
	q.waiters.Remove(w.at)
	w.queue, w.at = nil, nil
	l.length--
	if q.waiters.Len() == 0 {
		l.ring.Remove(q.inRing)
		delete(l.queues, q.namespace)
	}
}

// pass removes a waiter whose turn it is. Its namespace goes to the end of the ring.
func (l *fairQueue) pass(w *waiter) {
	l.ring.MoveToBack(l.queues[w.req.Namespace].inRing)
	l.leave(w)
}

// next returns the first waiter of the first namespace that may call; nil if none may.
func (l *fairQueue) next(may func(namespace string) bool) *waiter {
	for e := l.ring.Front(); e != nil; e = e.Next() {
		if q := e.Value.(*queue); may(q.namespace) {
			return q.waiters.Front().Value.(*waiter)
		}
	}
	return nil
}

// all returns the waiters.
func (l *fairQueue) all() (found []*waiter) {
	for e := l.ring.Front(); e != nil; e = e.Next() {
		for w := e.Value.(*queue).waiters.Front(); w != nil; w = w.Next() {
			found = append(found, w.Value.(*waiter))
		}
	}
	return found
}
