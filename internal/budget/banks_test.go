package budget

import (
	"fmt"
	"testing"
	"time"
)

// TestLostRepliesOfBanks pause those banks, and never the instance.
func TestLostRepliesOfBanks(t *testing.T) {
	d := newDesk(t)
	at := func(bank int) Request {
		return Request{Calls: 2, Live: true, Bank: fmt.Sprintf("bank-%d", bank)}
	}
	loses := func(req Request) {
		t.Helper()
		g := d.takes(req)
		g.Call(d.now)
		g.Report(d.now, Reached, 0) // the token
		g.Call(d.now)
		g.Report(d.now, Unknown, 0)
		g.ReportBank(d.now, Lost)
		g.Release()
		d.pass(time.Second)
	}
	for range lostToPause {
		for bank := range 5 {
			loses(at(bank))
		}
	}
	d.paused("", 0)
	for bank := range 5 {
		d.denied(at(bank), BankDown)
	}
	d.spends(at(6))
	d.spends(observe)

	d.pass(15 * time.Minute)
	probe := d.takes(at(0))
	d.denied(at(0), BankDown)
	probe.ReportBank(d.now, Lost) // Once more is enough now.
	probe.Release()
	if wait := d.denied(at(0), BankDown).Until.Sub(d.now); wait != 30*time.Minute {
		t.Errorf("the bank is left alone for %v", wait)
	}
	d.pass(30 * time.Minute)
	d.bank(at(0), None)
	for range lostToPause - 1 {
		loses(at(0))
	}
	d.bank(at(0), None) // It is slow, and not away.
	loses(at(0))
	loses(at(0))
	d.spends(at(0))
}

// TestOutcomesOfPolls: a call that opens no live session may tell of a bank, before a pause and after it.
func TestOutcomesOfPolls(t *testing.T) {
	d := newDesk(t)
	live, poll := Request{Calls: 2, Live: true, Bank: "bank"}, Request{Calls: 2, Bank: "bank"}
	tells := func(o Outage) {
		t.Helper()
		g := d.takes(poll)
		g.ReportBank(d.now, o)
		g.Release()
	}
	for range 2 {
		tells(Away)
		d.denied(live, BankDown)
		d.pass(15 * time.Minute)
		d.spends(live)
		tells(None)
		d.spends(live)
		d.spends(live)
	}
}
