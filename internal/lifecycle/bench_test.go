package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// BenchmarkQuiet is a reconcile that finds nothing to do: what a restart costs for
// each connection.
func BenchmarkQuiet(b *testing.B) {
	s := newScheduled(b)
	b.ReportAllocs()
	for b.Loop() {
		a := lifecycle.Decide(s.now, s.Inputs)
		lifecycle.Record(s.now, s.Inputs, lifecycle.Outcome{Action: a})
		lifecycle.RequeueAfter(s.now, s.Inputs)
	}
}

// BenchmarkObserve is a reconcile that reads the state of a login.
func BenchmarkObserve(b *testing.B) {
	s := newScheduled(b)
	s.passUntil(s.status().NextObserveTime)
	o := lifecycle.Outcome{
		Action: observes, Identity: identity,
		Authorization: &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.now.Add(-time.Hour)},
	}
	b.ReportAllocs()
	for b.Loop() {
		lifecycle.Decide(s.now, s.Inputs)
		st := lifecycle.Record(s.now, s.Inputs, o)
		lifecycle.Events(s.status(), &st)
		lifecycle.Remember(s.now, s.Inputs, o)
		lifecycle.RequeueAfter(s.now, s.Inputs)
	}
}
