package budget

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// caller number i of a namespace, with an observe to make.
func caller(namespace string, i int, priority Priority) Request {
	return Request{Caller: Caller{namespace, fmt.Sprintf("c-%d", i)}, Priority: priority, Calls: 2}
}

// waits asks for callers, which are queued then.
func (d *desk) waits(asks ...Request) {
	d.t.Helper()
	for _, req := range asks {
		if wait := d.denied(req, Busy).Until.Sub(d.now); wait < leastPatience || wait > mostPatience {
			d.t.Fatalf("%+v: sent away for %v", req, wait)
		}
	}
}

// turn returns the next caller whose turn it is, after a time of at most so long; the zero
// Caller if there is none.
func (d *desk) turn(most time.Duration) Caller {
	d.t.Helper()
	if len(d.woken) == 0 {
		end := d.now.Add(most)
		for {
			var next time.Time
			d.woken, next = d.Turns(d.now)
			if len(d.woken) > 0 {
				break
			}
			if next.IsZero() || next.After(end) {
				d.now = end
				return Caller{}
			}
			if !next.After(d.now) {
				d.t.Fatalf("the next turn is at %v, and now is %v", next, d.now)
			}
			d.now = next
		}
	}
	c := d.woken[0]
	d.woken = d.woken[1:]
	return c
}

// drain empties the bucket for a priority.
func (d *desk) drain() {
	d.t.Helper()
	for {
		g, _ := d.Take(d.now, "a", d.limits, Request{Priority: Urgent, Calls: 1})
		if g == nil {
			d.instances["a"].wanted = time.Time{}
			return
		}
		g.Call(d.now)
		g.Release()
	}
}

// served returns the callers whose turns come within a time, each of whom makes its calls.
func (d *desk) served(within time.Duration, ask func(Caller) Request) (order []Caller) {
	d.t.Helper()
	end := d.now.Add(within)
	for {
		c := d.turn(end.Sub(d.now))
		if c == (Caller{}) {
			return order
		}
		order = append(order, c)
		d.spends(ask(c))
	}
}

func prompt(c Caller) Request  { return Request{Caller: c, Priority: Prompt, Calls: 2} }
func routine(c Caller) Request { return Request{Caller: c, Calls: 2} }

// TestTurnsOfOneNamespace come in order, and as fast as the limits allow.
func TestTurnsOfOneNamespace(t *testing.T) {
	d := newDesk(t)
	d.drain()
	for i := range 1000 {
		d.waits(caller("lending", i, Routine))
	}
	var last time.Time
	order := d.served(time.Hour, func(c Caller) Request { last = d.now; return routine(c) })
	if took := last.Sub(start); took < 390*time.Second || took > 410*time.Second {
		t.Errorf("1000 observes at 5 calls a second took %v", took)
	}
	for i, c := range order {
		if want := caller("lending", i, Routine).Caller; c != want {
			t.Fatalf("turn %d is that of %v, not %v", i, c, want)
		}
	}
	if len(order) != 1000 {
		t.Fatalf("%d turns", len(order))
	}
}

// TestTurnsOfNamespaces: five thousand objects of one namespace, and one of another that
// comes last.
func TestTurnsOfNamespaces(t *testing.T) {
	d := newDesk(t)
	d.drain()
	for i := range 5000 {
		d.waits(caller("crowd", i, Prompt))
	}
	began := d.now
	alone := caller("lending", 0, Prompt)
	d.waits(alone)
	for turns := 1; ; turns++ {
		c := d.turn(time.Minute)
		d.spends(prompt(c))
		if c == alone.Caller {
			if turns > 2 || d.now.Sub(began) > 2*time.Second {
				t.Errorf("its turn comes after %d others and %v", turns-1, d.now.Sub(began))
			}
			return
		}
		if turns > 10 {
			t.Fatal("its turn does not come")
		}
	}
}

// TestNoPriorityWaitsForEver: two namespaces want live sessions for people without end. Another has
// one that is due, and a new object.
func TestNoPriorityWaitsForEver(t *testing.T) {
	d := newDesk(t)
	requested := func(namespace string, i int) Request {
		return Request{Caller: caller(namespace, i, Urgent).Caller, Priority: Urgent, Calls: 2, Live: true}
	}
	var held []*Grant
	for i := range 40 {
		for _, namespace := range []string{"a", "b"} {
			if g, _ := d.Take(d.now, "a", d.limits, requested(namespace, i)); g != nil {
				held = append(held, g)
			}
		}
		d.now = d.now.Add(time.Second)
	}
	due := Request{Caller: Caller{"lending", "due"}, Calls: 2, Live: true}
	created := caller("lending", 1, Prompt)
	d.waits(due, created)
	left := map[Caller]bool{due.Caller: true, created.Caller: true}
	for turns := 1; len(left) > 0; turns++ {
		if turns > 8 {
			t.Fatalf("after %d turns these still wait: %v", turns, left)
		}
		held[0].Release()
		held = held[1:]
		c := d.turn(time.Minute)
		delete(left, c)
		req := d.waiters[waitKey{c, true}]
		if req == nil {
			req = d.waiters[waitKey{c, false}]
		}
		g, _ := d.Take(d.now, "a", d.limits, req.req)
		held = append(held, g)
	}
}

// TestTheCrowdIsServedToo: three namespaces of different sizes have equal parts while all
// wait.
func TestTheCrowdIsServedToo(t *testing.T) {
	d := newDesk(t)
	d.drain()
	for namespace, n := range map[string]int{"a": 500, "b": 50, "c": 5} {
		for i := range n {
			d.waits(caller(namespace, i, Prompt))
		}
	}
	count := map[string]int{}
	for _, c := range d.served(40*time.Second, prompt) {
		count[c.Namespace]++
	}
	if count["c"] != 5 || count["b"] < 45 || count["a"] < 45 {
		t.Errorf("served in 40 s: %v", count)
	}
}

// TestWhoIsGoneGivesUpItsTurn, and so does a caller who does not take it, or whose
// instance is gone.
func TestWhoIsGoneGivesUpItsTurn(t *testing.T) {
	d := newDesk(t)
	d.drain()
	asks := []Request{caller("a", 0, Prompt), caller("a", 1, Prompt), caller("a", 2, Prompt), caller("a", 3, Prompt)}
	d.waits(asks...)
	d.Leave(asks[0].Caller, false) // queued
	if c := d.turn(time.Second); c != asks[1].Caller {
		t.Fatalf("the turn of %v", c)
	}
	d.Leave(asks[1].Caller, false) // and when its turn has come
	if c := d.turn(0); c != asks[2].Caller {
		t.Fatalf("the turn of %v, though calls were given back", c)
	}
	began := d.now
	if c := d.turn(time.Minute); c != asks[3].Caller || d.now.Sub(began) > turnTime {
		t.Fatalf("the turn of %v, %v after one that was not taken", c, d.now.Sub(began))
	}
	d.pass(turnTime)
	d.Turns(d.now)
	if len(d.waiters) != 0 || d.underWay != 0 || d.instances["a"].bucket.out != 0 {
		t.Errorf("left behind: %d callers, %d under way, %d calls", len(d.waiters), d.underWay, d.instances["a"].bucket.out)
	}
	d.drain()
	d.waits(asks...)
	d.Forget("a")
	if c := d.turn(time.Minute); c != (Caller{}) || len(d.waiters) != 0 || d.active.Len() != 0 {
		t.Errorf("an instance that is gone has a turn for %v", c)
	}
}

// TestAMissedTurn can still be had at the end of the queue.
func TestAMissedTurn(t *testing.T) {
	d := newDesk(t)
	d.drain()
	first, second := caller("a", 0, Prompt), caller("a", 1, Prompt)
	d.waits(first, second)
	d.turn(time.Second)
	d.pass(turnTime + time.Second)
	if c := d.turn(time.Second); c != second.Caller {
		t.Fatalf("the turn of %v", c)
	}
	d.spends(second)
	d.spends(first)
}

// TestClassesInLine: a person comes first, and what is due by time alone has its part
// while new objects do not end.
func TestClassesInLine(t *testing.T) {
	d := newDesk(t)
	d.drain()
	for i := range 100 {
		d.waits(caller("a", i, Routine), caller("b", i, Prompt))
	}
	person := caller("a", 1000, Urgent)
	d.waits(person)
	order := d.served(50*time.Second, func(c Caller) Request {
		switch {
		case c == person.Caller:
			return person
		case c.Namespace == "a":
			return routine(c)
		}
		return prompt(c)
	})
	if order[0] != person.Caller {
		t.Errorf("the first turn is that of %v", order[0])
	}
	due := len(slices.DeleteFunc(order, func(c Caller) bool { return c.Namespace == "b" })) - 1
	if due < 20 || due > 30 {
		t.Errorf("%d turns for what is due, in 50 seconds", due)
	}
}

// TestThosePassing: a caller that cannot be queued is served before those that are, and delays
// them until it asks again.
func TestThosePassing(t *testing.T) {
	d := newDesk(t)
	d.drain()
	for i := range 100 {
		d.waits(caller("a", i, Urgent))
	}
	until := d.denied(requested, Busy).Until
	if wait := until.Sub(d.now); wait > 2*time.Second {
		t.Fatalf("a person waits %v", wait)
	}
	for d.turn(until.Sub(d.now)) != (Caller{}) {
		t.Fatal("the turn of another caller")
	}
	d.spends(requested)
	if d.turn(time.Second) == (Caller{}) {
		t.Error("the queue does not move any more")
	}
}

// TestAPauseInTheLine: no turn comes during a pause, people are told of it, and one caller
// finds out that it is over.
func TestAPauseInTheLine(t *testing.T) {
	d := newDesk(t)
	late := d.takes(Request{Calls: 1, Priority: Urgent})
	d.drain()
	person := caller("a", 9, Urgent)
	d.waits(caller("a", 0, Prompt), caller("a", 1, Prompt), person)
	late.Report(d.now, Throttles, 0)
	late.Release()
	if c := d.turn(0); c != person.Caller {
		t.Fatalf("%v is told of the pause", c)
	}
	d.denied(person, Throttled)
	began := d.now
	c := d.turn(time.Hour)
	if c != caller("a", 0, Prompt).Caller || d.now.Sub(began) != time.Minute {
		t.Fatalf("%v comes after %v", c, d.now.Sub(began))
	}
	if other := d.turn(time.Second); other != (Caller{}) {
		t.Fatalf("%v comes too", other)
	}
	g := d.takes(prompt(c))
	g.Call(d.now)
	g.Report(d.now, Answers, 0)
	g.Release()
	if c := d.turn(time.Second); c != caller("a", 1, Prompt).Caller {
		t.Errorf("after the pause it is the turn of %v", c)
	}
}

// TestFairShares: the first namespace, and the first instance, get nearly all slots for live sessions.
// Who comes later gets the next ones that are free, until they are equal.
func TestFairShares(t *testing.T) {
	live := func(namespace string, i int) Request {
		req := caller(namespace, i, Routine)
		req.Live = true
		return req
	}
	d := newDesk(t)
	d.limits.Rate, d.limits.Burst = 1000, 1000
	var first []*Grant
	for i := range 20 {
		if g, _ := d.Take(d.now, "a", d.limits, live("first", i)); g != nil {
			first = append(first, g)
		}
	}
	if len(first) != 7 { // of ten; two are kept for people, and one for other namespaces.
		t.Fatalf("a namespace has %d live sessions", len(first))
	}
	others := []*Grant{d.takes(live("second", 0))}
	d.waits(live("second", 1), live("second", 2), live("second", 3))
	for len(others) < 4 {
		first[0].Release()
		first = first[1:]
		c := d.turn(time.Second)
		if len(others) < 4 && c.Namespace == "" {
			t.Fatalf("no turn though a session of %d has ended", len(first)+1)
		}
		g, _ := d.Take(d.now, "a", d.limits, Request{Caller: c, Calls: 2, Live: true})
		if c.Namespace == "second" {
			others = append(others, g)
			continue
		}
		first = append(first, g)
	}
	if len(first) < 3 {
		t.Errorf("the first namespace is left with %d", len(first))
	}
	d.takes(Request{Caller: Caller{"third", "x"}, Calls: 2, Live: true, Priority: Urgent})
	if g, _ := d.Take(d.now, "b", d.limits, live("first", 0)); g == nil {
		t.Error("another instance has no slot")
	}
}

// TestOneOfManyInstances: an instance leaves slots for live sessions, and workers, to others.
func TestOneOfManyInstances(t *testing.T) {
	d := newDesk(t)
	d.Budget = New(32, 100)
	d.limits = Limits{Rate: 1000, Burst: 1000, LiveSessions: 100}
	taken := func(instance string, ask func(i int) Request) (n int) {
		for i := range 100 {
			if g, _ := d.Take(d.now, instance, d.limits, ask(i)); g != nil {
				n++
			}
		}
		return n
	}
	live := func(i int) Request {
		return Request{Caller: Caller{fmt.Sprint(i), "x"}, Calls: 2, Live: true}
	}
	quick := func(i int) Request { return Request{Caller: Caller{fmt.Sprint(i), "x"}, Calls: 2} }
	urgent := func(int) Request { return Request{Calls: 2, Priority: Urgent} }
	if n := taken("a", live); n != 9 {
		t.Errorf("one instance has %d live sessions of 16", n)
	}
	if n := taken("b", live); n == 0 {
		t.Error("another has none")
	}
	var all int
	for _, instance := range []string{"a", "b", "c", "d"} {
		all += taken(instance, quick)
	}
	if d.underWay > 20 || all < 8 {
		t.Errorf("%d under way, %d quick calls", d.underWay, all)
	}
	for _, instance := range []string{"a", "b", "c", "d"} {
		taken(instance, urgent)
	}
	if d.underWay != 24 {
		t.Errorf("%d under way with those of people, for 32 workers", d.underWay)
	}
}
