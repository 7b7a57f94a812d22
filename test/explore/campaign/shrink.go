package campaign

import (
	"context"
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/test/explore/fault"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

const progressInterval = 10 * time.Second

// Replay runs one case again, and tells of every effect.
func Replay(ctx context.Context, c Case, watch func(*world.Effect)) Result {
	reference := c
	reference.Faults = nil
	want, _ := refer(ctx, reference)
	return run(ctx, c, want, watch)
}

// Shrink finds the smallest case that violates the same invariant: with fewer faults, and with
// fewer steps.
func Shrink(ctx context.Context, f Failure) Failure {
	for smaller := true; smaller; {
		smaller = false
		for _, c := range f.Case.smaller() {
			for _, v := range Replay(ctx, c, nil).Violations {
				if v.Invariant == f.Violation.Invariant && signature(v.Text) == signature(f.Violation.Text) {
					f.Case, f.Violation, smaller = c, v, true
					break
				}
			}
			if smaller {
				break
			}
		}
	}
	return f
}

// smaller returns the cases with one fault less, or one step less.
func (c Case) smaller() []Case {
	var all []Case
	for n := range c.Faults {
		less := c
		less.Faults = slices.Delete(slices.Clone(c.Faults), n, n+1)
		all = append(all, less)
	}
	for n := range c.Workload.Steps {
		if slices.Contains(c.Dropped, n+1) {
			continue
		}
		less := c
		less.Dropped = append(slices.Clone(c.Dropped), n+1)
		slices.Sort(less.Dropped)
		less.Faults = append([]fault.Fault(nil), c.Faults...)
		all = append(all, less)
	}
	return all
}
