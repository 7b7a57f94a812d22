package budget

import "time"

// Grant is the permission for the calls of one reconcile. What comes of each call is
// reported, and the grant released in the end. A nil Grant counts nothing.
type Grant struct {
	budget *Budget
	ledger *ledger
	ask    Ask
	// prepaid calls were taken out of the bucket already, and are given back if they are
	// not made.
	prepaid int
	// number and bankNumber are the newest pauses that the grant knows of.
	number, bankNumber   int
	probing, bankProbing bool
	released             bool
}

func (b *Budget) grant(e *ledger, ask Ask) *Grant {
	g := &Grant{budget: b, ledger: e, ask: ask, prepaid: ask.Calls, number: e.breaker.number}
	if e.breaker.reason != "" {
		g.probing, e.breaker.probing = true, true
	}
	if !ask.Live {
		return g
	}
	if bank := e.banks[ask.Bank]; bank != nil {
		g.bankNumber = bank.number
		if bank.reason != "" {
			g.bankProbing, bank.probing = true, true
		}
	}
	if ask.Name != "" {
		if b.sessions == nil {
			b.sessions = map[Caller]int{}
		}
		b.sessions[ask.Caller]++
	}
	return g
}

// Call is told of each call ahead of it. What was not asked for is made all the same,
// and paid for later.
func (g *Grant) Call(now time.Time) {
	if g == nil {
		return
	}
	g.budget.mu.Lock()
	defer g.budget.unlock()
	if g.prepaid > 0 {
		g.prepaid--
		g.ledger.bucket.made(now)
		return
	}
	g.ledger.bucket.spend(now)
}

// Verdict is what a call says about the instance.
type Verdict int

const (
	// Untold: nothing, such as a call that was never sent.
	Untold Verdict = iota
	// Reached: Flinks is there. That ends a pause, but no series of failures of
	// calls that it has more to do for.
	Reached
	// Answers: Flinks is there and at work, whatever it says.
	Answers
	// Throttles: Flinks is asked too often.
	Throttles
	// Fails: no answer, or none of Flinks' own, to a call that contacts no bank.
	Fails
)

// Report takes note of what came of a call. It is true if a pause of the instance
// began or ended, or has another reason now.
func (g *Grant) Report(now time.Time, v Verdict, retryAfter time.Duration) bool {
	if g == nil {
		return false
	}
	g.budget.mu.Lock()
	defer g.budget.unlock()
	breaker := &g.ledger.breaker
	before := breaker.reason
	switch {
	case g.number == breaker.number:
		g.ledger.judge(now, v, retryAfter)
		if before == "" && breaker.reason != "" {
			g.budget.tellUrgent(g.ledger)
		}
	case v == Throttles && breaker.reason == Throttled:
		// The call began before the pause, but Flinks asks for more.
		breaker.until = later(breaker.until, now.Add(retryAfter))
	}
	return breaker.reason != before
}

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
	case Untold:
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
	// Lost: the reply to the call was lost. Banks that are slow are a cause of that, so
	// several in a row are the bank's trouble, and none is that of the instance.
	Lost
)

// ReportBank takes note of what a live call, made just now, says about the bank. A
// person who tries while the bank is known to be down makes nobody wait longer.
func (g *Grant) ReportBank(now time.Time, o Outage) {
	if g == nil || g.ask.Bank == "" {
		return
	}
	g.budget.mu.Lock()
	defer g.budget.unlock()
	banks := g.ledger.banks
	bank := banks[g.ask.Bank]
	if bank == nil {
		bank = &pause{}
	}
	pauses := bankAwayPauses
	if o == Off {
		pauses = bankOffPauses
	}
	switch {
	case bank.number != g.bankNumber: // The call began before the newest pause.
	case o == None:
		delete(banks, g.ask.Bank)
	case o == Lost && bank.isFirstLost():
		banks[g.ask.Bank] = bank
	case !now.Before(bank.until):
		bank.open(now, BankDown, pauses, 0)
		banks[g.ask.Bank] = bank
	}
}

// Release gives back what the grant occupies. It may be called more than once.
func (g *Grant) Release() {
	if g == nil {
		return
	}
	g.budget.mu.Lock()
	defer g.budget.unlock()
	if g.released {
		return
	}
	g.released = true
	if g.probing && g.ledger.breaker.number == g.number {
		g.ledger.breaker.probing = false
	}
	if bank := g.ledger.banks[g.ask.Bank]; g.bankProbing && bank != nil && bank.number == g.bankNumber {
		bank.probing = false
	}
	g.ledger.bucket.giveBack(g.prepaid)
	g.prepaid = 0
	g.budget.vacates(g.ledger, g.ask)
	if g.ask.Live && g.ask.Name != "" {
		if g.budget.sessions[g.ask.Caller]--; g.budget.sessions[g.ask.Caller] == 0 {
			delete(g.budget.sessions, g.ask.Caller)
		}
	}
}
