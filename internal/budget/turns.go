package budget

import "time"

const (
	// turnTime is how long a turn is kept for the caller whose turn it is.
	turnTime = 5 * time.Second
	// promptTurns is how many turns of Prompt there are for each of Routine, while both wait.
	promptTurns = 4
	// leastPatience and mostPatience are when to ask again without being woken.
	leastPatience = 5 * time.Minute
	mostPatience  = time.Hour
)

// Turns returns the callers that are to ask now: it is their turn, and what they asked for
// is kept for them for some seconds. It also says when to call it again; zero for not
// before Changes tells of something.
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
		case following != nil: // Another instance may have the next place.
			b.active.MoveToBack(at)
			at = following
		}
		if w != nil {
			callers = append(callers, w.ask.Caller)
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

// Changes tells that Turns may have more to say than the last time.
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

// unlock tells that something changed while the lock was held, if any caller waits.
func (b *Budget) unlock() {
	if b.active.Len() > 0 || b.turns.Len() > 0 || len(b.told) > 0 {
		select {
		case b.changed() <- struct{}{}:
		default:
		}
	}
	b.mu.Unlock()
}

// turn gives one caller of an instance its turn, or says when there may be one; zero if
// that takes more than time.
func (b *Budget) turn(now time.Time, e *ledger) (w *waiter, until time.Time) {
	switch {
	case e.breaker.reason != "" && now.Before(e.breaker.until):
		return nil, e.breaker.until
	case e.breaker.reason != "" && (e.breaker.probing || e.turns > 0):
		return nil, until // One finds out whether the pause is over.
	case now.Before(e.wanted):
		return nil, e.wanted
	}
	next := b.first(e)
	if next == nil {
		return nil, until
	}
	until, ok := e.bucket.take(now, next.ask.Class, next.ask.Calls)
	if !ok {
		return nil, until
	}
	next.line.pass(next)
	e.alternate(next.ask)
	b.occupies(e, next.ask)
	e.turns++
	next.until, next.at = now.Add(turnTime), b.turns.PushBack(next)
	b.rest(e)
	return next, time.Time{}
}

// first is the waiter that comes first of those of an instance that there is a place for;
// nil if there is no such.
func (b *Budget) first(e *ledger) *waiter {
	order := [classes]Class{Urgent, Prompt, Routine}
	if e.prompts >= promptTurns {
		order = [classes]Class{Urgent, Routine, Prompt}
	}
	for _, class := range order {
		for _, live := range []bool{!e.wasLive, e.wasLive} {
			line := e.line(class, live)
			if line.length == 0 || !b.hasRoom(e, class, live) {
				continue
			}
			if w := line.next(func(namespace string) bool { return !live || b.mayHave(e, class, namespace) }); w != nil {
				return w
			}
		}
	}
	return nil
}

// alternate notes what was let in: live calls and others take turns, and Routine has its
// part while Prompt does not end.
func (e *ledger) alternate(ask Ask) {
	e.wasLive = ask.Live
	switch {
	case ask.Class == Routine, e.line(Routine, true).length+e.line(Routine, false).length == 0:
		e.prompts = 0
	case ask.Class == Prompt:
		e.prompts++
	}
}

// precedes reports whether a waiter comes before a caller that asks now.
func (w *waiter) precedes(ask Ask) bool {
	overdue := w.ask.Class == Routine && ask.Class == Prompt && w.ledger.prompts >= promptTurns
	if ask.Name == "" {
		return w.ask.Class > ask.Class
	}
	return w.ask.Class >= ask.Class || overdue
}

// passOn ends the turns that were not taken. A caller that missed its turn asks again some
// time. A turn that lasts too long is from before the clock was set back.
func (b *Budget) passOn(now time.Time) {
	for first := b.turns.Front(); first != nil; first = b.turns.Front() {
		w := first.Value.(*waiter)
		if left := w.until.Sub(now); left > 0 && left <= turnTime {
			return
		}
		b.drop(w)
	}
}

// wait gives a caller a place in the line for what it asks, and keeps the one that it has.
func (b *Budget) wait(e *ledger, ask Ask) {
	w := b.waiters[ask.place()]
	if w != nil && w.line != nil && w.ledger == e && w.ask.Class == ask.Class {
		w.ask = ask
		return
	}
	if w != nil {
		b.drop(w)
	}
	w = &waiter{ledger: e, ask: ask}
	if b.waiters == nil {
		b.waiters = map[place]*waiter{}
	}
	b.waiters[ask.place()] = w
	e.line(ask.Class, ask.Live).join(w)
	if e.waiting++; e.active == nil {
		e.active = b.active.PushBack(e)
	}
}

// drop takes a waiter out of its line, or its turn from it.
func (b *Budget) drop(w *waiter) {
	delete(b.waiters, w.ask.place())
	if w.line != nil {
		w.line.leave(w)
		b.rest(w.ledger)
		return
	}
	w.ledger.bucket.giveBack(w.ask.Calls)
	b.vacates(w.ledger, w.ask)
	b.endTurn(w)
}

// endTurn takes a waiter off the list of those whose turn it is.
func (b *Budget) endTurn(w *waiter) {
	b.turns.Remove(w.at)
	w.ledger.turns--
}

// rest notes that one waiter less is in the lines of an instance.
func (b *Budget) rest(e *ledger) {
	if e.waiting--; e.waiting == 0 {
		b.active.Remove(e.active)
		e.active = nil
	}
}

// Leave gives up the place of a caller in the line, or its turn: it has nothing to ask for
// any more.
func (b *Budget) Leave(c Caller, live bool) {
	b.mu.Lock()
	defer b.unlock()
	if w := b.waiters[place{c, live}]; w != nil {
		b.drop(w)
	}
}

// tellUrgent has all urgent callers ask again: a pause has begun, and people are told so.
func (b *Budget) tellUrgent(e *ledger) {
	for _, live := range []bool{true, false} {
		for _, w := range e.line(Urgent, live).all() {
			b.told = append(b.told, w.ask.Caller)
			b.drop(w)
		}
	}
}

// patience is how long a caller waits for its turn before it asks again: longer than the
// line should take.
func (e *ledger) patience() time.Duration {
	whole := 4 * time.Duration(e.waiting) * time.Second / time.Duration(e.limits.Rate)
	return min(max(whole, leastPatience), mostPatience)
}

func (e *ledger) line(class Class, live bool) *line {
	if live {
		return &e.lines[class][1]
	}
	return &e.lines[class][0]
}

// soonest of two times, of which zero is never.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
