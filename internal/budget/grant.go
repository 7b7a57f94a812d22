package budget

import "time"

// Grant is the permission for the calls of one reconcile. Its holder reports each call and its
// outcome, and releases the grant in the end. A nil Grant counts nothing.
type Grant struct {
	budget *Budget
	ledger *ledger
	req    Request
	// prepaid counts the calls that are taken out of the bucket and not made yet.
	prepaid int
	// number and bankNumber are those of the newest pauses when the grant was made.
	number, bankNumber   int
	probing, bankProbing bool
	released             bool
	// stays is until when the live session goes on after the release; zero if it does not.
	stays time.Time
}

func (b *Budget) grant(e *ledger, req Request) *Grant {
	g := &Grant{budget: b, ledger: e, req: req, prepaid: req.Calls, number: e.breaker.number}
	if e.breaker.reason != "" {
		g.probing, e.breaker.probing = true, true
	}
	bank := e.banks[req.Bank]
	if bank != nil {
		g.bankNumber = bank.number
	}
	if !req.Live {
		return g
	}
	if bank != nil && bank.reason != "" {
		g.bankProbing, bank.probing = true, true
	}
	if req.Name != "" {
		if b.sessions == nil {
			b.sessions = map[Caller]int{}
		}
		b.sessions[req.Caller]++
	}
	return g
}

// Call counts a call ahead of it. One that is not permitted counts too: later ones wait for
// it.
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

// Report notes the outcome of a call. It reports whether a pause of the instance began, ended
// or changed its reason.
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

// ReportBank notes what a live call says about the bank. An urgent call during a pause of the
// bank does not make it longer.
func (g *Grant) ReportBank(now time.Time, o Outage) {
	if g == nil || g.req.Bank == "" {
		return
	}
	g.budget.mu.Lock()
	defer g.budget.unlock()
	banks := g.ledger.banks
	bank := banks[g.req.Bank]
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
		delete(banks, g.req.Bank)
	case o == Lost && bank.isFirstLost():
		banks[g.req.Bank] = bank
	case !now.Before(bank.until):
		bank.open(now, BankDown, pauses, 0)
		banks[g.req.Bank] = bank
	}
}

// Stay keeps the slot of a live session after the release, until a time: Flinks goes on with the session
// when the call for it is over. Occupy moves that time.
func (g *Grant) Stay(until time.Time) {
	if g == nil || !g.req.Live {
		return
	}
	g.budget.mu.Lock()
	defer g.budget.unlock()
	g.stays = until
}

// Release frees what the grant occupies. It may be called more than once.
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
	if bank := g.ledger.banks[g.req.Bank]; g.bankProbing && bank != nil && bank.number == g.bankNumber {
		bank.probing = false
	}
	g.ledger.bucket.giveBack(g.prepaid)
	g.prepaid = 0
	g.budget.freeSlot(g.ledger, g.req)
	if g.req.Live && g.req.Name != "" {
		if g.budget.sessions[g.req.Caller]--; g.budget.sessions[g.req.Caller] == 0 {
			delete(g.budget.sessions, g.req.Caller)
		}
	}
	if !g.stays.IsZero() {
		g.budget.vacate(g.req.Caller)
		g.budget.occupy(g.ledger, g.req.Caller, g.stays)
	}
}
