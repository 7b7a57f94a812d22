package day

import (
	"container/heap"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const (
	workers = 32
	// What calls take.
	quick = 300 * time.Millisecond
)

// fleet is many connections, the workers that look after them, and a Flinks that
// journals what it is asked.
type fleet struct {
	t      *testing.T
	now    time.Time
	budget *budget.Budget
	limits budget.Limits

	connections []*connection
	named       map[string]*connection
	timers      timers
	queue       queue
	busy        int
	// steps gives things that happen at the same time an order.
	steps, reconciles int
	journals          map[string]*journal
}

// connection is an object, and what the manager and Flinks hold of it.
type connection struct {
	object   *v1alpha1.BankConnection
	instance string
	live     time.Duration // how long a live call takes

	session, pending  bool
	notUntil          time.Time
	look              lifecycle.Look
	pokes             int
	queued, inProcess bool

	data      time.Time
	refreshed []time.Time
	observed  []time.Time
	gone      bool
}

// journal is what one instance saw.
type journal struct {
	calls    map[int64]int
	live     int
	mostLive int
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	return &fleet{
		t: t, now: time.Date(2031, 5, 6, 9, 0, 0, 0, time.UTC),
		budget:   budget.New(workers, 10),
		limits:   budget.Limits{Rate: 5, Burst: 10, LiveSessions: 10},
		journals: map[string]*journal{},
		named:    map[string]*connection{},
	}
}

// add makes connections of one namespace that were bound and observed at a time, with data of
// then.
func (f *fleet) add(n int, on string, live time.Duration, bound time.Time) []*connection {
	f.t.Helper()
	namespace := fmt.Sprintf("tenant-%d", len(f.connections))
	if f.journals[on] == nil {
		f.journals[on] = &journal{calls: map[int64]int{}}
	}
	first := len(f.connections)
	for range n {
		c := &connection{instance: on, live: live, data: bound, object: &v1alpha1.BankConnection{}}
		c.object.UID = types.UID(fmt.Sprintf("uid-%d", len(f.connections)))
		c.object.Name, c.object.Namespace = string(c.object.UID), namespace
		f.named[c.object.Name] = c
		c.object.Finalizers = []string{v1alpha1.Finalizer}
		c.object.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{
			Type:       v1alpha1.RefreshScheduled,
			Interval:   &metav1.Duration{Duration: 24 * time.Hour},
			MaxDataAge: &metav1.Duration{Duration: 1000 * time.Hour},
		}
		if !bound.IsZero() {
			c.object.Status = lifecycle.Record(bound, c.world(), lifecycle.Outcome{
				Action: lifecycle.Observe{}, Authorization: c.authorization(),
			})
		}
		f.connections = append(f.connections, c)
		f.poke(c, -100)
	}
	return f.connections[first:]
}

func (c *connection) authorization() *flinks.Authorization {
	return &flinks.Authorization{State: flinks.Authorized, Institution: "FlinksCapital", LastRefresh: c.data}
}

func (c *connection) world() lifecycle.Inputs {
	return lifecycle.Inputs{Facts: lifecycle.Facts{Connection: c.object}, Memory: lifecycle.Memory{HasSession: c.session, NotUntil: c.notUntil, Look: c.look}}
}

// run lets the workers work for a span of time.
func (f *fleet) run(d time.Duration) {
	f.t.Helper()
	end := f.now.Add(d)
	for {
		turn := f.turns()
		if f.busy < workers && f.queue.Len() > 0 {
			f.reconcile(heap.Pop(&f.queue).(*item).connection)
			continue
		}
		timed := f.timers.Len() > 0 && (turn.IsZero() || f.timers[0].at.Before(turn))
		switch {
		case timed && !f.timers[0].at.After(end):
			next := heap.Pop(&f.timers).(timer)
			f.now = next.at
			next.do()
		case !timed && !turn.IsZero() && !turn.After(end):
			f.now = turn
		default:
			f.now = end
			return
		}
	}
}

// turns wakes those whose turn it is, and says when there may be others.
func (f *fleet) turns() time.Time {
	callers, next := f.budget.Turns(f.now)
	for _, caller := range callers {
		f.poke(f.named[caller.Name], 10)
	}
	return next
}

func (f *fleet) after(d time.Duration, do func()) {
	f.steps++
	heap.Push(&f.timers, timer{at: f.now.Add(d), order: f.steps, do: do})
}

// poke queues a connection, as an event does.
func (f *fleet) poke(c *connection, priority int) {
	c.pokes++
	if c.inProcess {
		c.queued = true
		return
	}
	heap.Push(&f.queue, &item{connection: c, priority: priority, order: f.steps})
	f.steps++
}

var priorities = map[lifecycle.Priority]int{lifecycle.Routine: -100, lifecycle.Prompt: -50, lifecycle.Urgent: 0}

func (f *fleet) reconcile(c *connection) {
	f.reconciles++
	var grant *budget.Grant
	waits := map[bool]bool{true: false, false: false}
	a, w := lifecycle.Reserve(f.now, c.world(), func(n lifecycle.Demand) (lifecycle.Deferral, bool) {
		name := types.NamespacedName{Namespace: c.object.Namespace, Name: c.object.Name}
		g, d := f.budget.Take(f.now, c.instance, f.limits, instance.RequestOf(name, n))
		grant, waits[n.Live] = g, g == nil
		return instance.DeferralOf(c.object.UID, d), g != nil
	})
	for live, waiting := range waits {
		if !waiting {
			f.budget.Leave(budget.Caller{Namespace: c.object.Namespace, Name: c.object.Name}, live)
		}
	}
	c.inProcess = true
	f.busy++
	f.act(c, w, a, grant, func(o lifecycle.Outcome) {
		grant.Release()
		f.busy--
		c.inProcess = false
		f.record(c, w, o)
	})
}

// act does what was decided, and is done when Flinks has answered.
func (f *fleet) act(c *connection, w lifecycle.Inputs, a lifecycle.Action, grant *budget.Grant, done func(lifecycle.Outcome)) {
	o := lifecycle.Outcome{Action: a}
	j := f.journals[c.instance]
	call := func() {
		grant.Call(f.now)
		j.call(f.now)
	}
	switch a := a.(type) {
	case lifecycle.Observe:
		call()
		f.after(quick, func() {
			call()
			c.observed = append(c.observed, f.now)
			c.session, o.Authorization = true, c.authorization()
			done(o)
		})
	case lifecycle.Collect:
		call()
		f.after(quick, func() {
			c.pending = !c.pending
			c.session, o.Accounts = c.pending, &flinks.AccountsDetail{Pending: c.pending, LastRefresh: c.data}
			done(o)
		})
	case lifecycle.Refresh:
		c.object = c.object.DeepCopy()
		c.object.Status = lifecycle.Claim(f.now, w, a, "nonce")
		call()
		f.after(quick, func() {
			call()
			j.opens()
			c.refreshed = append(c.refreshed, f.now)
			f.after(c.live, func() {
				j.live--
				c.data, c.session = f.now, true
				o.Authorization = c.authorization()
				done(o)
			})
		})
	case lifecycle.Delete:
		call()
		f.after(quick, func() {
			c.object = c.object.DeepCopy()
			c.object.Finalizers, c.gone = nil, true
			done(o)
		})
	default:
		done(o)
	}
}

func (f *fleet) record(c *connection, w lifecycle.Inputs, o lifecycle.Outcome) {
	w.Connection, w.HasSession = c.object, c.session
	object := c.object.DeepCopy()
	object.Status = lifecycle.Record(f.now, w, o)
	c.object, w.Connection = object, object
	w.Memory = lifecycle.Remember(f.now, w, o)
	c.notUntil, c.look = w.NotUntil, w.Look
	if c.queued {
		c.queued = false
		f.poke(c, 0)
		return
	}
	if d := lifecycle.RequeueAfter(f.now, w); d > 0 {
		pokes, priority := c.pokes, priorities[w.Priority(f.now)]
		f.after(d, func() {
			if c.pokes == pokes {
				f.poke(c, priority)
			}
		})
	}
}

func (j *journal) call(at time.Time) { j.calls[at.Unix()]++ }

func (j *journal) opens() {
	j.live++
	j.mostLive = max(j.mostLive, j.live)
}
