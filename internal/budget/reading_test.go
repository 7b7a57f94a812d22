package budget

import (
	"testing"
	"time"
)

// TestReadersLeaveRoom: however many applications read, half of the calls under way are for others.
func TestReadersLeaveRoom(t *testing.T) {
	d := newDesk(t)
	d.limits.Rate, d.limits.Burst = 1000, 1000
	for range 3 {
		d.takes(Request{Priority: Reading, Calls: 2})
	}
	d.denied(Request{Priority: Reading, Calls: 2}, Busy)
	for range 4 {
		d.takes(Request{Priority: Routine, Calls: 2})
	}
}

// TestReadersTakeTurns: the applications of one namespace do not keep those of another waiting, and
// what is due by time alone does not keep readers waiting for ever.
func TestReadersTakeTurns(t *testing.T) {
	d := newDesk(t)
	d.drain()
	asked := map[Caller]Request{}
	ask := func(namespace string, i int, priority Priority) {
		req := caller(namespace, i, priority)
		asked[req.Caller] = req
		d.waits(req)
	}
	for i := range 20 {
		ask("greedy", i, Reading)
		ask("due", i, Routine)
	}
	ask("modest", 0, Reading)
	readers := 0
	for range 30 {
		c := d.turn(time.Minute)
		d.takes(asked[c]).Release()
		if c.Namespace == "modest" {
			if readers > 1 {
				t.Errorf("%d of another namespace come first", readers)
			}
			return
		}
		if c.Namespace == "greedy" {
			readers++
		}
	}
	t.Error("the modest application never reads")
}
