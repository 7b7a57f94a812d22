package budget

import (
	"container/list"
	"time"
)

// line holds the callers that wait in one class for one kind of places. Namespaces take
// turns, and the callers of one come in the order in which they asked. No operation takes
// longer in a long line.
type line struct {
	// ring has the queue whose turn it is in front.
	ring   list.List
	queues map[string]*queue
	length int
}

// queue holds the callers of one namespace.
type queue struct {
	namespace string
	waiters   list.List
	inRing    *list.Element
}

// waiter is a caller with a place in a line, or whose turn it is.
type waiter struct {
	ledger *ledger
	ask    Ask
	// line is nil once it is the waiter's turn.
	line *line
	at   *list.Element // in its queue, or among the turns
	// until is when the turn passes on.
	until time.Time
}

// place names what a caller may wait for: one place for a live session, and one for others.
type place struct {
	Caller
	live bool
}

func (a Ask) place() place { return place{a.Caller, a.Live} }

// join puts a waiter at the end of the queue of its namespace.
func (l *line) join(w *waiter) {
	q := l.queues[w.ask.Namespace]
	if q == nil {
		q = &queue{namespace: w.ask.Namespace}
		q.inRing = l.ring.PushBack(q)
		if l.queues == nil {
			l.queues = map[string]*queue{}
		}
		l.queues[q.namespace] = q
	}
	w.line, w.at = l, q.waiters.PushBack(w)
	l.length++
}

// leave takes a waiter out. Its namespace keeps its turn.
func (l *line) leave(w *waiter) {
	q := l.queues[w.ask.Namespace]
	q.waiters.Remove(w.at)
	w.line, w.at = nil, nil
	l.length--
	if q.waiters.Len() == 0 {
		l.ring.Remove(q.inRing)
		delete(l.queues, q.namespace)
	}
}

// pass takes a waiter out whose turn it is. Its namespace is at the end of the ring then.
func (l *line) pass(w *waiter) {
	l.ring.MoveToBack(l.queues[w.ask.Namespace].inRing)
	l.leave(w)
}

// next is the waiter whose turn it is, of a namespace that may; nil if there is none.
func (l *line) next(may func(namespace string) bool) *waiter {
	for e := l.ring.Front(); e != nil; e = e.Next() {
		if q := e.Value.(*queue); may(q.namespace) {
			return q.waiters.Front().Value.(*waiter)
		}
	}
	return nil
}

// all are the waiters of the line.
func (l *line) all() (found []*waiter) {
	for e := l.ring.Front(); e != nil; e = e.Next() {
		for w := e.Value.(*queue).waiters.Front(); w != nil; w = w.Next() {
			found = append(found, w.Value.(*waiter))
		}
	}
	return found
}
