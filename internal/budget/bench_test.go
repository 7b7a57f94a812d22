package budget

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkTake is what the limits cost a reconcile that calls: alone, and while a hundred
// thousand others wait in a thousand namespaces.
func BenchmarkTake(b *testing.B) {
	for name, waiting := range map[string]int{"alone": 0, "crowd": 100_000} {
		b.Run(name, func(b *testing.B) {
			d := newCrowdedDesk(waiting)
			b.ReportAllocs()
			for b.Loop() {
				d.now = d.now.Add(10 * time.Millisecond)
				g, _ := d.Take(d.now, "a", d.limits, requested)
				g.Call(d.now)
				g.Report(d.now, Answers, 0)
				g.Release()
			}
		})
	}
}

// BenchmarkWait measures queueing a caller and removing it.
func BenchmarkWait(b *testing.B) {
	for name, waiting := range map[string]int{"alone": 1, "crowd": 100_000} {
		b.Run(name, func(b *testing.B) {
			d := newCrowdedDesk(waiting)
			req := caller("late", 0, Routine)
			b.ReportAllocs()
			for b.Loop() {
				if g, _ := d.Take(d.now, "a", d.limits, req); g != nil {
					b.Fatal("granted")
				}
				d.Leave(req.Caller, false)
			}
		})
	}
}

// BenchmarkTurns is what it costs to let the next one in.
func BenchmarkTurns(b *testing.B) {
	for name, waiting := range map[string]int{"few": 100, "crowd": 100_000} {
		b.Run(name, func(b *testing.B) {
			d := newCrowdedDesk(waiting)
			b.ReportAllocs()
			for b.Loop() {
				d.now = d.now.Add(2 * time.Millisecond)
				callers, _ := d.Turns(d.now)
				for _, c := range callers {
					req := Request{Caller: c, Calls: 2}
					g, _ := d.Take(d.now, "a", d.limits, req)
					g.Call(d.now)
					g.Call(d.now)
					g.Release()
					d.Take(d.now, "a", d.limits, req) // and back to the end of the queue.
				}
			}
		})
	}
}

// newCrowdedDesk has an empty bucket and a number of queued callers.
func newCrowdedDesk(waiting int) *desk {
	d := &desk{now: start, Budget: New(32, 10), limits: Limits{Rate: 1000, Burst: 1000, LiveSessions: 10}}
	for {
		g, _ := d.Take(d.now, "a", d.limits, Request{Calls: 2})
		if g == nil {
			break
		}
		g.Call(d.now)
		g.Call(d.now)
		g.Release()
	}
	for i := range waiting {
		d.Take(d.now, "a", d.limits, caller(fmt.Sprint(i%1000), i, Routine))
	}
	return d
}
