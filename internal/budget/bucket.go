package budget

import "time"

const (
	// leastWait keeps rounding from sending a caller back at once.
	leastWait = 10 * time.Millisecond
	// rounding is how much of a call may be missing from a bucket.
	rounding = 1e-6
)

// bucket holds the calls that may be made now. A call that is allowed is out until it is
// made or given back, and takes up room in the bucket for as long: whatever is allowed when,
// no span of time sees more calls made than the limits allow.
type bucket struct {
	rate, burst float64
	// calls may be negative: one that was made unasked is paid for later.
	calls float64
	out   int
	last  time.Time
	// kept is how much has to stay for more urgent calls.
	kept [classes]float64
}

func newBucket(now time.Time, l Limits) *bucket {
	b := &bucket{calls: float64(l.Burst), last: now}
	b.change(now, l)
	return b
}

// change follows the limits. Two calls can always be had, or none could ever be made.
func (b *bucket) change(now time.Time, l Limits) {
	b.refill(now)
	b.rate, b.burst = float64(l.Rate), float64(l.Burst)
	spare := b.burst - 2
	b.kept = [classes]float64{Routine: min(spare, b.burst/5), Prompt: min(spare, b.burst/10)}
	b.calls = min(b.calls, b.burst-float64(b.out))
}

func (b *bucket) refill(now time.Time) {
	if passed := now.Sub(b.last); passed > 0 {
		b.calls = min(b.calls+b.rate*passed.Seconds(), b.burst-float64(b.out))
	}
	b.last = now // which may be earlier: a clock was set back.
}

// take takes calls out of the bucket, or says when there will be enough: zero if that takes
// more than time.
func (b *bucket) take(now time.Time, class Class, n int) (until time.Time, ok bool) {
	b.refill(now)
	wanted := float64(n) + b.kept[class]
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

// made notes that a call that was taken is made. The room that it took up until then is
// not made up for.
func (b *bucket) made(now time.Time) {
	b.refill(now)
	b.out--
}

// giveBack takes calls back that will not be made.
func (b *bucket) giveBack(n int) {
	b.out -= n
	b.calls += float64(n)
}

// spend takes a call that is made in any case, even if that leaves a debt.
func (b *bucket) spend(now time.Time) {
	b.refill(now)
	b.calls--
}
