package world

import (
	"time"

	"k8s.io/utils/clock"
)

// Epoch is when every world begins. It has a fraction of a second, as real times have.
var Epoch = time.Date(2031, 5, 6, 7, 8, 9, 123456789, time.UTC)

// Clock is the clock of one machine: the true time, or something near it.
type Clock struct {
	w *World
	// since is the true time from which the clock runs at its rate, shown what it showed then.
	since, shown time.Time
	rate         float64
}

var _ clock.PassiveClock = &Clock{}

func (w *World) newClock() *Clock { return &Clock{w: w, since: w.now, shown: w.now, rate: 1} }

// Now implements clock.PassiveClock.
func (c *Clock) Now() time.Time {
	elapsed := c.w.now.Sub(c.since)
	if c.rate != 1 {
		elapsed = time.Duration(float64(elapsed) * c.rate)
	}
	return c.shown.Add(elapsed)
}

// Since implements clock.PassiveClock.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Step sets the clock forward, or back.
func (c *Clock) Step(d time.Duration) { c.since, c.shown = c.w.now, c.Now().Add(d) }

// SetRate makes the clock run slower than time, or faster.
func (c *Clock) SetRate(rate float64) { c.since, c.shown, c.rate = c.w.now, c.Now(), rate }

// span is how much time passes while the clock shows that d has passed.
func (c *Clock) span(d time.Duration) time.Duration {
	if c.rate == 1 {
		return d
	}
	return time.Duration(float64(d) / c.rate)
}
