package budget

import (
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// BenchmarkTake is what the limits cost a reconcile that calls; BenchmarkLimiter is
// the token bucket in it, alone.
func BenchmarkTake(b *testing.B) {
	limits := Limits{Rate: 1000, Burst: 1000, LiveSessions: 10}
	budget := &Budget{LivePerInstance: 10, LiveTotal: 16, CallsPerInstance: 8}
	now := start
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(10 * time.Millisecond)
		g, _ := budget.Take(now, "a", limits, observe)
		g.Call(now)
		g.Report(now, Answers, 0)
		g.Release()
	}
}

func BenchmarkLimiter(b *testing.B) {
	limiter := rate.NewLimiter(1000, 1000)
	now := start
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(10 * time.Millisecond)
		limiter.AllowN(now, 2)
	}
}
