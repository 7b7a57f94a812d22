// Package budget bounds what the operator asks of each Flinks instance: calls in a
// second, calls and live sessions under way, and pauses while Flinks or a bank cannot be called. Nothing in it waits: a caller that is
// denied is queued, and is told when it is its turn.
//
// It has no clock, and nothing in it is needed for safety. A process that forgets
// all of it may make one burst too many, of no more calls than may be under way at
// once, before the answers of Flinks stop it.
package budget

import (
	"container/list"
	"sync"
	"time"
)

// Budget has the limits of all instances. It is safe for concurrent use.
type Budget struct {
	// LivePerInstance and LiveTotal bound the live sessions at once. A live call
	// can hold its worker for minutes.
	LivePerInstance, LiveTotal int
	// CallsPerInstance bounds the other calls under way for one instance, so that
	// one that hangs leaves workers to the rest.
	CallsPerInstance int
	// Total bounds all of them together, of all instances; zero for no such bound. It must
	// be below the number of workers, so that one is always free for reconciles that make
	// no call.
	Total int

	mu sync.Mutex
	// underWay counts all calls and live sessions that are permitted, live the latter.
	underWay, live int
	instances      map[string]*ledger
	occupied       map[Caller]occupancy
	// sessions counts the grants for live sessions.
	sessions map[Caller]int
	waiters  map[waitKey]*waiter
	// active has the instances with a queued caller, turns the callers whose turn it is, and
	// told those that are to ask again for another reason.
	active, turns list.List
	told          []Caller
	changes       chan struct{}
}

// occupancy is a live session that no grant was given for.
type occupancy struct {
	ledger *ledger
	until  time.Time
}

// New returns a budget for a number of workers.
func New(workers, livePerInstance int) *Budget {
	return &Budget{
		LivePerInstance: livePerInstance, LiveTotal: workers / 2, CallsPerInstance: workers / 4, Total: workers * 3 / 4,
	}
}

func (b *Budget) ledger(now time.Time, instance string, l Limits) *ledger {
	e := b.instances[instance]
	if e == nil {
		e = &ledger{limits: l, bucket: newBucket(now, l), banks: map[string]*pause{}}
		if b.instances == nil {
			b.instances = map[string]*ledger{}
		}
		b.instances[instance] = e
	}
	if e.limits != l {
		e.change(now, l)
	}
	return e
}

// Pause returns why and until when the calls of an instance pause; an empty reason if they do
// not. After that time the pause lasts until one call, its probe, shows that Flinks answers.
func (b *Budget) Pause(instance string) (Reason, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.instances[instance]
	if e == nil {
		return "", time.Time{}
	}
	return e.breaker.reason, e.breaker.until
}

// Changes returns a channel that receives when Turns may have more to return than the last
// time.
func (b *Budget) Changes() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed()
}

func (b *Budget) changed() chan struct{} {
	if b.changes == nil {
		b.changes = make(chan struct{}, 1)
	}
	return b.changes
}

// unlock signals Changes if any caller waits: something may have changed under the lock.
func (b *Budget) unlock() {
	if b.active.Len() > 0 || b.turns.Len() > 0 || len(b.told) > 0 {
		select {
		case b.changed() <- struct{}{}:
		default:
		}
	}
	b.mu.Unlock()
}
