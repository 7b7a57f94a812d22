package world

import (
	"time"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// maxSteps bounds a run. What takes more goes round in circles.
const maxSteps = 200_000

// Run lets a span of time pass, and everything happen in it.
func (w *World) Run(d time.Duration) { w.RunUntil(w.now.Add(d), func() bool { return false }) }

// RunUntil lets time pass until done, at the longest until end, and reports whether it was
// done.
func (w *World) RunUntil(end time.Time, done func() bool) bool {
	for range maxSteps {
		switch {
		case w.Failed():
			return false
		case done():
			return true
		case w.step():
			continue
		}
		next := w.next()
		if next.IsZero() || next.After(end) {
			w.now = later(w.now, end)
			return done()
		}
		w.now = later(w.now, next)
	}
	w.Violate("S7", "no end: %d steps in one run", maxSteps)
	return false
}

// Settle does all that can be done without waiting.
func (w *World) Settle() { w.RunUntil(w.now, func() bool { return false }) }

// step does one thing that can be done now, and reports whether there was one.
func (w *World) step() bool {
	for _, p := range w.processes {
		p.deliver()
	}
	if w.wakeOne() {
		return true
	}
	for _, p := range w.processes {
		for _, c := range p.controllers {
			if c.work() {
				return true
			}
		}
	}
	if w.clean() {
		return true
	}
	for _, a := range w.Actors {
		if a.Act(w) {
			return true
		}
	}
	return false
}

// clean does what the cluster's own controllers do.
func (w *World) clean() bool {
	before := w.Server.ResourceVersion()
	for _, o := range w.Server.List(apiserver.Namespace) {
		if o.GetDeletionTimestamp() != nil {
			w.Server.DeleteContents(o.GetName(), w.ContentsOrder...)
		}
	}
	w.Server.CollectGarbage()
	return w.Server.ResourceVersion() != before
}

// next returns when something will be to be done by the passing of time alone; zero for never.
func (w *World) next() (at time.Time) {
	add := func(t time.Time) {
		if t.After(w.now) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, r := range w.routines {
		add(r.until)
	}
	for _, p := range w.processes {
		if !p.Leads() {
			continue
		}
		for _, c := range p.controllers {
			add(c.queue.earliest())
			add(c.wakeAt)
		}
	}
	for _, a := range w.Actors {
		add(a.Next(w))
	}
	return at
}

// pass lets time pass in the middle of a call.
func (w *World) pass(d time.Duration) { w.now = w.now.Add(d) }

// Pass lets time pass in which only the clock moves, as for a process that is frozen.
func (w *World) Pass(d time.Duration) { w.pass(d) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
