package lifecycle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// crowd is an API server with several connections that share one login, and the managers
// that let them go. Every read, call and write is a step of its own, any two steps of
// different objects may come in any order, a cache may be as old as it likes, and a
// manager may die between any two steps.
type crowd struct {
	t        *rapid.T
	version  int
	history  map[string][]stored
	managers []*follower
	journal  []string
	// calls are the DeleteCards, and left counts the objects that left the login at
	// Flinks, by reason.
	calls int
	left  map[string]int
	// created counts the objects, named after their number.
	created int
	// edited reports whether a policy was changed meanwhile.
	edited, disturbed bool
}

// stored is an object as of a version; nil once it is gone.
type stored struct {
	version int
	object  *v1alpha1.BankConnection
}

// follower is a manager with a cache.
type follower struct {
	seen int
	// wrote is the version that it knows its own writes of an object by.
	wrote map[string]int
	// under way are the rest of the steps of a reconcile, by object.
	underWay map[string][]func() []func()
}

// TestOneOfManyDeletesALogin: a login that no connection keeps is deleted at Flinks, once;
// one that a connection keeps is not, in any order.
func TestOneOfManyDeletesALogin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &crowd{t: t, history: map[string][]stored{}, left: map[string]int{}}
		for range rapid.IntRange(1, 2).Draw(t, "managers") {
			w.managers = append(w.managers, newFollower())
		}
		for range rapid.IntRange(1, 3).Draw(t, "connections") {
			w.create()
		}
		for range rapid.IntRange(0, 120).Draw(t, "steps") {
			w.step()
		}
		w.end()
	})
}

// TestRetainWinsOfThoseThatAreDeletedTogether is the same, with nothing done before all
// are to be deleted.
func TestRetainWinsOfThoseThatAreDeletedTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &crowd{t: t, history: map[string][]stored{}, left: map[string]int{}}
		w.managers = []*follower{newFollower()}
		retained := false
		for range rapid.IntRange(2, 4).Draw(t, "connections") {
			w.create()
		}
		for _, name := range w.names() {
			w.delete(name)
			retained = retained || w.latest(name).Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain
		}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			w.work()
		}
		w.finish()
		if want := map[bool]int{true: 0, false: 1}[retained]; w.calls != want {
			w.broken("%d calls, want %d", w.calls, want)
		}
	})
}

func newFollower() *follower {
	return &follower{wrote: map[string]int{}, underWay: map[string][]func() []func(){}}
}

func (w *crowd) log(format string, args ...any) {
	w.journal = append(w.journal, fmt.Sprintf("%3d ", w.version)+fmt.Sprintf(format, args...))
}

func (w *crowd) broken(format string, args ...any) {
	w.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(w.journal, "\n"))
}

// names of the objects that are there now.
func (w *crowd) names() []string {
	var names []string
	for name := range w.history {
		if w.latest(name) != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (w *crowd) latest(name string) *v1alpha1.BankConnection { return w.at(name, w.version) }

func (w *crowd) at(name string, version int) *v1alpha1.BankConnection {
	var object *v1alpha1.BankConnection
	for _, s := range w.history[name] {
		if s.version <= version {
			object = s.object
		}
	}
	return object
}

// put stores what was made of the newest version of an object, and of no other.
func (w *crowd) put(name string, c *v1alpha1.BankConnection) bool {
	if is := w.latest(name); is == nil || is.ResourceVersion != c.ResourceVersion {
		return false
	}
	w.version++
	c = c.DeepCopy()
	c.ResourceVersion = fmt.Sprint(w.version)
	if !c.DeletionTimestamp.IsZero() && len(c.Finalizers) == 0 {
		c = nil
	}
	w.history[name] = append(w.history[name], stored{w.version, c})
	return true
}

// create makes a connection: bound to the login in the Secret, or not yet.
func (w *crowd) create() {
	name := fmt.Sprint(w.created)
	w.created++
	w.version++
	c := &v1alpha1.BankConnection{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: types.UID("uid-" + name), ResourceVersion: fmt.Sprint(w.version),
		Finalizers: []string{v1alpha1.Finalizer},
	}}
	c.Spec.LoginIDSecretRef.Name = "login"
	if rapid.IntRange(0, 2).Draw(w.t, "retain") == 0 {
		c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain
	}
	if w.created == 1 || rapid.IntRange(0, 3).Draw(w.t, "bound") > 0 {
		bound := rapid.IntRange(0, 2).Draw(w.t, "bound at")
		c.Status.Binding = &v1alpha1.Binding{LoginFingerprint: loginFingerprint, BoundTime: metav1.NewTime(epoch.Add(time.Duration(bound) * time.Second))}
	}
	w.history[name] = []stored{{w.version, c}}
	w.log("%s is made: %s, bound %v", name, c.Spec.DeletionPolicy, c.Status.Binding != nil)
}

// step makes one event happen.
func (w *crowd) step() {
	names := w.names()
	switch kind := rapid.IntRange(0, 19).Draw(w.t, "event"); {
	case kind == 0 && len(names) > 0:
		w.delete(rapid.SampledFrom(names).Draw(w.t, "object"))
	case kind == 1 && len(names) > 0:
		w.editPolicy(rapid.SampledFrom(names).Draw(w.t, "object"))
	case kind == 2 && w.created < 4:
		w.create()
	case kind == 3:
		w.log("a manager dies")
		w.disturbed = true
		w.managers[0] = newFollower()
		w.managers[0].seen = rapid.IntRange(0, w.version).Draw(w.t, "a cache as of")
	default:
		w.work()
	}
}

func (w *crowd) delete(name string) {
	if c := w.latest(name); c.DeletionTimestamp.IsZero() {
		c = c.DeepCopy()
		c.DeletionTimestamp = &metav1.Time{Time: epoch}
		w.put(name, c)
		w.log("%s is to be deleted", name)
	}
}

func (w *crowd) editPolicy(name string) {
	c := w.latest(name).DeepCopy()
	if c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain {
		c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
	} else {
		c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain
	}
	w.edited = true
	w.put(name, c)
	w.log("%s: deletionPolicy is %s", name, c.Spec.DeletionPolicy)
}

// work does one step of one reconcile of one manager.
func (w *crowd) work() {
	m := w.managers[rapid.IntRange(0, len(w.managers)-1).Draw(w.t, "manager")]
	var names []string
	for name := range w.history {
		names = append(names, name)
	}
	slices.Sort(names)
	name := rapid.SampledFrom(names).Draw(w.t, "object")
	steps := m.underWay[name]
	if len(steps) == 0 {
		m.seen = rapid.IntRange(max(m.seen, m.wrote[name]), w.version).Draw(w.t, "the cache is as of")
		steps = []func() []func(){nil}
	}
	m.advance(w, name, steps)
}

// advance takes the next step of a reconcile; a nil one begins it.
func (m *follower) advance(w *crowd, name string, steps []func() []func()) {
	next := steps[0]
	if next == nil {
		next = func() []func() { w.reconcile(m, name); return nil }
	}
	m.underWay[name] = steps[1:]
	next()
}

// then adds a step to the reconcile of an object.
func (m *follower) then(name string, step func()) {
	m.underWay[name] = append(m.underWay[name], func() []func() { step(); return nil })
}

func (w *crowd) reconcile(m *follower, name string) {
	c := w.at(name, m.seen)
	switch {
	case c == nil:
	case c.DeletionTimestamp.IsZero():
		w.bind(m, c)
	case !lifecycle.PartsWithLogin(c):
		w.decide(m, lifecycle.Inputs{Facts: lifecycle.Facts{Connection: c}})
	default:
		w.readSharers(m, c)
	}
}

// bind observes an object that is not bound yet.
func (w *crowd) bind(m *follower, c *v1alpha1.BankConnection) {
	if c.Status.Binding != nil || lifecycle.BindingProblem(c, loginFingerprint, w.others(m, c)) != "" {
		return
	}
	m.then(c.Name, func() {
		bound := c.DeepCopy()
		bound.Status.Binding = &v1alpha1.Binding{LoginFingerprint: loginFingerprint, BoundTime: metav1.NewTime(epoch.Add(time.Hour))}
		if w.write(m, bound) {
			w.log("%s is bound", c.Name)
		}
	})
}

// others returns the other objects that a cache shows.
func (w *crowd) others(m *follower, c *v1alpha1.BankConnection) []*v1alpha1.BankConnection {
	var others []*v1alpha1.BankConnection
	for number := range w.created {
		if other := w.at(fmt.Sprint(number), m.seen); other != nil && other.Name != c.Name {
			others = append(others, other)
		}
	}
	return others
}

// readSharers reads each of the others live.
func (w *crowd) readSharers(m *follower, c *v1alpha1.BankConnection) {
	var found []*v1alpha1.BankConnection
	for _, other := range w.others(m, c) {
		m.then(c.Name, func() {
			if latest := w.latest(other.Name); latest != nil {
				found = append(found, latest)
			}
		})
	}
	m.then(c.Name, func() {
		w.decide(m, lifecycle.Inputs{Facts: lifecycle.Facts{Connection: c, Sharers: lifecycle.SharersOf(c, loginFingerprint, found)}})
	})
}

func (w *crowd) decide(m *follower, inputs lifecycle.Inputs) {
	c := inputs.Connection
	a := lifecycle.Decide(epoch, inputs)
	w.log("%s as of %s: %#v", c.Name, c.ResourceVersion, a)
	switch a := a.(type) {
	case lifecycle.Delete:
		m.then(c.Name, func() {
			if latest := w.latest(c.Name); latest != nil && latest.ResourceVersion == c.ResourceVersion {
				m.then(c.Name, func() { w.call(m, c) })
			}
		})
	case lifecycle.RemoveFinalizer:
		m.then(c.Name, func() { w.release(m, c, a.Reason) })
	default:
		after := c.DeepCopy()
		after.Status = lifecycle.Record(epoch, inputs, lifecycle.Outcome{Action: a})
		m.then(c.Name, func() { w.write(m, after) })
	}
}

func (w *crowd) write(m *follower, c *v1alpha1.BankConnection) bool {
	if !w.put(c.Name, c) {
		return false
	}
	m.wrote[c.Name] = w.version
	return true
}

// call makes the call DeleteCard. All connections that shared the login when the claim was stored
// are gone.
func (w *crowd) call(m *follower, c *v1alpha1.BankConnection) {
	w.calls++
	w.log("%s: DeleteCard", c.Name)
	since := w.claimOf(c)
	for _, name := range w.names() {
		other, was := w.latest(name), w.at(name, since)
		shared := was != nil && len(lifecycle.SharersOf(c, loginFingerprint, []*v1alpha1.BankConnection{was})) > 0
		if name != c.Name && shared && (other.Status.Binding != nil || other.DeletionTimestamp.IsZero()) {
			w.broken("%s deletes a login that %s has", c.Name, name)
		}
	}
	m.then(c.Name, func() { w.release(m, c, v1alpha1.ReasonLoginDeleted) })
}

// claimOf returns the version that first had the claim of an object, as it is now.
func (w *crowd) claimOf(c *v1alpha1.BankConnection) int {
	since := 0
	for _, s := range w.history[c.Name] {
		switch claimed := s.object != nil && s.object.Status.DeletionClaim != nil; {
		case !claimed:
			since = 0
		case since == 0:
			since = s.version
		}
	}
	return since
}

func (w *crowd) release(m *follower, c *v1alpha1.BankConnection, reason string) {
	after := c.DeepCopy()
	after.Finalizers = nil
	if w.write(m, after) {
		w.left[reason]++
		w.log("%s goes: %s", c.Name, reason)
	}
}

// end deletes what is left, lets everybody work until nothing is, and looks at the sum.
func (w *crowd) end() {
	for _, name := range w.names() {
		w.delete(name)
	}
	w.finish()
	kept := w.left[v1alpha1.ReasonLoginRetained] + w.left[v1alpha1.ReasonLoginNeverBound]
	if w.calls == 0 && kept == 0 {
		w.broken("no connection deleted the login, and none kept it: %v", w.left)
	}
	if w.calls > 1 && !w.edited && !w.disturbed && len(w.managers) == 1 {
		w.broken("%d calls", w.calls)
	}
}

// finish lets managers work, with caches that catch up, until all objects are gone.
func (w *crowd) finish() {
	for range 60 {
		names := w.names()
		if len(names) == 0 {
			return
		}
		for _, name := range names {
			m := w.managers[0]
			for len(m.underWay[name]) > 0 {
				m.advance(w, name, m.underWay[name])
			}
			m.seen = w.version
			m.advance(w, name, []func() []func(){nil})
			for len(m.underWay[name]) > 0 {
				m.advance(w, name, m.underWay[name])
			}
		}
	}
	w.broken("these never go: %v", w.names())
}
