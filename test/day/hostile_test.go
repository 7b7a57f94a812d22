package day

import (
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestHostileTenant: the namespaces of one tenant do all that their rights allow, at the same time: they
// ask for a refresh of each of ten thousand connections once a minute, let Flinks announce new data of
// five thousand as often, delete five thousand others, and create ten thousand. To a neighbour on the same instance this is a delay of seconds: for its
// customers, for a new connection and for a deletion. What it has due is refreshed within the hour.
func TestHostileTenant(t *testing.T) {
	const delay = 15 * time.Second
	f := newFleet(t)
	start, long, fresh := f.now, f.now.Add(-50*time.Hour), f.now.Add(-time.Hour)
	due := f.add(20, "shared", 2*time.Second, long)
	asked := f.add(10, "shared", 2*time.Second, fresh)
	for range 2 {
		f.floods(f.add(5_000, "shared", 20*time.Second, long), start.Add(30*time.Minute), f.asksAgain)
	}
	f.floods(f.add(5_000, "shared", 20*time.Second, long), start.Add(30*time.Minute), f.announces)
	owned := f.add(5_000, "shared", 20*time.Second, long)
	f.deletes(owned...)
	f.add(10_000, "shared", 20*time.Second, time.Time{})

	for _, c := range asked {
		f.run(90 * time.Second)
		f.asks(c, delay)
	}
	f.comes("shared", delay)
	f.deletes(due[0])
	f.run(delay)
	if !due[0].gone {
		t.Errorf("a neighbour's deletion was not done in %v", delay)
	}
	f.run(start.Add(time.Hour).Sub(f.now))
	f.refreshed(due[1:], 1)
	f.keptLimits()
	t.Logf("%d reconciles; %d of %d deleted", f.reconciles, count(owned, func(c *connection) bool { return c.gone }), len(owned))
}

// floods does something to each connection once a minute.
func (f *fleet) floods(connections []*connection, until time.Time, do func(*connection)) {
	for _, c := range connections {
		do(c)
	}
	if f.now.Before(until) {
		f.after(time.Minute, func() { f.floods(connections, until, do) })
	}
}

// asksAgain asks for a refresh, each time by another value.
func (f *fleet) asksAgain(c *connection) { f.annotate(c, strconv.FormatInt(f.now.Unix(), 10)) }

// announces is what a webhook brings about, as often as the operator lets it.
func (f *fleet) announces(c *connection) {
	if st, ok := lifecycle.RequestObserve(f.now, c.world()); ok {
		c.object = c.object.DeepCopy()
		c.object.Status = st
		f.poke(c, 0)
	}
}

func (f *fleet) deletes(connections ...*connection) {
	for _, c := range connections {
		c.object = c.object.DeepCopy()
		c.object.DeletionTimestamp = &metav1.Time{Time: f.now}
		f.poke(c, 0)
	}
}

func count(connections []*connection, holds func(*connection) bool) (n int) {
	for _, c := range connections {
		if holds(c) {
			n++
		}
	}
	return n
}
