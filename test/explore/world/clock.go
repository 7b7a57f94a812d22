package world

import (
	"time"
	"unsafe"

	"k8s.io/utils/clock"
)

// Epoch is when every world begins. It has a fraction of a second, as real times have.
var Epoch = time.Date(2031, 5, 6, 7, 8, 9, 123456789, time.UTC)

// Clock is the clock of one machine: the true time, or something near it. Its times are like those
// of the time package: two that were read from it differ by the time that passed, whatever it was
// set to in between; what is written down of them has lost that.
type Clock struct {
	w *World
	// since is the true time from which the clock runs at its rate, shown what it showed then.
	since, shown time.Time
	// passed is how much time had passed then, by the rate at which the clock ran.
	passed time.Duration
	rate   float64
}

var _ clock.PassiveClock = &Clock{}

func (w *World) newClock() *Clock {
	return &Clock{w: w, since: w.now, shown: w.now, passed: w.now.Sub(Epoch), rate: 1}
}

// Now implements clock.PassiveClock.
func (c *Clock) Now() time.Time {
	elapsed := c.elapsed()
	return monotonic(c.shown.Add(elapsed), c.passed+elapsed)
}

func (c *Clock) elapsed() time.Duration {
	elapsed := c.w.now.Sub(c.since)
	if c.rate != 1 {
		elapsed = time.Duration(float64(elapsed) * c.rate)
	}
	return elapsed
}

// Since implements clock.PassiveClock.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Step sets the clock forward, or back.
func (c *Clock) Step(d time.Duration) { c.set(d, c.rate) }

// SetRate makes the clock run slower than time, or faster.
func (c *Clock) SetRate(rate float64) { c.set(0, rate) }

func (c *Clock) set(step time.Duration, rate float64) {
	elapsed := c.elapsed()
	c.since, c.shown, c.passed, c.rate = c.w.now, c.shown.Add(elapsed+step), c.passed+elapsed, rate
}

// layout is that of a time.Time, which cannot be made with a monotonic reading of one's own.
type layout struct {
	wall     uint64
	ext      int64
	location *time.Location
}

const (
	hasMonotonic = 1 << 63
	// wallEpoch is 1885 in Unix time, from which the seconds of such a time are counted.
	wallEpoch = -2682288000
)

// monotonic returns a time with the reading of a monotonic clock. It is in UTC.
func monotonic(t time.Time, reading time.Duration) time.Time {
	l := layout{ext: int64(reading) + 1}                                            // The time package never has 0 there.
	l.wall = hasMonotonic | uint64(t.Unix()-wallEpoch)<<30 | uint64(t.Nanosecond()) //nolint:gosec // Times of worlds are after 1885.
	return *(*time.Time)(unsafe.Pointer(&l))                                        //nolint:gosec // See layout.
}

// Rate returns how much the clock shows to have passed while a second does, in seconds.
func (c *Clock) Rate() float64 { return c.rate }

// span returns how much time passes while the clock shows that d has passed.
func (c *Clock) span(d time.Duration) time.Duration {
	if c.rate == 1 {
		return d
	}
	return time.Duration(float64(d) / c.rate)
}
