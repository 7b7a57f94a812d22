package budget

import (
	"container/list"
	"time"
)

// ledger is what is known of one instance.
type ledger struct {
	limits Limits
	bucket *bucket
	// live, calls and turns count the live sessions and calls under way, those that are kept
	// for callers whose turn it is included; byNamespace counts the live ones, and belowUrgent
	// those that no person asked for.
	live, calls, turns, belowUrgent int
	// reads are those of the calls that applications wait for.
	reads       int
	byNamespace map[string]int
	failures    int
	breaker     pause
	banks       map[string]*pause

	queues  [priorities][2]fairQueue
	waiting int
	active  *list.Element
	// passedOver counts the turns that others had in a row while a priority waited; wasLive says
	// whether the newest turn was for a live session.
	passedOver [priorities]int
	wasLive    bool
	// wanted is until when an urgent caller that is not queued goes first.
	wanted time.Time
}

func (e *ledger) change(now time.Time, l Limits) {
	e.bucket.change(now, l)
	if e.limits.Version != l.Version && e.breaker.reason == Unreachable {
		e.failures, e.breaker = 0, pause{number: e.breaker.number + 1}
	}
	e.limits = l
}

const (
	// turnTime is how long a turn is kept for the caller whose turn it is.
	turnTime = 5 * time.Second
	// mostPassedOver is the number of turns after which a priority that waits is overdue.
	mostPassedOver = 4
	// leastPatience and mostPatience bound the time after which a queued caller asks again
	// without having been told.
	leastPatience = 5 * time.Minute
	mostPatience  = time.Hour
)

func (e *ledger) queue(priority Priority, live bool) *fairQueue {
	if live {
		return &e.queues[priority][1]
	}
	return &e.queues[priority][0]
}

// alternate notes what was let in: live calls and others take turns, and no priority is passed
// over for ever.
func (e *ledger) alternate(req Request) {
	e.wasLive = req.Live
	for priority := range priorities {
		waiting := e.queue(priority, true).length + e.queue(priority, false).length
		if priority == req.Priority || waiting == 0 {
			e.passedOver[priority] = 0
			continue
		}
		e.passedOver[priority]++
	}
}

// isOverdue reports whether a priority has the next turn though a higher one waits. Without that,
// a namespace whose every object asks for a refresh again and again would keep all others from
// what is due.
func (e *ledger) isOverdue(priority Priority) bool {
	return priority != Urgent && e.passedOver[priority] >= mostPassedOver
}

// order returns the priorities in the order in which they are served now.
func (e *ledger) order() (order []Priority) {
	for priority := range Urgent {
		if e.isOverdue(priority) {
			order = append(order, priority)
		}
	}
	return append(order, Urgent, Prompt, Routine, Reading)
}

// precedes reports whether a waiter comes before a caller that asks now.
func (w *waiter) precedes(req Request) bool {
	if req.Name == "" {
		return w.req.Priority > req.Priority
	}
	return w.req.Priority >= req.Priority || w.ledger.isOverdue(w.req.Priority)
}

// patience returns after which time a queued caller asks again: longer than the queue should
// take.
func (e *ledger) patience() time.Duration {
	whole := 4 * time.Duration(e.waiting) * time.Second / time.Duration(e.limits.Rate)
	return min(max(whole, leastPatience), mostPatience)
}

// paused reports whether a pause of the instance or of the bank denies a request.
func (e *ledger) paused(now time.Time, req Request) (Denial, bool) {
	if until, paused := e.breaker.blocks(now, probeWait); paused {
		return Denial{Reason: e.breaker.reason, Until: until, Spread: e.breaker.spread()}, true
	}
	bank := e.banks[req.Bank]
	if !req.Live || bank == nil {
		return Denial{}, false
	}
	until, paused := bank.blocks(now, liveProbeWait)
	if req.Priority == Urgent {
		// A call that a person asked for is the probe, unless one is under way.
		until, paused = later(until, now.Add(liveProbeWait)), bank.probing
	}
	return Denial{Reason: BankDown, Until: until, Spread: bank.spread()}, paused
}
