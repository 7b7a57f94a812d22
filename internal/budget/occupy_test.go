package budget

import (
	"testing"
	"time"
)

// TestOccupiedPlaces: a session that an earlier process may have opened counts until
// its time is over, once for each object, in the instance and in all.
func TestOccupiedPlaces(t *testing.T) {
	d := newDesk(t)
	d.Budget = &Budget{LivePerInstance: 2, LiveTotal: 3, CallsPerInstance: 8}
	live := Request{Calls: 1, Live: true, Priority: Urgent}
	acme, beta := Caller{"lending", "acme"}, Caller{"lending", "beta"}
	occupy := func(c Caller, d2 time.Duration) { d.Occupy(d.now, "a", d.limits, c, d.now.Add(d2)) }
	occupy(acme, time.Minute)
	occupy(acme, time.Hour) // The same one, told of again.
	d.takes(live).Release()
	occupy(beta, time.Hour)
	d.denied(live, Busy)
	g, _ := d.Take(d.now, "b", d.limits, live)
	if g == nil {
		t.Fatal("another instance has no slot")
	}
	if second, _ := d.Take(d.now, "b", d.limits, live); second != nil {
		t.Error("the slots of all instances do not count the occupied ones")
	}
	g.Release()
	occupy(beta, 0) // It is known to be over.
	d.takes(live).Release()
	occupy(beta, time.Hour)
	d.pass(time.Hour)
	d.takes(live)
	d.takes(live)
	d.denied(live, Busy)
}

// TestOwnSessionCountsOnce: a claim that is found belongs to the call that is out, if this
// process makes it.
func TestOwnSessionCountsOnce(t *testing.T) {
	d := newDesk(t)
	d.LivePerInstance = 2
	acme := Request{Caller: Caller{"lending", "acme"}, Calls: 1, Live: true, Priority: Urgent}
	own := d.takes(acme)
	d.Occupy(d.now, "a", d.limits, acme.Caller, d.now.Add(time.Hour))
	other := d.takes(Request{Calls: 1, Live: true, Priority: Urgent})
	own.Release()
	d.Occupy(d.now, "a", d.limits, acme.Caller, d.now.Add(time.Hour)) // left by another process
	d.denied(Request{Calls: 1, Live: true, Priority: Urgent}, Busy)
	other.Release()
	d.takes(Request{Calls: 1, Live: true, Priority: Urgent})
}

// TestSessionThatStays keeps its slot when the call for it is over, without a moment in which another one gets it,
// and frees it when it is known to be over, or after its time.
func TestSessionThatStays(t *testing.T) {
	d := newDesk(t)
	d.LivePerInstance = 1
	acme := Request{Caller: Caller{"lending", "acme"}, Calls: 1, Live: true, Priority: Urgent}
	other := Request{Calls: 1, Live: true, Priority: Urgent}
	stays := func() {
		t.Helper()
		g := d.takes(acme)
		g.Stay(d.now.Add(4 * time.Minute))
		g.Release()
		g.Release()
		d.denied(other, Busy)
	}
	stays()
	d.Occupy(d.now, "a", d.limits, acme.Caller, d.now)
	d.spends(other)
	stays()
	d.pass(4 * time.Minute)
	d.spends(other)

	poll := d.takes(Request{Caller: acme.Caller, Calls: 1})
	poll.Stay(d.now.Add(time.Hour)) // It has no such slot.
	poll.Release()
	d.spends(other)
}
