package budget

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	// leastWait keeps rounding from sending a caller back at once.
	leastWait = 10 * time.Millisecond
	// grace is how long a bucket waits for somebody urgent who was told to come back.
	grace = time.Second
)

// bucket holds the calls that may be made now. Who finds it empty gets a place in
// the line of its class: a time at which, if nobody more urgent comes, there will be
// calls for it. So any number of callers comes once each, in order.
type bucket struct {
	calls *rate.Limiter
	lines [classes]*rate.Limiter
	kept  [classes]float64
	// wanted is until when somebody urgent, who found too little, comes first.
	wanted time.Time
}

func newBucket(l Limits) *bucket {
	b := &bucket{calls: rate.NewLimiter(rate.Limit(l.Rate), l.Burst)}
	for class := range b.lines {
		share, burst := line(l, Class(class))
		b.lines[class] = rate.NewLimiter(share, burst)
	}
	b.keep(l)
	return b
}

func (b *bucket) change(now time.Time, l Limits) {
	b.calls.SetLimitAt(now, rate.Limit(l.Rate))
	b.calls.SetBurstAt(now, l.Burst)
	for class := range b.lines {
		share, burst := line(l, Class(class))
		b.lines[class].SetLimitAt(now, share)
		b.lines[class].SetBurstAt(now, burst)
	}
	b.keep(l)
}

// line is what a class may use if nobody else comes.
func line(l Limits, class Class) (rate.Limit, int) {
	if class == Routine {
		return 0.8 * rate.Limit(l.Rate), max(2, l.Burst*4/5)
	}
	return rate.Limit(l.Rate), l.Burst
}

// keep says how much has to stay in the bucket for those who are more urgent. Two
// calls can always be had, or nobody could make them.
func (b *bucket) keep(l Limits) {
	spare := float64(l.Burst - 2)
	b.kept = [classes]float64{
		Routine: min(spare, float64(l.Burst)/5),
		Prompt:  min(spare, float64(l.Burst)/10),
	}
}

// join gives a place at the end of the line.
func (b *bucket) join(now time.Time, class Class, n int) time.Time {
	return now.Add(b.lines[class].ReserveN(now, n).DelayFrom(now))
}

// take takes calls out of the bucket, or says when there will be enough.
func (b *bucket) take(now time.Time, class Class, n int) (time.Time, bool) {
	if class != Urgent && now.Before(b.wanted) {
		return b.wanted, false
	}
	b.wanted = time.Time{}
	missing := float64(n) + b.kept[class] - b.calls.TokensAt(now)
	if missing <= 0 && b.calls.AllowN(now, n) {
		return now, true
	}
	wait := time.Duration(missing / float64(b.calls.Limit()) * float64(time.Second))
	until := now.Add(max(wait, leastWait))
	if class == Urgent {
		b.wanted = until.Add(grace)
	}
	return until, false
}

// spend takes a call that is made in any case, even if that leaves a debt.
func (b *bucket) spend(now time.Time) { b.calls.ReserveN(now, 1) }
