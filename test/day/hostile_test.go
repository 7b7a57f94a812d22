package day

import (
	"strconv"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestHostileTenant: two namespaces of one tenant do all that their rights allow, at the same time: they
// ask for a refresh of each of ten thousand connections once a minute, delete five thousand others, and
// create ten thousand. To a neighbour on the same instance this is a delay of seconds: for its
// customers, for a new connection and for a deletion. What it has due is refreshed within the hour.
func TestHostileTenant(t *testing.T) {
	const delay = 10 * time.Second
	f := newFleet(t)
	start, long, fresh := f.now, f.now.Add(-50*time.Hour), f.now.Add(-time.Hour)
	due := f.add(20, "shared", 2*time.Second, long)
	asked := f.add(10, "shared", 2*time.Second, fresh)
	for range 2 {
		f.floods(f.add(5_000, "shared", 20*time.Second, long), start.Add(30*time.Minute))
	}
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

// floods asks for a refresh of each connection once a minute, each time by another value.
func (f *fleet) floods(connections []*connection, until time.Time) {
	for _, c := range connections {
		f.annotate(c, strconv.FormatInt(f.now.Unix(), 10))
	}
	if f.now.Before(until) {
		f.after(time.Minute, func() { f.floods(connections, until) })
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
