// Command explore looks for ways in which the operator goes wrong: it runs its reconcilers in
// tens of thousands of small worlds, in each of which something else fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/test/explore/campaign"
	"github.com/flinks-operator/flinks-operator/test/explore/invariant"
	"github.com/flinks-operator/flinks-operator/test/explore/planted"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

func main() {
	debug.SetGCPercent(400)
	err := explore(context.Background(), os.Args[1:], os.Stdout)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, errViolated) {
		os.Exit(planted.ViolationExit)
	}
	os.Exit(1)
}

// errViolated says that invariants do not hold.
var errViolated = errors.New("invariants do not hold")

func explore(ctx context.Context, args []string, out io.Writer) error {
	ctrllog.SetLogger(logr.Discard()) // What reconcilers log is in the contexts of their worlds.
	flags := flag.NewFlagSet("explore", flag.ContinueOnError)
	o := campaign.Options{Progress: out, Clock: clock.RealClock{}}
	replay := flags.String("replay", "", "run the one case of that name, and print every effect")
	match := flags.String("workloads", "", "run the workloads whose ID this regular expression matches")
	faults := flags.String("faults", "", "run the cases whose name this regular expression matches")
	flags.IntVar(&o.Cases, "cases", 0, "how many cases to run; 0 for each single fault at each place")
	flags.Uint64Var(&o.Seed, "seed", 1, "which cases to choose among those that there may be")
	flags.IntVar(&o.Workers, "workers", 2, "how many cases run at the same time")
	flags.BoolVar(&o.StopAtFirst, "first", false, "stop at the first violation")
	profile := flags.String("cpuprofile", "", "write a CPU profile to a file")
	bugs := flags.Bool("planted", false, "put known defects back, and see that each is found")
	effects := flags.Bool("effects", false, "print the kinds of effects that were met")
	which := flags.String("bugs", "", "plant those whose name this regular expression matches, and do nothing else")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *which != "" {
		found, err := plant(ctx, regexp.MustCompile(*which), out)
		_, _ = fmt.Fprintln(out, strings.TrimSuffix(found, ", "))
		return err
	}
	if *replay != "" {
		return replayCase(ctx, *replay, out)
	}
	if err := startProfile(*profile); err != nil {
		return fmt.Errorf("profiling: %w", err)
	}
	defer pprof.StopCPUProfile()
	if *match != "" {
		o.Match = regexp.MustCompile(*match)
	}
	if *faults != "" {
		o.Faults = regexp.MustCompile(*faults)
	}
	report := campaign.Run(ctx, o)
	tell(ctx, report, out)
	if *effects {
		_, _ = fmt.Fprintln(out, strings.Join(invariant.Reached(), "\n"))
	}
	planted := ""
	var survives error
	if *bugs {
		planted, survives = plant(ctx, regexp.MustCompile(""), out)
	}
	_, _ = fmt.Fprintf(out, "explored %d cases, %d of %d effects, %s%d violations\n", report.Cases, report.Reached, report.Effects, planted, report.Failed)
	if report.Failed > 0 {
		return fmt.Errorf("in %d cases %w", report.Failed, errViolated)
	}
	if len(report.Unknown) > 0 {
		return fmt.Errorf("the contract does not name %q", report.Unknown)
	}
	return survives
}

// startProfile writes a CPU profile to a file, if one is named.
func startProfile(name string) error {
	if name == "" {
		return nil
	}
	file, err := os.Create(name) //nolint:gosec // The flag of a tool names it.
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(file)
}

// tell prints what a campaign found.
func tell(ctx context.Context, r campaign.Report, out io.Writer) {
	for n, f := range r.Failures {
		found := f.Case
		if n < maxShrunk {
			f = campaign.Shrink(ctx, f)
		}
		_, _ = fmt.Fprintf(out, "\n%s\n  %d cases look like this, %s among them. Replay it with\n  go run ./test/explore -replay '%s'\n", f.Violation, f.Count, found, f.Case)
	}
}

// maxShrunk bounds the failures that are made smaller.
const maxShrunk = 10

func replayCase(ctx context.Context, name string, out io.Writer) error {
	c, err := campaign.ParseCase(name)
	if err != nil {
		return err
	}
	r := campaign.Replay(ctx, c, func(e *world.Effect) {
		_, _ = fmt.Fprintf(out, "%9s %s\n", e.Time.Sub(world.Epoch), e.Line())
	})
	for _, v := range r.Violations {
		_, _ = fmt.Fprintln(out, v)
	}
	if len(r.Violations) > 0 {
		return fmt.Errorf("%s: %w", c, errViolated)
	}
	return nil
}

const (
	// casesPerBug and timePerBug bound what is done to find one defect.
	casesPerBug = 1500
	timePerBug  = 4 * time.Minute
)

// plant puts known defects back, and says how many of them are found.
func plant(ctx context.Context, which *regexp.Regexp, out io.Writer) (found string, err error) {
	bugs, err := planted.Load("test/explore/planted/bugs")
	if err != nil {
		return "", err
	}
	bugs = slices.DeleteFunc(bugs, func(b planted.Bug) bool { return !which.MatchString(b.Name) })
	root, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	work, err := os.MkdirTemp("", "planted")
	if err != nil {
		return "", fmt.Errorf("making room: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	killed, err := planted.Kill(ctx, bugs, planted.Options{
		Root: root, Work: work, Cases: casesPerBug, Limit: timePerBug, Progress: out, Clock: clock.RealClock{}, AtOnce: 2,
	})
	if err != nil {
		return "", err
	}
	found = fmt.Sprintf("%d of %d planted bugs killed, ", killed, len(bugs))
	if killed < len(bugs) {
		return found, fmt.Errorf("%d planted bugs survive", len(bugs)-killed)
	}
	return found, nil
}
