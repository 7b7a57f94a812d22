package world

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// errFenced is what a process gets that is dead.
var errFenced = errors.New("the process is dead")

// Effect is one call of a process: of the API server, of Flinks, or of its own cache.
type Effect struct {
	// Index of the effect among all of its world, from 1.
	Index   int
	Process *Process
	// Routine that makes the call, as in its name; empty for none.
	Routine string
	// Run tells apart the routines of a world; 0 for none.
	Run int
	// API is set for a call of the API server, and for a read of the cache.
	API *apiserver.Effect
	// HTTP is set for a call of Flinks.
	HTTP *Call
	// Site is the function of the operator that makes the call. It is known only in worlds
	// that note it.
	Site string
	// Time of the call, by the true clock.
	Time time.Time
}

// Cached reports whether the effect is a read of the process's own cache.
func (e *Effect) Cached() bool { return e.API != nil && e.API.Cached }

// Writes reports whether the effect may change something outside of the process.
func (e *Effect) Writes() bool { return e.HTTP != nil || e.API.Verb.Writes() }

// Class returns what the effect does, and where the operator does it.
func (e *Effect) Class() string {
	what := ""
	if e.HTTP != nil {
		what = "call " + e.HTTP.Endpoint
	} else {
		what = fmt.Sprintf("%s %s", e.API.Verb, e.API.Kind)
		if e.API.Subresource != "" {
			what += "/" + e.API.Subresource
		}
		if e.API.Cached {
			what += " from the cache"
		}
	}
	if e.Site != "" {
		what += " in " + e.Site
	}
	return what
}

// Kind returns what the effect does, in the words of the contract: the verb, the kind and the
// subresource, the type of a patch, and the preconditions; of a call of Flinks the endpoint and the
// mode.
func (e *Effect) Kind() string {
	if e.HTTP != nil {
		words := []string{"call", e.HTTP.Endpoint}
		for _, entry := range e.HTTP.Entries {
			if entry.Mode != "" {
				words = append(words, entry.Mode)
			}
		}
		return strings.Join(words, " ")
	}
	a := e.API
	kind := string(a.Verb) + " " + string(a.Kind)
	if a.Subresource != "" {
		kind += "/" + a.Subresource
	}
	if a.PatchType == types.MergePatchType {
		kind += " by merge"
	}
	if a.ResourceVersion != "" {
		kind += " with resourceVersion"
	}
	return kind
}

func (e *Effect) String() string {
	what := e.Class()
	if e.API != nil {
		what = e.API.String()
	}
	return fmt.Sprintf("#%d %s %s: %s", e.Index, e.Process.Name, e.Routine, what)
}

// Hook is asked about every effect: before it takes place, and after that, before the caller
// is answered. An error is what the caller gets; before the effect it keeps it from taking
// place. A hook may kill the process, or put the routine aside.
type Hook interface {
	Before(*Effect) error
	After(*Effect) error
}

// gate implements apiserver.Gate.
func (p *Process) gate(a *apiserver.Effect) error {
	if a.Stage == apiserver.Before {
		e := p.w.begin(&Effect{Process: p, API: a})
		p.gates[a] = e
		if !a.Cached {
			p.w.pass(apiCall)
		}
		if err := p.w.before(e); err != nil || p.w.Deny == nil || !a.Verb.Writes() {
			return err
		}
		return p.w.Deny(a)
	}
	e := p.gates[a]
	delete(p.gates, a)
	if p.stale = 0; a.Cached && p.Stale != nil {
		p.stale = p.Stale(e)
	}
	return p.w.after(e)
}

// How long calls take by themselves.
const (
	apiCall  = 5 * time.Millisecond
	httpCall = 250 * time.Millisecond
)

// begin numbers an effect.
func (w *World) begin(e *Effect) *Effect {
	w.expire(w.current)
	w.effects++
	e.Index, e.Time = w.effects, w.now
	if w.current != nil {
		e.Routine, e.Run = w.current.name, w.current.run
	}
	if w.NoteSites {
		e.Site = site()
	}
	return e
}

// before asks the hooks whether an effect may take place.
func (w *World) before(e *Effect) error {
	if e.Process.dead {
		return errFenced
	}
	for _, h := range w.Hooks {
		if err := h.Before(e); err != nil {
			return err
		}
		if e.Process.dead {
			return errFenced
		}
	}
	return nil
}

// after tells the hooks of an effect that took place.
func (w *World) after(e *Effect) (failure error) {
	for _, h := range w.Hooks {
		if err := h.After(e); err != nil && failure == nil {
			failure = err
		}
	}
	if e.Process.dead {
		return errFenced
	}
	return failure
}

// site returns the function that a call comes from: the innermost two of the operator that are no
// part of its clients.
func site() string {
	var pcs [48]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	var names []string
	for {
		frame, more := frames.Next()
		if at := strings.Index(frame.Function, "/internal/controller/"); at >= 0 {
			names = append(names, frame.Function[strings.LastIndex(frame.Function, "/")+1:])
		}
		if !more || len(names) == 3 {
			return strings.Join(names, " < ")
		}
	}
}

// Line returns the effect and what came of it, in one line.
func (e *Effect) Line() string {
	var line strings.Builder
	line.WriteString(e.String())
	switch {
	case e.HTTP != nil:
		for _, entry := range e.HTTP.Entries {
			fmt.Fprintf(&line, " → %s", entry)
		}
	case e.API.Err != nil:
		line.WriteString(" → " + e.API.Err.Error())
	case e.API.Changed && e.API.Result != nil:
		line.WriteString(" → version " + e.API.Result.GetResourceVersion())
	}
	if e.Site != "" {
		line.WriteString(" in " + e.Site)
	}
	return line.String()
}
