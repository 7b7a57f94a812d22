package budget

import "time"

// Caller is an object that calls are made for.
type Caller struct{ Namespace, Name string }

// Occupy counts a live session that no grant was given for, such as one that an
// earlier process may have opened, among those of an instance until a time. Telling
// of it again moves that time; one that is not ahead frees the place.
func (b *Budget) Occupy(now time.Time, instance string, l Limits, c Caller, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.ledger(now, instance, l)
	b.vacate(e, c)
	if !until.After(now) {
		return
	}
	if e.occupied == nil {
		e.occupied = map[Caller]time.Time{}
	}
	e.occupied[c] = until
	e.live++
	b.live++
}

// vacate frees the place of a caller, if it has one.
func (b *Budget) vacate(e *ledger, c Caller) {
	if _, ok := e.occupied[c]; ok {
		delete(e.occupied, c)
		e.live--
		b.live--
	}
}

// vacateOver frees the places of all instances whose time is over.
func (b *Budget) vacateOver(now time.Time) {
	for _, e := range b.instances {
		for c, until := range e.occupied {
			if !until.After(now) {
				b.vacate(e, c)
			}
		}
	}
}
