package budget

import "time"

// Verdict is what a call says about the instance.
type Verdict int

const (
	// Unknown: the call says nothing; it was never sent, for example.
	Unknown Verdict = iota
	// Reached: Flinks can be reached. That ends a pause, but no series of failures, which
	// are those of calls that need more of Flinks.
	Reached
	// Answers: Flinks works, whatever its answer says.
	Answers
	// Throttles: Flinks is called too often.
	Throttles
	// Fails: no answer, or none of Flinks' own, to a call that contacts no bank.
	Fails
)

// judge applies a verdict to the pause of the instance.
func (e *ledger) judge(now time.Time, v Verdict, retryAfter time.Duration) {
	switch v {
	case Answers, Reached:
		if v == Answers {
			e.failures = 0
		}
		if e.breaker.reason != "" {
			e.breaker.close(now)
		}
	case Throttles:
		e.breaker.open(now, Throttled, throttlePauses, retryAfter)
	case Fails:
		if e.failures++; e.breaker.reason != "" || e.failures >= failuresToPause {
			e.breaker.open(now, Unreachable, unreachablePauses, 0)
			e.breaker.until = later(e.breaker.until, now.Add(retryAfter))
		}
	case Unknown:
	}
}

// Outage is what a live call says about the bank.
type Outage int

const (
	// None: the bank can be reached.
	None Outage = iota
	// Away: the bank cannot be reached now.
	Away
	// Off: Flinks has switched the bank off.
	Off
	// Lost: the reply to the call was lost. Slow banks are a cause of that, so several in a
	// row pause the bank, and none the instance.
	Lost
)
