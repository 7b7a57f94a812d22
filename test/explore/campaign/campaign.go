package campaign

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/test/explore/invariant"
	"github.com/flinks-operator/flinks-operator/test/explore/workload"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// Options of a campaign.
type Options struct {
	// Cases is how many cases there are to be at most; 0 for all single faults and no more.
	Cases int
	// Seed chooses among the cases that there may be.
	Seed uint64
	// Match keeps the workloads whose ID it matches; nil keeps all.
	Match *regexp.Regexp
	// Faults does the same with the names of the faults.
	Faults *regexp.Regexp
	// Workers run cases at the same time.
	Workers int
	// StopAtFirst ends the campaign at the first violation.
	StopAtFirst bool
	// Progress is told how far the campaign is.
	Progress io.Writer
	Clock    clock.WithTicker
}

// Report of a campaign.
type Report struct {
	Cases int
	// Failures are the cases that violate an invariant, one for each that looks different.
	Failures []Failure
	// Failed is the number of all of them.
	Failed int
	// Effects is the number of kinds of effects that the operator has, Reached of those that
	// were met.
	Effects, Reached int
	// Unknown are kinds of effects that were met and that the contract does not name.
	Unknown []string
	// Missed is the number of faults whose place was not come to.
	Missed int
}

// Failure is a case that violates an invariant, and how many look like it.
type Failure struct {
	Case      Case
	Violation world.Violation
	Count     int
}

type plan struct {
	cases      []Case
	references map[string]*Reference
}

// Run runs a campaign.
func Run(ctx context.Context, o Options) Report {
	p := prepare(ctx, o)
	c := &counts{running: map[string]time.Time{}, failures: map[string]*Failure{}, o: o, total: len(p.cases), p: p}
	c.work(ctx)
	return c.report()
}

// prepare runs the workloads without faults and says which cases there are.
func prepare(ctx context.Context, o Options) *plan {
	p := &plan{references: map[string]*Reference{}}
	chance := rand.New(rand.NewPCG(o.Seed, 0)) //nolint:gosec // Cases are to be the same again.
	var more, broken []Case
	for _, w := range workload.All() {
		if o.Match != nil && !o.Match.MatchString(w.ID) {
			continue
		}
		r, violations := refer(ctx, Case{Workload: w})
		p.references[w.ID] = r
		if len(violations) > 0 {
			// What goes wrong without faults says nothing about faults.
			broken = append(broken, Case{Workload: w})
			continue
		}
		p.cases = append(p.cases, Case{Workload: w})
		p.cases = append(p.cases, singles(w, r)...)
		if o.Cases > 0 {
			more = append(more, several(w, r, o.Cases/len(workload.All()), chance)...)
		}
	}
	p.choose(o, more, chance)
	p.cases = append(broken, p.cases...)
	return p
}

// choose keeps as many cases as there are to be.
func (p *plan) choose(o Options, more []Case, chance *rand.Rand) {
	if o.Faults != nil {
		matches := func(c Case) bool { return !o.Faults.MatchString(c.String()) }
		p.cases, more = slices.DeleteFunc(p.cases, matches), slices.DeleteFunc(more, matches)
	}
	if o.Cases == 0 {
		return
	}
	shuffle := func(cases []Case) {
		chance.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	}
	shuffle(more)
	if missing := o.Cases - len(p.cases); missing > 0 {
		p.cases = append(p.cases, more[:min(missing, len(more))]...)
	}
	shuffle(p.cases)
	p.cases = p.cases[:min(o.Cases, len(p.cases))]
}

// counts is what workers have found out so far.
type counts struct {
	o     Options
	p     *plan
	total int
	next  atomic.Int64
	stop  atomic.Bool

	mu       sync.Mutex
	running  map[string]time.Time // cases, and when they began
	done     int
	failed   int
	missed   int
	failures map[string]*Failure
}

func (c *counts) work(ctx context.Context) {
	ticker := c.o.Clock.NewTicker(progressInterval)
	defer ticker.Stop()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		var workers sync.WaitGroup
		for range c.o.Workers {
			workers.Go(func() { c.worker(ctx) })
		}
		workers.Wait()
	}()
	start := c.o.Clock.Now()
	for {
		select {
		case <-finished:
			return
		case <-ticker.C():
			c.mu.Lock()
			_, _ = fmt.Fprintf(c.o.Progress, "%s: %d of %d cases, %d violations\n",
				c.o.Clock.Since(start).Round(progressInterval), c.done, c.total, c.failed)
			c.tellSlow()
			c.mu.Unlock()
		}
	}
}

// tellSlow names the cases that take long: one of them may never end.
func (c *counts) tellSlow() {
	for name, began := range c.running {
		if lasts := c.o.Clock.Since(began); lasts > slow {
			_, _ = fmt.Fprintf(c.o.Progress, "  %s runs for %s\n", name, lasts.Round(time.Second))
		}
	}
}

// slow is far above what a case takes.
const slow = 20 * time.Second

func (c *counts) worker(ctx context.Context) {
	for !c.stop.Load() && ctx.Err() == nil {
		n := int(c.next.Add(1)) - 1
		if n >= len(c.p.cases) {
			return
		}
		one := c.p.cases[n]
		c.mu.Lock()
		c.running[one.String()] = c.o.Clock.Now()
		c.mu.Unlock()
		c.note(run(ctx, one, c.p.references[one.base()], nil))
	}
}

func (c *counts) note(r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, r.Case.String())
	c.done++
	c.missed += r.Missed
	if c.done%metricsEvery == 1 && len(r.Violations) == 0 && invariant.LeakInMetrics() {
		r.Violations = append(r.Violations, world.Violation{Invariant: "S3", Text: "a loginId or a key is in the metrics", Time: world.Epoch})
	}
	if len(r.Violations) == 0 {
		return
	}
	c.failed++
	v := r.Violations[0]
	key := v.Invariant + " " + signature(v.Text)
	if known := c.failures[key]; known != nil {
		known.Count++
		if len(r.Case.String()) < len(known.Case.String()) {
			known.Case, known.Violation = r.Case, v
		}
	} else {
		c.failures[key] = &Failure{Case: r.Case, Violation: v, Count: 1}
		_, _ = fmt.Fprintf(c.o.Progress, "%s: %s\n", r.Case, v)
	}
	if c.o.StopAtFirst {
		c.stop.Store(true)
	}
}

// metricsEvery is after how many cases the metrics of the process are looked through.
const metricsEvery = 100

var differs = regexp.MustCompile(`[0-9]+|[0-9a-f]{32}`)

// signature returns what violations that look alike have in common.
func signature(text string) string {
	first, _, _ := strings.Cut(text, "(#")
	return differs.ReplaceAllString(first, "n")
}

func (c *counts) report() Report {
	r := Report{Cases: c.done, Failed: c.failed, Missed: c.missed}
	for _, f := range c.failures {
		r.Failures = append(r.Failures, *f)
	}
	slices.SortFunc(r.Failures, func(a, b Failure) int { return b.Count - a.Count })
	met := invariant.Reached()
	r.Effects = len(testenv.Contract)
	for _, kind := range testenv.Contract {
		if slices.Contains(met, kind) {
			r.Reached++
		}
	}
	for _, kind := range met {
		if !slices.Contains(testenv.Contract, kind) {
			r.Unknown = append(r.Unknown, kind)
		}
	}
	return r
}

func number(n int) string { return strconv.Itoa(n) }
