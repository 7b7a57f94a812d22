package budget

import "time"

const (
	// slotRetry is the least wait of a caller that is not queued and finds no free slot.
	slotRetry = time.Second
	// grace is how long an urgent caller that is not queued may be late and still goes first.
	grace = time.Second
)

// Closed reports whether a request would be denied in any case: there is a pause, or the
// caller is queued already. It does not queue the caller, and leaves it in the queue.
func (b *Budget) Closed(now time.Time, instance string, l Limits, req Request) (Denial, bool) {
	b.mu.Lock()
	defer b.unlock()
	e := b.ledger(now, instance, l)
	if d, paused := e.paused(now, req); paused {
		b.forgo(req)
		return d, true
	}
	w := b.waiters[req.waitKey()]
	if w == nil || w.queue == nil || w.ledger != e || w.req.Priority != req.Priority {
		return Denial{}, false
	}
	w.req = req
	return Denial{Reason: Busy, Until: now.Add(e.patience())}, true
}

// Take asks for permission. Without a grant it is denied.
func (b *Budget) Take(now time.Time, instance string, l Limits, req Request) (*Grant, Denial) {
	b.mu.Lock()
	defer b.unlock()
	e := b.ledger(now, instance, l)
	b.vacateOver(now)
	if d, paused := e.paused(now, req); paused {
		b.forgo(req)
		return nil, d
	}
	if b.takesTurn(e, req) {
		return b.grant(e, req), Denial{}
	}
	until, ok := b.letIn(now, e, req)
	switch {
	case ok:
		b.forgo(req)
		e.alternate(req)
		b.takeSlot(e, req)
		return b.grant(e, req), Denial{}
	case req.Name != "":
		b.wait(e, req)
		until = now.Add(e.patience())
	case req.Priority == Urgent:
		e.wanted = until.Add(grace)
	}
	return nil, Denial{Reason: Busy, Until: until}
}

// takesTurn reports whether it is the caller's turn, and ends that turn. A caller that
// asks for more than was kept for it has missed its turn.
func (b *Budget) takesTurn(e *ledger, req Request) bool {
	w := b.waiters[req.waitKey()]
	if w == nil || w.queue != nil {
		return false
	}
	if w.ledger != e || w.req.Calls < req.Calls {
		b.drop(w)
		return false
	}
	e.bucket.giveBack(w.req.Calls - req.Calls)
	delete(b.waiters, req.waitKey())
	b.endTurn(w)
	return true
}

// letIn takes the calls of a request from the bucket if no other goes first and there is a
// slot; otherwise it returns when to ask again.
func (b *Budget) letIn(now time.Time, e *ledger, req Request) (until time.Time, ok bool) {
	first := b.first(e)
	until = now.Add(slotRetry)
	switch {
	case first != nil && first.precedes(req):
	case now.Before(e.wanted) && (req.Priority != Urgent || req.Name != ""):
		return e.wanted, false
	case !b.hasSlot(e, req.Priority, req.Live), req.Live && !b.hasShare(e, req.Priority, req.Namespace):
	default:
		until, ok = e.bucket.take(now, req.Priority, req.Calls)
	}
	if ok {
		if req.Priority == Urgent && req.Name == "" {
			e.wanted = time.Time{}
		}
		return now, true
	}
	if until.IsZero() {
		until = now.Add(slotRetry)
	}
	return until, false
}

// forgo removes the caller of a request from the queue.
func (b *Budget) forgo(req Request) {
	if w := b.waiters[req.waitKey()]; w != nil {
		b.drop(w)
	}
}

// Forget drops what is known of an instance that is gone.
func (b *Budget) Forget(instance string) {
	b.mu.Lock()
	defer b.unlock()
	e := b.instances[instance]
	if e == nil {
		return
	}
	for c, o := range b.occupied {
		if o.ledger == e {
			b.vacate(c)
		}
	}
	for _, w := range b.waiters {
		if w.ledger == e {
			b.drop(w)
		}
	}
	delete(b.instances, instance)
}
