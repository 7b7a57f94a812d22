package budget

import "time"

// occupancy is a live session that no grant was given for.
type occupancy struct {
	ledger *ledger
	until  time.Time
}

// Occupy counts a live session that no grant was given for, such as one that an
// earlier process may have opened, among those of an instance until a time. Telling
// of it again moves that time; one that is not ahead frees the place. A caller that has
// a grant for a live session is counted with that.
func (b *Budget) Occupy(now time.Time, instance string, l Limits, c Caller, until time.Time) {
	b.mu.Lock()
	defer b.unlock()
	b.vacate(c)
	if !until.After(now) || b.sessions[c] > 0 {
		return
	}
	if b.occupied == nil {
		b.occupied = map[Caller]occupancy{}
	}
	e := b.ledger(now, instance, l)
	b.occupied[c] = occupancy{e, until}
	b.seat(e, c.Namespace, 1)
}

// vacate frees the place of a caller, if it has one.
func (b *Budget) vacate(c Caller) {
	if o, ok := b.occupied[c]; ok {
		delete(b.occupied, c)
		b.seat(o.ledger, c.Namespace, -1)
	}
}

// vacateOver frees the places whose time is over, and returns when the next one will be;
// zero if there are no others.
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
