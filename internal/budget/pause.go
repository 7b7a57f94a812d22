package budget

import "time"

// growth is how long pauses are: each is twice as long as the one before that it
// follows.
type growth struct{ least, most time.Duration }

var (
	throttlePauses    = growth{time.Minute, 15 * time.Minute}
	unreachablePauses = growth{10 * time.Second, 5 * time.Minute}
	bankAwayPauses    = growth{15 * time.Minute, 6 * time.Hour}
	bankOffPauses     = growth{time.Hour, 24 * time.Hour}
)

const (
	// failuresToPause is how many unanswered calls in a row are an outage, and lostToPause
	// how many lost replies in a row are that of a bank.
	failuresToPause = 5
	lostToPause     = 3
	// probeWait and liveProbeWait are when to come back while another finds out
	// whether a pause is over, with a quick call or with a live one.
	probeWait     = 15 * time.Second
	liveProbeWait = time.Minute
	// leastSpread is over how long those who were held come back at least.
	leastSpread = 30 * time.Second
)

// pause is a time in which nobody calls an instance, or opens a live session at a
// bank. When it is over one caller finds out whether it helped, and the others hold
// until that is known.
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
	// number counts the pauses. What began before the newest one tells nothing of
	// it.
	number int
}

// open begins a pause. One that follows another, because its probe failed or soon
// after it ended, is twice as long; asked is what Flinks itself asked for.
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

// isFirstLost counts a lost reply, and reports whether there were too few to tell.
func (p *pause) isFirstLost() bool {
	p.lost++
	return p.reason == "" && p.lost < lostToPause
}

func (p *pause) close(now time.Time) {
	p.reason, p.probing, p.closed = "", false, now
}

// holds is until when a caller is held back, and false if it is not. Who is not held
// by a pause is its probe.
func (p *pause) holds(now time.Time, wait time.Duration) (time.Time, bool) {
	switch {
	case p.reason == "":
		return now, false
	case now.Before(p.until):
		return p.until, true
	}
	return now.Add(wait), p.probing
}

func (p *pause) spread() time.Duration { return max(leastSpread, p.length/10) }

// held says whether a pause of the instance or of the bank is in the way.
func (e *ledger) held(now time.Time, ask Ask) (Denial, bool) {
	if until, held := e.breaker.holds(now, probeWait); held {
		return Denial{Reason: e.breaker.reason, Until: until, Spread: e.breaker.spread()}, true
	}
	bank := e.banks[ask.Bank]
	if !ask.Live || bank == nil {
		return Denial{}, false
	}
	until, held := bank.holds(now, liveProbeWait)
	if ask.Class == Urgent {
		// A person who asks is a better probe than any, unless one is under way.
		until, held = later(until, now.Add(liveProbeWait)), bank.probing
	}
	return Denial{Reason: BankDown, Until: until, Spread: bank.spread()}, held
}
