package budget

import "time"

// growth bounds the length of pauses: one that follows another is twice as long.
type growth struct{ least, most time.Duration }

var (
	throttlePauses    = growth{time.Minute, 15 * time.Minute}
	unreachablePauses = growth{10 * time.Second, 5 * time.Minute}
	bankAwayPauses    = growth{15 * time.Minute, 6 * time.Hour}
	bankOffPauses     = growth{time.Hour, 24 * time.Hour}
)

const (
	// failuresToPause is the number of unanswered calls in a row that are an outage, and
	// lostToPause that of lost replies in a row that are one of a bank.
	failuresToPause = 5
	lostToPause     = 3
	// probeWait and liveProbeWait are when to ask again while another caller probes, with a
	// quick call or with a live one.
	probeWait     = 15 * time.Second
	liveProbeWait = time.Minute
	// leastSpread is the least time over which the callers that a pause denied ask again.
	leastSpread = 30 * time.Second
)

// pause is a circuit breaker, for the calls of an instance or for the live sessions of a bank.
// When its time is over one call is the probe, and the other callers are denied until its
// outcome is known.
type pause struct {
	// reason is empty while there is no pause.
	reason  Reason
	until   time.Time
	length  time.Duration
	probing bool
	// lost counts lost replies in a row.
	lost int
	// closed is when the newest pause ended.
	closed time.Time
	// number counts the pauses. A call that began before the newest one does not end it.
	number int
}

// open begins a pause. One that follows another, because its probe failed or soon
// after it ended, is twice as long; asked is the length that Flinks asked for, or zero.
func (p *pause) open(now time.Time, reason Reason, g growth, asked time.Duration) {
	length := g.least
	if p.reason != "" || (p.number > 0 && now.Before(p.closed.Add(p.length))) {
		length = min(max(2*p.length, g.least), g.most)
	}
	wait := length
	if asked > 0 {
		wait = asked
	}
	*p = pause{reason: reason, until: now.Add(wait), length: length, number: p.number + 1}
}

// isFirstLost counts a lost reply, and reports whether there were too few for a pause.
func (p *pause) isFirstLost() bool {
	p.lost++
	return p.reason == "" && p.lost < lostToPause
}

func (p *pause) close(now time.Time) {
	p.reason, p.probing, p.closed = "", false, now
}

// blocks reports whether the pause denies a caller, and until when. A caller that a pause does
// not deny is its probe.
func (p *pause) blocks(now time.Time, wait time.Duration) (time.Time, bool) {
	switch {
	case p.reason == "":
		return now, false
	case now.Before(p.until):
		return p.until, true
	}
	return now.Add(wait), p.probing
}

func (p *pause) spread() time.Duration { return max(leastSpread, p.length/10) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// soonest returns the earlier of two times, of which zero is never.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
