package budget

import "time"

const (
	// leastWait is above zero so that a rounding error makes no caller ask again at once.
	leastWait = 10 * time.Millisecond
	// rounding is the part of a call that may be missing from a bucket.
	rounding = 1e-6
)

// bucket is a token bucket of the calls that may be made now. A call that is permitted is out
// until it is made or given back, and counts against the burst for as long: so no more calls
// are made in any period than the limits allow, however late a permitted one is made.
type bucket struct {
	rate, burst float64
	// calls is negative after calls that nothing had permitted; later ones wait for them.
	calls float64
	out   int
	last  time.Time
	// kept is what a priority must leave for higher ones.
	kept [priorities]float64
}

func newBucket(now time.Time, l Limits) *bucket {
	b := &bucket{calls: float64(l.Burst), last: now}
	b.change(now, l)
	return b
}

// change applies new limits. Every priority can take two calls at once: a smaller limit would
// deny some requests for ever.
func (b *bucket) change(now time.Time, l Limits) {
	b.refill(now)
	b.rate, b.burst = float64(l.Rate), float64(l.Burst)
	spare := b.burst - 2
	b.kept = [priorities]float64{Reading: min(spare, b.burst/5), Routine: min(spare, b.burst/5), Prompt: min(spare, b.burst/10)}
	b.calls = min(b.calls, b.burst-float64(b.out))
}

func (b *bucket) refill(now time.Time) {
	if passed := now.Sub(b.last); passed > 0 {
		b.calls = min(b.calls+b.rate*passed.Seconds(), b.burst-float64(b.out))
	}
	b.last = now // which may be earlier: a clock was set back.
}

// take takes n calls out of the bucket, or returns when there will be enough of them: zero if
// calls that are out have to be made or given back first.
func (b *bucket) take(now time.Time, priority Priority, n int) (until time.Time, ok bool) {
	b.refill(now)
	wanted := float64(n) + b.kept[priority]
	missing := wanted - b.calls
	switch {
	case missing <= rounding:
		b.calls -= float64(n)
		b.out += n
		return now, true
	case wanted > b.burst-float64(b.out)+rounding:
		return time.Time{}, false
	}
	return now.Add(max(time.Duration(missing/b.rate*float64(time.Second)), leastWait)), false
}

// made notes that a call that was taken is made. What could not be refilled while it was out
// is lost.
func (b *bucket) made(now time.Time) {
	b.refill(now)
	b.out--
}

// giveBack returns n calls that will not be made to the bucket.
func (b *bucket) giveBack(n int) {
	b.out -= n
	b.calls += float64(n)
}

// spend takes a call that is made in any case, even below zero.
func (b *bucket) spend(now time.Time) {
	b.refill(now)
	b.calls--
}
