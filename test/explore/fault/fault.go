// Package fault holds what may go wrong in a world, one thing at a time and at one place. A fault
// has a name that says what and where, such as crash@11+ or stale(BankConnection,-2)@14: the
// same faults on the same workload give the same run.
package fault

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// Fault is one thing that goes wrong.
type Fault struct {
	// Kind of the fault, and what it needs to know.
	Kind, Arg string
	// At is the number of the effect that it happens at; for what lasts, To is that of the
	// effect at which it ends.
	At, To int
	// After reports whether it happens after the effect took place.
	After bool
}

// String returns the name of a fault.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.Kind)
	if f.Arg != "" {
		fmt.Fprintf(&b, "(%s)", f.Arg)
	}
	fmt.Fprintf(&b, "@%d", f.At)
	switch {
	case f.To != 0:
		fmt.Fprintf(&b, "..%d", f.To)
	case f.After:
		b.WriteString("+")
	}
	return b.String()
}

var form = regexp.MustCompile(`^([a-z]+)(?:\(([^()]*)\))?@([0-9]+)(?:(\+)|\.\.([0-9]+))?$`)

// Parse reads the name of a fault.
func Parse(name string) (Fault, error) {
	m := form.FindStringSubmatch(name)
	if m == nil {
		return Fault{}, fmt.Errorf("reading fault %q: it is not of the form kind(arg)@effect", name)
	}
	f := Fault{Kind: m[1], Arg: m[2], After: m[4] != ""}
	f.At, _ = strconv.Atoi(m[3])
	f.To, _ = strconv.Atoi(m[5])
	if kinds[f.Kind] == nil {
		return Fault{}, fmt.Errorf("reading fault %q: there is no such kind", name)
	}
	return f, nil
}

// args returns the parts of the argument.
func (f Fault) args() []string { return strings.Split(f.Arg, ",") }

// Injected is a fault in a world.
type Injected struct {
	Fault
	w *world.World
	// Happened reports whether the world came to the place of the fault, and Time is when it was
	// there last.
	Happened bool
	Time     time.Time
	act      func(*world.Effect) error
	end      func(*world.Effect)
}

// Inject adds a fault to a world.
func Inject(w *world.World, f Fault) *Injected {
	i := &Injected{Fault: f, w: w}
	kinds[f.Kind](i)
	w.Hooks = append(w.Hooks, i)
	return i
}

// Before implements world.Hook.
func (i *Injected) Before(e *world.Effect) error {
	if i.end != nil && i.To != 0 && e.Index == i.To {
		i.Time = i.w.Now()
		i.end(e)
	}
	if e.Index != i.At || i.Fault.After || i.act == nil {
		return nil
	}
	i.Happened, i.Time = true, i.w.Now()
	return i.act(e)
}

// After implements world.Hook.
func (i *Injected) After(e *world.Effect) error {
	if e.Index != i.At || !i.Fault.After || i.act == nil {
		return nil
	}
	i.Happened, i.Time = true, i.w.Now()
	return i.act(e)
}

// kinds are the kinds of faults: each says what an injected one does.
var kinds = map[string]func(*Injected){}
