// Package budget bounds what the operator asks of each Flinks instance: calls in a
// second, calls and live sessions under way, and pauses while Flinks or a bank wants
// to be left alone. Nothing in it waits: a caller that is denied gets a place in a
// line, and is told when it is its turn.
//
// It has no clock, and nothing in it is needed for safety. A process that forgets
// all of it may make one burst too many, of no more calls than may be under way at
// once, before the answers teach it again.
package budget

import (
	"container/list"
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

// Caller is an object that calls are made for.
type Caller struct{ Namespace, Name string }

// Ask is what a caller wants to do.
type Ask struct {
	// Caller that can be told when it is its turn. One without a name waits in no
	// line, and comes before the line of its class.
	Caller
	Class Class
	// Calls that may be made; at most 2. Those that are not made are given back.
	Calls int
	// Live is true if one of them opens a live session.
	Live bool
	// Bank that a live session is for; empty if it is not known.
	Bank string
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
	// Until is when to ask again; always after the time of the question. A caller with
	// a name that is merely Busy is told earlier: see Turns.
	Until time.Time
	// Spread is over how long callers that are denied together should come back.
	Spread time.Duration
}

// Budget is that of all instances. It is safe for concurrent use.
type Budget struct {
	// LivePerInstance and LiveTotal bound the live sessions at once. A live call
	// can hold its worker for minutes.
	LivePerInstance, LiveTotal int
	// CallsPerInstance bounds the other calls under way for one instance, so that
	// one that hangs leaves workers to the rest.
	CallsPerInstance int
	// Total bounds all of them together, of all instances. It must be below the number
	// of workers, so that there is always one that finds out what needs no call; zero
	// for no such bound.
	Total int

	mu sync.Mutex
	// underWay are all calls and live sessions that permission was given for.
	underWay, live int
	instances      map[string]*ledger
	occupied       map[Caller]occupancy
	// sessions counts the grants for live sessions.
	sessions map[Caller]int
	waiters  map[place]*waiter
	// active are the instances with a caller in a line, turns the callers whose turn it
	// is, and told those that are to ask again for another reason.
	active, turns list.List
	told          []Caller
	changes       chan struct{}
}

// New returns a budget for so many workers.
func New(workers, livePerInstance int) *Budget {
	return &Budget{
		LivePerInstance: livePerInstance, LiveTotal: workers / 2, CallsPerInstance: workers / 4, Total: workers * 3 / 4,
	}
}

// ledger is what is known of one instance.
type ledger struct {
	limits Limits
	bucket *bucket
	// live, calls and turns are under way, or kept for those whose turn it is; the live
	// ones by namespace too.
	live, calls, turns int
	byNamespace        map[string]int
	failures           int
	breaker            pause
	banks              map[string]*pause

	lines   [classes][2]line
	waiting int
	active  *list.Element
	// prompts are turns of Prompt in a row while Routine waited; wasLive reports whether
	// the newest turn was for a live session.
	prompts int
	wasLive bool
	// wanted is until when the lines make way for a person that waits in none.
	wanted time.Time
}

const (
	// slotRetry is the least wait of a caller in no line that finds everything occupied.
	slotRetry = time.Second
	// grace is how long the lines make way for a person after the time to come back.
	grace = time.Second
)

// Closed reports whether it is of no use for a caller to ask now: there is a pause, or
// others are first. A caller with a place in the line keeps it.
func (b *Budget) Closed(now time.Time, instance string, l Limits, ask Ask) (Denial, bool) {
	b.mu.Lock()
	defer b.unlock()
	e := b.ledger(now, instance, l)
	if d, held := e.held(now, ask); held {
		b.forgo(ask)
		return d, true
	}
	w := b.waiters[ask.place()]
	if w == nil || w.line == nil || w.ledger != e || w.ask.Class != ask.Class {
		return Denial{}, false
	}
	w.ask = ask
	return Denial{Reason: Busy, Until: now.Add(e.patience())}, true
}

// Take asks for permission. The grant is nil if it is denied.
func (b *Budget) Take(now time.Time, instance string, l Limits, ask Ask) (*Grant, Denial) {
	b.mu.Lock()
	defer b.unlock()
	e := b.ledger(now, instance, l)
	b.vacateOver(now)
	if d, held := e.held(now, ask); held {
		b.forgo(ask)
		return nil, d
	}
	if b.takesTurn(e, ask) {
		return b.grant(e, ask), Denial{}
	}
	until, ok := b.letIn(now, e, ask)
	switch {
	case ok:
		b.forgo(ask)
		e.alternate(ask)
		b.occupies(e, ask)
		return b.grant(e, ask), Denial{}
	case ask.Name != "":
		b.wait(e, ask)
		until = now.Add(e.patience())
	case ask.Class == Urgent:
		e.wanted = until.Add(grace)
	}
	return nil, Denial{Reason: Busy, Until: until}
}

// takesTurn reports whether it is the caller's turn, which is over then. A caller that
// wants more than was kept for it has missed its turn.
func (b *Budget) takesTurn(e *ledger, ask Ask) bool {
	w := b.waiters[ask.place()]
	if w == nil || w.line != nil {
		return false
	}
	if w.ledger != e || w.ask.Calls < ask.Calls {
		b.drop(w)
		return false
	}
	e.bucket.giveBack(w.ask.Calls - ask.Calls)
	delete(b.waiters, ask.place())
	b.endTurn(w)
	return true
}

// letIn takes calls for a caller if no other comes first and there is room, or says when
// it may be worth asking again.
func (b *Budget) letIn(now time.Time, e *ledger, ask Ask) (until time.Time, ok bool) {
	first := b.first(e)
	until = now.Add(slotRetry)
	switch {
	case first != nil && first.precedes(ask):
	case now.Before(e.wanted) && (ask.Class != Urgent || ask.Name != ""):
		return e.wanted, false
	case !b.hasRoom(e, ask.Class, ask.Live), ask.Live && !b.mayHave(e, ask.Class, ask.Namespace):
	default:
		until, ok = e.bucket.take(now, ask.Class, ask.Calls)
	}
	if ok {
		if ask.Class == Urgent && ask.Name == "" {
			e.wanted = time.Time{}
		}
		return now, true
	}
	if until.IsZero() {
		until = now.Add(slotRetry)
	}
	return until, false
}

// forgo drops the place of a caller that it has no use for now.
func (b *Budget) forgo(ask Ask) {
	if w := b.waiters[ask.place()]; w != nil {
		b.drop(w)
	}
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

func (e *ledger) change(now time.Time, l Limits) {
	e.bucket.change(now, l)
	if e.limits.Version != l.Version && e.breaker.reason == Unreachable {
		e.failures, e.breaker = 0, pause{number: e.breaker.number + 1}
	}
	e.limits = l
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
