// Package budget bounds what the operator asks of each Flinks instance: calls in a
// second, calls and live sessions under way, and pauses while Flinks or a bank wants
// to be left alone. Nothing in it waits: whoever is denied is told when to come
// back.
//
// It has no clock, and nothing in it is needed for safety. A process that forgets
// all of it may make one burst too many, of no more calls than may be under way at
// once, before the answers teach it again.
package budget

import (
	"sync"
	"time"
)

// Class says how much somebody waits for a call.
type Class int

// The classes, from the one that gives way to all others. A fifth of everything is
// kept from Routine, and a little of that from Prompt too.
const (
	// Routine is what is due by time alone.
	Routine Class = iota
	// Prompt is what somebody waits for, but not in front of a screen: new objects,
	// deletions, and the end of what was begun.
	Prompt
	// Urgent is what a person asked for.
	Urgent
	classes
)

// Limits of one instance.
type Limits struct {
	// Rate is calls in a second, Burst calls at once after a rest; at least 2.
	Rate, Burst int
	// LiveSessions at once.
	LiveSessions int
	// Version changes when the instance does. What could not be reached may be
	// reached under another address.
	Version int64
}

// Ask is what a caller wants to do.
type Ask struct {
	Class Class
	// Calls that will certainly be made; at most 2.
	Calls int
	// Live is true if one of them opens a live session.
	Live bool
	// Bank that a live session is for; empty if it is not known.
	Bank string
	// Place in the line that an earlier Denial gave for the same; zero if there
	// is none.
	Place time.Time
}

// Reason of a denial.
type Reason string

const (
	// Busy: it is not the caller's turn.
	Busy Reason = "Busy"
	// Throttled: Flinks said that it is asked too often.
	Throttled Reason = "Throttled"
	// Unreachable: Flinks did not answer, several times in a row.
	Unreachable Reason = "Unreachable"
	// BankDown: Flinks cannot reach the bank, or does not want to.
	BankDown Reason = "BankDown"
)

// Denial says when to come back.
type Denial struct {
	Reason Reason
	// Until is when to ask again; always after the time of the question.
	Until time.Time
	// Spread is over how long callers that are denied together should come back.
	Spread time.Duration
	// Place in the line, to be shown when asking again; zero if there is none.
	Place time.Time
}

// Budget is that of all instances. It is safe for concurrent use.
type Budget struct {
	// LivePerInstance and LiveTotal bound the live sessions at once. A live call
	// can hold its worker for minutes, so the total must be below the number of
	// workers.
	LivePerInstance, LiveTotal int
	// CallsPerInstance bounds the other calls under way for one instance, so that
	// one that hangs leaves workers to the rest.
	CallsPerInstance int

	mu        sync.Mutex
	live      int
	instances map[string]*ledger
}

// ledger is what is known of one instance.
type ledger struct {
	limits   Limits
	bucket   *bucket
	live     int
	calls    int
	failures int
	breaker  pause
	banks    map[string]*pause
	// occupied are until when live sessions count that no grant was given for.
	occupied map[Caller]time.Time
}

// slotRetry is the least wait of who finds everything occupied.
const slotRetry = time.Second

// Take asks for permission. The grant is nil if it is denied.
func (b *Budget) Take(now time.Time, instance string, l Limits, ask Ask) (*Grant, Denial) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.ledger(now, instance, l)
	b.vacateOver(now)
	if d, held := e.held(now, ask); held {
		return nil, d
	}
	place := ask.Place
	if place.IsZero() {
		place = e.bucket.join(now, ask.Class, ask.Calls)
	}
	if place.After(now) {
		return nil, Denial{Reason: Busy, Until: place, Place: place}
	}
	until, ok := now.Add(slotRetry), b.hasRoom(e, ask)
	if ok {
		until, ok = e.bucket.take(now, ask.Class, ask.Calls)
	}
	if ok {
		return b.grant(e, ask), Denial{}
	}
	if !ask.Place.IsZero() {
		// Its turn has come and it could not be taken: the next one is at the end of
		// the line, so that those who wait do not ask all the time.
		until = later(until, e.bucket.join(now, ask.Class, ask.Calls))
	}
	return nil, Denial{Reason: Busy, Until: until, Place: until}
}

// Pause is why, and until when, nobody calls an instance; empty if it is called. A
// pause whose time is over lasts until somebody found out that Flinks answers.
func (b *Budget) Pause(instance string) (Reason, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.instances[instance]
	if e == nil {
		return "", time.Time{}
	}
	return e.breaker.reason, e.breaker.until
}

// Forget drops what is known of an instance that is no more.
func (b *Budget) Forget(instance string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.instances[instance]; e != nil {
		for c := range e.occupied {
			b.vacate(e, c)
		}
	}
	delete(b.instances, instance)
}

func (b *Budget) ledger(now time.Time, instance string, l Limits) *ledger {
	e := b.instances[instance]
	if e == nil {
		e = &ledger{limits: l, bucket: newBucket(l), banks: map[string]*pause{}}
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

func (e *ledger) change(now time.Time, l Limits) {
	e.bucket.change(now, l)
	if e.limits.Version != l.Version && e.breaker.reason == Unreachable {
		e.failures, e.breaker = 0, pause{number: e.breaker.number + 1}
	}
	e.limits = l
}

// hasRoom is true if a place among the calls under way is free.
func (b *Budget) hasRoom(e *ledger, ask Ask) bool {
	if !ask.Live {
		return e.calls < room(b.CallsPerInstance, ask.Class)
	}
	perInstance := min(e.limits.LiveSessions, b.LivePerInstance)
	return e.live < room(perInstance, ask.Class) && b.live < room(b.LiveTotal, ask.Class)
}

// room is what a class may use of so many places: one in five, and at least one
// where there are several, is kept for what a person waits for.
func room(places int, class Class) int {
	if class == Urgent || places < 2 {
		return places
	}
	return places - max(1, places/5)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
