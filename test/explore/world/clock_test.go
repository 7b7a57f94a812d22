package world

import (
	"testing"
	"time"
)

// TestClock: a clock that is set shows another time, and still knows what passed.
func TestClock(t *testing.T) {
	w := &World{now: Epoch}
	c := w.newClock()
	before := c.Now()
	if !before.Equal(Epoch) || before.Round(0) != Epoch {
		t.Fatalf("it shows %v at %v", before, Epoch)
	}
	w.now = Epoch.Add(time.Minute)
	c.Step(-time.Hour)
	w.now = Epoch.Add(2 * time.Minute)
	if passed := c.Since(before); passed != 2*time.Minute {
		t.Errorf("%v passed", passed)
	}
	if passed := c.Since(before.Round(0)); passed != 2*time.Minute-time.Hour {
		t.Errorf("by what was written down %v passed", passed)
	}
	c.SetRate(0.5)
	w.now = Epoch.Add(4 * time.Minute)
	if passed := c.Since(before); passed != 3*time.Minute {
		t.Errorf("by the slow clock %v passed", passed)
	}
}
