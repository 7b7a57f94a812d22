package world

import (
	"fmt"
	"iter"
	"runtime/debug"
	"time"
)

// routine is something under way in a process: a reconcile, or a call of the link service. Only one
// runs at a time; at the gate it may be put aside while others go on.
type routine struct {
	process *Process
	// name for reports, such as "bankconnection lending/acme".
	name string
	// run is the number of the routine in its world.
	run    int
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	// isCall reports whether a caller waits for the routine to end, so that it is never put aside.
	isCall bool
	aside  func() bool // reports whether it may go on; nil while it runs
	until  time.Time   // when to ask aside again; zero if not by time
	ended  bool
	// bodies are those of answers of Flinks that it has not closed yet.
	bodies int
	// deadline is when cancel is called; zero for never.
	deadline time.Time
	cancel   func()
}

// spawn begins a routine and runs it until it ends or is put aside.
func (w *World) spawn(p *Process, name string, isCall bool, body func()) {
	w.run(&routine{process: p, name: name, isCall: isCall}, body)
}

func (w *World) run(r *routine, body func()) {
	w.runs++
	r.run = w.runs
	r.resume, r.stop = iter.Pull(func(yield func(struct{}) bool) {
		r.yield = yield
		defer func() {
			if cause := recover(); cause != nil {
				w.Violate("S13", "%s: panic: %v\n%s", r.name, cause, debug.Stack())
			}
		}()
		body()
	})
	w.routines = append(w.routines, r)
	w.goOn(r)
}

// goOn runs a routine until it ends or is put aside.
func (w *World) goOn(r *routine) {
	before := w.current
	w.current, r.aside, r.until = r, nil, time.Time{}
	w.expire(r)
	_, more := r.resume()
	w.current = before
	if !more {
		r.ended = true
		w.judgeEnd(r)
		w.forgetEnded()
	}
}

// judgeEnd makes sure that a routine leaves nothing behind, and did not run on for long after its
// context had ended (S13).
func (w *World) judgeEnd(r *routine) {
	if w.ending || r.process.dead {
		return
	}
	if r.bodies > 0 {
		w.Violate("S13", "%s leaves %d answers of Flinks open", r.name, r.bodies)
	}
	if !r.deadline.IsZero() && w.now.Sub(r.deadline) > overtime && !w.Disturbed {
		w.Violate("S13", "%s ends %s after its time", r.name, w.now.Sub(r.deadline))
	}
}

// overtime is how long a routine may take to notice that its context has ended.
const overtime = time.Minute

// expire ends the context of a routine whose time is over.
func (w *World) expire(r *routine) {
	if r != nil && r.cancel != nil && w.now.After(r.deadline) {
		r.cancel()
	}
}

func (w *World) forgetEnded() {
	kept := w.routines[:0]
	for _, r := range w.routines {
		if !r.ended {
			kept = append(kept, r)
		}
	}
	clear(w.routines[len(kept):])
	w.routines = kept
}

// PutAside lets the world go on without the routine that runs now, until ready. Time alone
// may make it ready: then until says when.
func (w *World) PutAside(until time.Time, ready func() bool) {
	r := w.current
	if r == nil || w.ending || r.isCall {
		return
	}
	r.aside, r.until = ready, until
	r.yield(struct{}{})
}

// Pause puts the routine that runs now aside for a while. Where none runs, time passes.
func (w *World) Pause(d time.Duration) {
	if w.current == nil || w.ending || w.current.isCall {
		w.pass(d)
		return
	}
	end := w.now.Add(d)
	w.PutAside(end, func() bool { return !w.now.Before(end) })
}

// wakeOne lets one routine go on that may.
func (w *World) wakeOne() bool {
	for _, r := range w.routines {
		if r.aside != nil && (r.process.dead || !r.process.frozen && r.aside()) {
			w.goOn(r)
			return true
		}
	}
	return false
}

// end unwinds what is left of a world.
func (w *World) end() {
	w.ending = true
	for _, p := range w.processes {
		p.dead = true
	}
	for len(w.routines) > 0 {
		r := w.routines[len(w.routines)-1]
		if r.aside == nil {
			panic(fmt.Sprintf("world: %s runs on at the end", r.name))
		}
		w.goOn(r)
	}
}
