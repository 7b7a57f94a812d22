package budget

import "time"

// Occupy counts a live session that no grant was given for, such as one that an
// earlier process may have opened, among those of an instance until a time. Another call
// moves that time; one that is not in the future frees the slot. A caller that has a grant
// for a live session is not counted twice.
func (b *Budget) Occupy(now time.Time, instance string, l Limits, c Caller, until time.Time) {
	b.mu.Lock()
	defer b.unlock()
	b.vacate(c)
	if !until.After(now) || b.sessions[c] > 0 {
		return
	}
	b.occupy(b.ledger(now, instance, l), c, until)
}

func (b *Budget) occupy(e *ledger, c Caller, until time.Time) {
	if b.occupied == nil {
		b.occupied = map[Caller]occupancy{}
	}
	b.occupied[c] = occupancy{e, until}
	b.countLive(e, Request{Caller: c}, 1)
}

// vacate frees the slot that a caller occupies, if it does.
func (b *Budget) vacate(c Caller) {
	if o, ok := b.occupied[c]; ok {
		delete(b.occupied, c)
		b.countLive(o.ledger, Request{Caller: c}, -1)
	}
}

// vacateOver frees the slots whose time is over, and returns when the next one will be; zero
// if there are no others.
func (b *Budget) vacateOver(now time.Time) (next time.Time) {
	for c, o := range b.occupied {
		if !o.until.After(now) {
			b.vacate(c)
			continue
		}
		next = soonest(next, o.until)
	}
	return next
}
