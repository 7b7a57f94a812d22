package budget

import "time"

// Turns returns the callers that are to ask now: it is their turn, and what they asked for
// is kept for them for some seconds. It also returns when to call it again; zero for not
// before Changes receives.
func (b *Budget) Turns(now time.Time) (callers []Caller, next time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.passOn(now)
	freed := b.vacateOver(now)
	callers, b.told = b.told, nil
	for at := b.active.Front(); at != nil; {
		e, following := at.Value.(*ledger), at.Next()
		w, until := b.turn(now, e)
		next = soonest(next, until)
		switch {
		case w == nil, e.active == nil:
			at = following
		case following != nil: // Another instance may have the next slot.
			b.active.MoveToBack(at)
			at = following
		}
		if w != nil {
			callers = append(callers, w.req.Caller)
		}
	}
	if first := b.turns.Front(); first != nil {
		next = soonest(next, first.Value.(*waiter).until)
	}
	if b.active.Len() > 0 {
		next = soonest(next, freed)
	}
	return callers, next
}

// turn gives one caller of an instance its turn, or returns when it may; zero if something
// else has to end first.
func (b *Budget) turn(now time.Time, e *ledger) (w *waiter, until time.Time) {
	switch {
	case e.breaker.reason != "" && now.Before(e.breaker.until):
		return nil, e.breaker.until
	case e.breaker.reason != "" && (e.breaker.probing || e.turns > 0):
		return nil, until // The probe is under way.
	case now.Before(e.wanted):
		return nil, e.wanted
	}
	next := b.first(e)
	if next == nil {
		return nil, until
	}
	priority := next.req.Priority
	if e.isOverdue(priority) {
		priority = Urgent // Others may leave no more in the bucket than what is kept for them.
	}
	until, ok := e.bucket.take(now, priority, next.req.Calls)
	if !ok {
		return nil, until
	}
	next.queue.pass(next)
	e.alternate(next.req)
	b.takeSlot(e, next.req)
	e.turns++
	next.until, next.at = now.Add(turnTime), b.turns.PushBack(next)
	b.rest(e)
	return next, time.Time{}
}

// first returns the next waiter of an instance among those that there is a slot for; nil
// without one.
func (b *Budget) first(e *ledger) *waiter {
	for _, priority := range e.order() {
		for _, live := range []bool{!e.wasLive, e.wasLive} {
			queue := e.queue(priority, live)
			if queue.length == 0 || !b.hasSlot(e, priority, live) {
				continue
			}
			if w := queue.next(func(namespace string) bool { return !live || b.hasShare(e, priority, namespace) }); w != nil {
				return w
			}
		}
	}
	return nil
}

// passOn ends the turns that were not taken. A caller that missed its turn asks again when
// its patience ends. A turn that would last too long is from before the clock was set back.
func (b *Budget) passOn(now time.Time) {
	for first := b.turns.Front(); first != nil; first = b.turns.Front() {
		w := first.Value.(*waiter)
		if left := w.until.Sub(now); left > 0 && left <= turnTime {
			return
		}
		b.drop(w)
	}
}

// tellUrgent makes all urgent callers ask again: a pause has begun, which their statuses are
// to say.
func (b *Budget) tellUrgent(e *ledger) {
	for _, live := range []bool{true, false} {
		for _, w := range e.queue(Urgent, live).all() {
			b.told = append(b.told, w.req.Caller)
			b.drop(w)
		}
	}
}

// wait queues a caller; one that is queued for the same keeps its position.
func (b *Budget) wait(e *ledger, req Request) {
	w := b.waiters[req.waitKey()]
	if w != nil && w.queue != nil && w.ledger == e && w.req.Priority == req.Priority {
		w.req = req
		return
	}
	if w != nil {
		b.drop(w)
	}
	w = &waiter{ledger: e, req: req}
	if b.waiters == nil {
		b.waiters = map[waitKey]*waiter{}
	}
	b.waiters[req.waitKey()] = w
	e.queue(req.Priority, req.Live).join(w)
	if e.waiting++; e.active == nil {
		e.active = b.active.PushBack(e)
	}
}

// Leave removes a caller from the queue for live sessions or from that for other calls, or
// ends its turn: it has nothing to ask for.
func (b *Budget) Leave(c Caller, live bool) {
	b.mu.Lock()
	defer b.unlock()
	if w := b.waiters[waitKey{c, live}]; w != nil {
		b.drop(w)
	}
}

// drop removes a waiter from its queue, or ends its turn and frees what was kept for it.
func (b *Budget) drop(w *waiter) {
	delete(b.waiters, w.req.waitKey())
	if w.queue != nil {
		w.queue.leave(w)
		b.rest(w.ledger)
		return
	}
	w.ledger.bucket.giveBack(w.req.Calls)
	b.freeSlot(w.ledger, w.req)
	b.endTurn(w)
}

// endTurn removes a waiter from the list of turns.
func (b *Budget) endTurn(w *waiter) {
	b.turns.Remove(w.at)
	w.ledger.turns--
}

// rest notes that the queues of an instance have one waiter less.
func (b *Budget) rest(e *ledger) {
	if e.waiting--; e.waiting == 0 {
		b.active.Remove(e.active)
		e.active = nil
	}
}
