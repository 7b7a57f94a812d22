package flinkssim

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// VirtualClock is the real clock plus an offset that only grows: time passes
// by itself, and [VirtualClock.Advance] skips the waiting.
type VirtualClock struct {
	real clock.PassiveClock

	mu     sync.Mutex
	offset time.Duration
}

var _ clock.PassiveClock = (*VirtualClock)(nil)

// NewVirtualClock returns a clock that shows the real time until it is advanced.
func NewVirtualClock() *VirtualClock {
	return &VirtualClock{real: clock.RealClock{}}
}

// Now returns the virtual time.
func (c *VirtualClock) Now() time.Time {
	return c.real.Now().Add(c.Offset())
}

// Since returns the virtual time elapsed since t.
func (c *VirtualClock) Since(t time.Time) time.Duration {
	return c.Now().Sub(t)
}

// Advance moves the clock forward by d; a negative d is ignored, since nothing
// that Flinks times can run backwards.
func (c *VirtualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += max(d, 0)
}

// Offset returns how far the clock was advanced so far.
func (c *VirtualClock) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// Advance moves the simulator's clock. It works for a [VirtualClock] and for
// any clock with a Step method, such as the fake one of k8s.io/utils.
func (s *Server) Advance(d time.Duration) error {
	switch c := s.clock.(type) {
	case interface{ Advance(time.Duration) }:
		c.Advance(d)
	case interface{ Step(time.Duration) }:
		c.Step(d)
	default:
		return fmt.Errorf("advancing the clock: %T cannot be moved", s.clock)
	}
	return nil
}

// Now returns the simulator's time.
func (s *Server) Now() time.Time { return s.clock.Now() }
