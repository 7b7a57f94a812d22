package day

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestTenThousandDueAtOnce: no manager ran for two days, so ten thousand connections
// are due in the same second. Each is refreshed once on the day that follows, and
// once on the next, and Flinks sees no more than it can take. A small instance next to
// the large one, and people, notice nothing of it.
func TestTenThousandDueAtOnce(t *testing.T) {
	f := newFleet(t)
	start, bound := f.now, f.now.Add(-50*time.Hour)
	large := f.add(10_000, "large", 20*time.Second, bound)
	small := f.add(50, "small", 2*time.Second, bound)

	for _, c := range large[9_980:] {
		f.run(90 * time.Second)
		f.asks(c, 1500*time.Millisecond)
	}
	f.refreshed(small, 1)
	f.comes("large", 10*time.Second)
	f.run(start.Add(24 * time.Hour).Sub(f.now))
	f.refreshed(large, 1)
	t.Logf("%d reconciles on the first day", f.reconciles)

	f.run(18 * time.Hour)
	f.refreshed(large, 2)
	f.keptLimits()
}

// refreshed: each connection was refreshed so many times, and no sooner than a day
// after it had data. Each time costs at most one observe ahead of it, and each day one
// for its own sake.
func (f *fleet) refreshed(connections []*connection, times int) {
	f.t.Helper()
	for _, c := range connections {
		if len(c.refreshed) != times {
			f.t.Fatalf("%s was refreshed at %v", c.object.UID, c.refreshed)
		}
		if times > 1 && c.refreshed[1].Sub(c.refreshed[0]) < 24*time.Hour+c.live {
			f.t.Errorf("%s was refreshed too soon, at %v", c.object.UID, c.refreshed)
		}
		if n := len(c.observed); n > 2*times {
			f.t.Errorf("%s was observed at %v", c.object.UID, c.observed)
		}
	}
}

// asks lets a person ask for a refresh, which has to begin soon.
func (f *fleet) asks(c *connection, within time.Duration) {
	f.t.Helper()
	if len(c.refreshed) > 0 {
		f.t.Fatal("this one was served already")
	}
	f.annotate(c, "now")
	f.run(within)
	if len(c.refreshed) == 0 {
		f.t.Errorf("%v after a person asked nothing has happened", within)
	}
}

// annotate asks for a refresh by a value.
func (f *fleet) annotate(c *connection, value string) {
	c.object = c.object.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.object.ObjectMeta, v1alpha1.RefreshRequestedAtAnnotation, value)
	f.poke(c, 0)
}

// comes creates a connection, which has to be observed soon.
func (f *fleet) comes(on string, within time.Duration) {
	f.t.Helper()
	c := f.add(1, on, time.Second, time.Time{})[0]
	f.poke(c, 0)
	f.run(within)
	if c.object.Status.Binding == nil {
		f.t.Errorf("a new connection was not looked at in %v", within)
	}
}

// keptLimits: no second saw more calls than burst and rate allow, nor any moment more
// live sessions.
func (f *fleet) keptLimits() {
	f.t.Helper()
	for name, j := range f.journals {
		var counts []int
		for _, n := range j.calls {
			counts = append(counts, n)
		}
		if most := slices.Max(counts); most > f.limits.Rate+f.limits.Burst {
			f.t.Errorf("%s: %d calls in a second", name, most)
		}
		if j.mostLive > f.limits.LiveSessions {
			f.t.Errorf("%s: %d live sessions at once", name, j.mostLive)
		}
		f.t.Logf("%s: at most %d calls in a second, %d live sessions at once", name, slices.Max(counts), j.mostLive)
	}
}
