// Package campaign runs cases: a workload with faults, from the beginning of a world to its end.
package campaign

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/fault"
	"github.com/flinks-operator/flinks-operator/test/explore/invariant"
	"github.com/flinks-operator/flinks-operator/test/explore/workload"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// Case is a workload, less some of its steps, and what goes wrong in it.
type Case struct {
	Workload workload.Workload
	// Dropped are the steps that are left out, counted from 1.
	Dropped []int
	Faults  []fault.Fault
}

// String returns the name of a case, which is all that is needed to run it again.
func (c Case) String() string {
	parts := []string{c.base()}
	for _, f := range c.Faults {
		parts = append(parts, f.String())
	}
	return strings.Join(parts, "/")
}

// base names the workload and the steps that are left out.
func (c Case) base() string {
	var name strings.Builder
	name.WriteString(c.Workload.ID)
	for _, n := range c.Dropped {
		name.WriteString("-" + strconv.Itoa(n))
	}
	return name.String()
}

// ParseCase reads the name of a case.
func ParseCase(name string) (Case, error) {
	parts := strings.Split(name, "/")
	base := strings.Split(parts[0], "-")
	w, ok := workload.Find(base[0])
	if !ok {
		return Case{}, fmt.Errorf("reading case %q: there is no workload %s", name, base[0])
	}
	c := Case{Workload: w}
	for _, text := range base[1:] {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > len(w.Steps) {
			return Case{}, fmt.Errorf("reading case %q: there is no step %s", name, text)
		}
		c.Dropped = append(c.Dropped, n)
	}
	for _, text := range parts[1:] {
		f, err := fault.Parse(text)
		if err != nil {
			return Case{}, fmt.Errorf("reading case %q: %w", name, err)
		}
		c.Faults = append(c.Faults, f)
	}
	return c, nil
}

// Result of a case.
type Result struct {
	Case       Case
	Violations []world.Violation
	State      invariant.State
	// Missed are the faults whose place the world did not come to.
	Missed  int
	Effects int
}

// Reference is what a workload does without faults.
type Reference struct {
	State   invariant.State
	Effects []Effect
}

// Effect is one that a workload has without faults.
type Effect struct {
	Index  int
	Class  string
	Kind   string
	Verb   string
	Cached bool
	Writes bool
	// Endpoint of Flinks that is called; empty for the API server.
	Endpoint string
}

// run runs a case. watch, if there is one, is told of every effect.
func run(ctx context.Context, c Case, want *Reference, watch func(*world.Effect)) Result {
	w := world.New(ctx)
	checker := invariant.Watch(w)
	if watch != nil {
		w.NoteSites = true
		w.Hooks = append(w.Hooks, watcher(watch))
	}
	w.Actors = append(w.Actors, &world.Supervisor{})
	c.Workload.Prepare(w)
	w.Disturbed = len(c.Faults) > 0 || len(c.Dropped) > 0
	var injected []*fault.Injected
	for _, f := range c.Faults {
		injected = append(injected, fault.Inject(w, f))
	}
	c.play(w)            //nolint:contextcheck // The world has the context.
	waitOut(w, injected) //nolint:contextcheck // The world has the context.
	result := Result{Case: c, Effects: w.Effects()}
	may := c.tolerance(w)
	if problem := c.judge(w, may); problem != "" && !w.Failed() {
		w.Violate("L1", "at the end: %s", problem)
	}
	if !w.Failed() {
		w.Hooks = w.Hooks[:1] // What comes now is not to be disturbed.
		result.State = checker.End()
	}
	if want != nil && !w.Failed() {
		checker.Compare(result.State, want.State, may)
	}
	w.Close()
	for _, i := range injected {
		if !i.Happened {
			result.Missed++
		}
	}
	result.Violations = w.Violations()
	return result
}

// judge says what is not as it should be at the end of the story.
func (c Case) judge(w *world.World, may invariant.Tolerance) string {
	if may.Status || len(c.Dropped) > 0 {
		return ""
	}
	if may.Person && invariant.AwaitsPerson(w) {
		return ""
	}
	w.AnyLogins = may.Logins
	return c.Workload.Judge(w)
}

// tolerance returns what the faults of a case may leave behind for good.
func (c Case) tolerance(w *world.World) invariant.Tolerance {
	may := invariant.Tolerance{Faults: len(c.Faults), Answers: len(c.Faults) > 0, Status: w.Unclear}
	may.Logins = may.Status || (c.Workload.Either || c.Workload.Several) && may.Faults > 0
	if may.Faults > 0 {
		may.Several, may.Open = c.Workload.Several, c.Workload.Open
	}
	for _, f := range c.Faults {
		c.tolerate(f, &may)
	}
	return may
}

// What a fault answers a call with, where the state at the end may still show it.
var (
	// refusals by Flinks make the operator leave the instance alone.
	refusals = []string{"429", "throttle", "key"}
	// denials by the API server do not end by being asked again.
	denials = []string{"forbidden", "invalid"}
)

// tolerate adds what one fault may leave behind.
func (c Case) tolerate(f fault.Fault, may *invariant.Tolerance) {
	switch f.Kind {
	case "mutate":
		may.Status, may.Logins = true, true
	case "step", "jump", "pause", "slow", "hold":
		may.Status = may.Status || c.Workload.Twins
		may.Accounts, may.Times, may.Codes = true, true, true
	case "secret", "strip":
		may.Holds, may.Codes, may.Accounts, may.Times = true, true, true, true
		may.Logins = true // Without its finalizer an object goes before its login.
	case "flinks":
		may.Requests = true
		may.Person = may.Person || asksForPerson(f.Arg)
		may.Codes = may.Codes || slices.Contains(refusals, f.Arg)
	case "api":
		may.Requests = true
		denied := slices.Contains(denials, f.Arg)
		may.Holds, may.Deliveries = may.Holds || denied, may.Deliveries || denied
	case "velero", "etcd":
		may.Holds, may.Accounts, may.Codes, may.Nights = true, true, true, true
		// One of several that shared a login may be there again without the others.
		may.Logins = may.Logins || f.Kind == "velero"
	case "stale":
		tolerateStale(f, may)
	case "gap", "lag":
		may.Codes, may.Accounts = true, true
	}
}

// tolerateStale adds what a read of an old cache may leave behind. Four changes back, one of two that
// share a login may not have had it yet: the other one goes without it, and Retain wins only while
// both are there.
func tolerateStale(f fault.Fault, may *invariant.Tolerance) {
	may.Times = true
	may.Logins = may.Logins || strings.HasSuffix(f.Arg, ",-4")
}

// asksForPerson reports whether a fault is an answer of the bank that only a person can help:
// not every story has one who does.
func asksForPerson(code string) bool { return flinks.Lookup(code, true).Class == flinks.ClassUser }

// play does what the workload says. A script that cannot be played is a fault of the explorer.
func (c Case) play(w *world.World) {
	defer func() {
		if cause := recover(); cause != nil {
			w.Violate("script", "%v", cause)
		}
	}()
	for n, step := range c.Workload.Steps {
		w.Run(step.After)
		if w.Failed() {
			return
		}
		if !slices.Contains(c.Dropped, n+1) {
			step.Do(w)
		}
	}
	w.Run(c.Workload.Length())
}

// waitOut leaves a world time after its last fault, however late in the story that was, and does not
// leave it in the middle of a refresh.
func waitOut(w *world.World, injected []*fault.Injected) {
	for _, i := range injected {
		if end := i.Time.Add(afterFault); i.Happened && end.After(w.Now()) {
			w.RunUntil(end, func() bool { return false })
		}
	}
	if len(injected) > 0 {
		w.RunUntil(w.Now().Add(longestRefresh), func() bool { return !refreshing(w) })
	}
}

const (
	// afterFault is as long as the longest wait between two attempts of what failed once.
	afterFault = 3 * time.Hour
	// longestRefresh is above what a refresh takes that needs no person.
	longestRefresh = 40 * time.Minute
)

// refreshing reports whether a connection is at Flinks, or will be when the next answer comes.
func refreshing(w *world.World) bool {
	for _, o := range w.Server.List(apiserver.BankConnection) {
		r := o.(*v1alpha1.BankConnection).Status.Refresh
		if r != nil && (r.State == v1alpha1.RefreshClaimed || r.State == v1alpha1.RefreshDispatched || r.State == v1alpha1.RefreshCollecting) {
			return true
		}
	}
	return false
}

// watcher is a hook that only watches.
type watcher func(*world.Effect)

// Before implements world.Hook.
func (watcher) Before(*world.Effect) error { return nil }

// After implements world.Hook.
func (f watcher) After(e *world.Effect) error { f(e); return nil }

// refer runs a workload without faults.
func refer(ctx context.Context, c Case) (*Reference, []world.Violation) {
	c.Faults = nil
	r := &Reference{}
	result := run(ctx, c, nil, func(e *world.Effect) {
		one := Effect{Index: e.Index, Class: e.Class(), Cached: e.Cached(), Writes: e.Writes()}
		if e.HTTP != nil {
			one.Endpoint = e.HTTP.Endpoint
		} else {
			one.Kind, one.Verb = string(e.API.Kind), string(e.API.Verb)
		}
		r.Effects = append(r.Effects, one)
	})
	r.State = result.State
	return r, result.Violations
}
