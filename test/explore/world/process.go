package world

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/dataservice"
	"github.com/flinks-operator/flinks-operator/internal/controller/linkservice"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// Process is one life of the operator's manager: what it remembers ends with it.
type Process struct {
	w *World
	// Name tells the processes of a world apart: A, B and so on, in order of their start.
	Name string
	// Clock of the machine that it runs on.
	Clock *Clock
	// Cache is what it knows of the API server.
	Cache *apiserver.Cache
	// Links answers the gateway.
	Links *linkservice.Service
	// Data answers applications, which wait for nothing that Flinks is still collecting.
	Data *dataservice.Service
	// Lags are kinds whose events do not reach it for now.
	Lags map[apiserver.Kind]bool
	// Stale, if set, is asked about every read of the cache that was answered: the resource
	// version that the answer is to be as old as, or 0.
	Stale func(*Effect) int64

	ctx         context.Context
	cancel      context.CancelFunc
	dead        bool
	controllers []*controller
	leads       bool
	frozen      bool
	gates       map[*apiserver.Effect]*Effect
	stale       int64 // what Stale said about the newest read
}

// Start begins the life of a process: its caches are filled, and its reconcilers run.
func (w *World) Start() *Process {
	p := w.startStandby()
	p.Lead()
	return p
}

// startStandby begins the life of a process that answers the gateway and does not reconcile.
func (w *World) startStandby() *Process {
	p := &Process{
		w: w, Name: fmt.Sprintf("%c", 'A'+len(w.processes)), Clock: w.newClock(), Cache: w.Server.NewCache(),
		Lags: map[apiserver.Kind]bool{}, gates: map[*apiserver.Effect]*Effect{},
	}
	ctx := logr.NewContext(w.ctx, logr.New(w.sinks.log(p.Name)))
	p.ctx, p.cancel = context.WithCancel(ctx)
	w.processes = append(w.processes, p)
	if err := manager.AddIndexes(p.ctx, p.Cache); err != nil {
		panic(err)
	}
	cached := w.Server.Client(apiserver.ClientOptions{Cache: p.Cache, ReadYourWrites: true, Await: p.await, Gate: p.gate})
	live := w.Server.Client(apiserver.ClientOptions{Gate: p.gate})
	all := manager.NewReconcilers(manager.Parts{
		Client: cachedClient{cached, p}, Live: live,
		Flinks:   flinksclient.New(flinksclient.Options{UserAgent: "flinks-operator", Transport: transport{p}}),
		Budget:   budget.New(workers, liveSessions),
		Clock:    p.Clock,
		Recorder: recorder{w, cached.Recorder()},
		Audit:    audit.New(&w.sinks.text, p.Clock.Now, func(err error) { panic(err) }),
		Links:    &login.Links{Keys: func() link.Keys { return w.links }, Clock: p.Clock},
	})
	all.Connections.Inflight.Start = func(call func()) { call() } // Only one routine runs at a time.
	p.Links, p.Data = all.LinkService, all.DataService
	p.addControllers(all)
	return p
}

// What the operator runs with by default.
const (
	workers      = 32
	liveSessions = 10
)

func (p *Process) addControllers(all *manager.Reconcilers) {
	p.controllers = append(p.controllers, newController(p, all.Policies.Watches(), all.Policies))
	for _, r := range all.Instances {
		p.controllers = append(p.controllers, newController(p, r.Watches(), r))
	}
	p.controllers = append(p.controllers, newController(p, all.Connections.Watches(), all.Connections))
}

// Lead lets the reconcilers run: the process has the lease.
func (p *Process) Lead() {
	p.leads = true
	for _, c := range p.controllers {
		c.start()
	}
}

// Kill ends the process at once. Nothing that it does from now on has any effect, and
// nothing that it was answered matters.
func (p *Process) Kill() {
	p.dead = true
	p.cancel()
}

// Stop asks the process to stop, as a rollout does: its context ends, and no reconcile begins
// any more.
func (p *Process) Stop() {
	p.leads = false
	p.cancel()
}

// Freeze stops everything in the process, as a machine that is suspended does. The process
// does not notice; others do.
func (p *Process) Freeze() { p.frozen = true }

// Thaw lets a process that was frozen go on where it was.
func (p *Process) Thaw() { p.frozen = false }

// Stopped reports whether the process was asked to stop.
func (p *Process) Stopped() bool { return p.ctx.Err() != nil }

// Alive reports whether the process still does anything.
func (p *Process) Alive() bool { return !p.dead }

// Leads reports whether the reconcilers of the process run.
func (p *Process) Leads() bool { return p.leads && !p.dead && !p.frozen }

// await puts the reader aside until the cache knows its own write.
func (p *Process) await(kind apiserver.Kind, version int64) error {
	if !p.Lags[kind] {
		p.Cache.AdvanceTo(kind, version)
		return nil
	}
	p.w.PutAside(p.w.now.Add(ReconcileTimeout), func() bool { return p.Cache.HasSeen(kind, version) })
	if p.dead || !p.Cache.HasSeen(kind, version) {
		return context.DeadlineExceeded
	}
	return nil
}

// deliver brings the cache up to date, and tells the reconcilers what their process says.
func (p *Process) deliver() {
	if p.dead || p.frozen {
		return
	}
	for _, kind := range p.Cache.Kinds() {
		if !p.Lags[kind] {
			p.Cache.CatchUp(kind)
		}
	}
	for _, c := range p.controllers {
		c.listen()
		c.wake()
	}
}

// recorder notes what events say, and stores them.
type recorder struct {
	w *World
	events.EventRecorder
}

func (p *Process) String() string { return fmt.Sprintf("process %s", p.Name) }

// Planned returns when a controller will reconcile a key, if it will without being told anything.
func (p *Process) Planned(controller string, key types.NamespacedName) (at time.Time, ok bool) {
	for _, c := range p.controllers {
		if c.set.Name == controller {
			return c.queue.planned(reconcile.Request{NamespacedName: key})
		}
	}
	return at, false
}
