package budget

import (
	"testing"
	"time"
)

var start = time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)

// desk is one budget, one instance and the time.
type desk struct {
	t *testing.T
	*Budget
	now    time.Time
	limits Limits
	// woken are callers whose turn it is and that turn has yet to tell.
	woken []Caller
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{
		t: t, now: start,
		Budget: &Budget{LivePerInstance: 10, LiveTotal: 16, CallsPerInstance: 8},
		limits: Limits{Rate: 5, Burst: 10, LiveSessions: 10, Version: 1},
	}
}

// spends asks, makes all calls, and fails the test if it is denied.
func (d *desk) spends(req Request) {
	d.t.Helper()
	g := d.takes(req)
	for range req.Calls {
		g.Call(d.now)
	}
	g.Release()
}

func (d *desk) pass(by time.Duration) { d.now = d.now.Add(by) }

// takes asks and fails the test if it is denied.
func (d *desk) takes(req Request) *Grant {
	d.t.Helper()
	g, denial := d.Take(d.now, "a", d.limits, req)
	if g == nil {
		d.t.Fatalf("%+v: denied: %+v", req, denial)
	}
	return g
}

// denied asks and fails the test if it is granted.
func (d *desk) denied(req Request, want Reason) Denial {
	d.t.Helper()
	g, denial := d.Take(d.now, "a", d.limits, req)
	if g != nil {
		d.t.Fatalf("%+v: granted", req)
	}
	if denial.Reason != want {
		d.t.Fatalf("%+v: denied as %s, not %s", req, denial.Reason, want)
	}
	if !denial.Until.After(d.now) {
		d.t.Fatalf("%+v: sent back at once", req)
	}
	return denial
}

// call makes a call of one token and reports what came of it.
func (d *desk) call(v Verdict) bool {
	d.t.Helper()
	d.pass(time.Second)
	g := d.takes(Request{Priority: Urgent, Calls: 1})
	defer g.Release()
	g.Call(d.now)
	return g.Report(d.now, v, 0)
}

var (
	observe   = Request{Priority: Routine, Calls: 2}
	requested = Request{Calls: 2, Priority: Urgent}
	refresh   = Request{Priority: Routine, Calls: 2, Live: true, Bank: "FlinksCapital"}
)

func TestAFifthIsKept(t *testing.T) {
	d := newDesk(t)
	for range 4 {
		d.spends(observe)
	}
	d.denied(observe, Busy)
	d.spends(requested)
	d.denied(requested, Busy)
}

func TestKeptEvenWithTheLeastLimits(t *testing.T) {
	d := newDesk(t)
	d.limits = Limits{Rate: 1, Burst: 2, LiveSessions: 1}
	d.spends(observe)
	until := d.denied(observe, Busy).Until
	if wait := until.Sub(d.now); wait > 3*time.Second {
		t.Errorf("sent away for %v", wait)
	}
	d.pass(2 * time.Second)
	d.spends(requested)
}

// TestLooksCostNothing: permission for calls that are not made is given back, so any
// number of callers with nothing to call for take nothing from others.
func TestLooksCostNothing(t *testing.T) {
	d := newDesk(t)
	for i := range 5000 {
		d.takes(caller("crowd", i, Prompt)).Release()
	}
	for range 4 {
		d.spends(observe)
	}
	d.denied(observe, Busy)
}

// TestWhatIsOutHasItsRoom: calls that are allowed and made later do not add to a burst.
func TestWhatIsOutHasItsRoom(t *testing.T) {
	d := newDesk(t)
	d.Budget = New(1000, 10)
	var out []*Grant
	for range 5 {
		out = append(out, d.takes(requested))
	}
	d.pass(time.Minute)
	d.denied(requested, Busy)
	out[0].Release()
	d.spends(requested)
	d.denied(requested, Busy)
	out[1].Call(d.now)
	out[1].Call(d.now)
	d.pass(400 * time.Millisecond)
	d.spends(requested)
	d.denied(requested, Busy)
}

func TestLiveSessionsAreBoundedPerInstanceAndInAll(t *testing.T) {
	d := newDesk(t)
	d.Budget = &Budget{LivePerInstance: 4, LiveTotal: 5, CallsPerInstance: 8}
	d.limits.Burst = 100
	take := func(instance string, priority Priority, want bool) *Grant {
		t.Helper()
		g, _ := d.Take(d.now, instance, d.limits, Request{Calls: 2, Live: true, Priority: priority})
		if (g != nil) != want {
			t.Fatalf("granted: %v, want %v", g != nil, want)
		}
		return g
	}
	first := take("a", Routine, true)
	take("a", Routine, true)
	take("a", Routine, true)
	take("a", Routine, false) // The last one is kept.
	take("a", Urgent, true)
	take("a", Urgent, false)
	take("b", Routine, false) // So is the last one of all.
	take("b", Urgent, true)
	take("b", Urgent, false)
	first.Release()
	first.Release() // Releasing twice must not free a second slot.
	take("b", Urgent, true)
	take("a", Urgent, false)

	d = newDesk(t)
	d.limits.LiveSessions, d.limits.Burst = 1, 100
	take("a", Routine, true)
	take("a", Urgent, false) // The spec's limit holds below the operator's own.
}

// TestOneThatHangs: an instance that hangs leaves workers to the others, and a slot to Urgent.
func TestOneThatHangs(t *testing.T) {
	d := newDesk(t)
	d.limits.Rate, d.limits.Burst = 1000, 1000
	for range 7 {
		d.takes(observe)
	}
	d.denied(observe, Busy)
	d.takes(requested)
	d.denied(requested, Busy)
	if g, _ := d.Take(d.now, "b", d.limits, observe); g == nil {
		t.Error("another instance has to wait")
	}
}

func TestChangedLimits(t *testing.T) {
	d := newDesk(t)
	for range 4 {
		d.spends(observe)
	}
	d.limits.Rate, d.limits.Burst, d.limits.Version = 1000, 1000, 2
	d.spends(requested)
	d.pass(2 * time.Second)
	for range 300 {
		d.spends(observe)
	}
}

// TestMoreCallsThanAskedFor are paid for later.
func TestMoreCallsThanAskedFor(t *testing.T) {
	d := newDesk(t)
	g := d.takes(Request{Calls: 1, Priority: Urgent})
	for range 11 {
		g.Call(d.now)
	}
	g.Release()
	d.pass(100 * time.Millisecond)
	until := d.denied(Request{Calls: 1, Priority: Urgent}, Busy).Until
	if wait := until.Sub(start); wait < 300*time.Millisecond {
		t.Errorf("the debt is forgotten after %v", wait)
	}
}
