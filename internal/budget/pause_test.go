package budget

import (
	"testing"
	"time"
)

func (d *desk) paused(want Reason, length time.Duration) {
	d.t.Helper()
	reason, until := d.Pause("a")
	if reason != want || (want != "" && until.Sub(d.now) != length) {
		d.t.Fatalf("paused as %q for %v, not as %q for %v", reason, until.Sub(d.now), want, length)
	}
}

// throttle reports the answer to a call that was made ahead of a pause.
func (d *desk) throttle(retryAfter time.Duration) {
	d.t.Helper()
	g := d.takes(Request{Calls: 1, Priority: Urgent})
	defer g.Release()
	g.Report(d.now, Throttles, retryAfter)
}

func TestThrottlingPausesAtOnce(t *testing.T) {
	d := newDesk(t)
	for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		d.throttle(0)
		d.paused(Throttled, want)
		d.denied(requested, Throttled)
		d.pass(want)
	}
	d.call(Answers)
	d.paused("", 0)
	d.throttle(0)
	d.paused(Throttled, 15*time.Minute) // It helped for a minute.
	d.pass(15 * time.Minute)
	d.call(Answers)
	d.pass(time.Hour)
	d.throttle(0)
	d.paused(Throttled, time.Minute)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	d := newDesk(t)
	late := d.takes(requested)
	d.throttle(2 * time.Hour)
	d.paused(Throttled, 2*time.Hour)
	late.Report(d.now, Throttles, 3*time.Hour)
	d.paused(Throttled, 3*time.Hour)
	late.Report(d.now, Throttles, time.Second)
	d.paused(Throttled, 3*time.Hour)
}

// TestWhatBeganBeforeAPause neither ends it nor makes it longer.
func TestWhatBeganBeforeAPause(t *testing.T) {
	d := newDesk(t)
	var late []*Grant
	for range 4 {
		late = append(late, d.takes(Request{Calls: 1, Priority: Urgent}))
	}
	d.throttle(0)
	for i, verdict := range []Verdict{Answers, Throttles, Fails, Unknown} {
		if late[i].Report(d.now, verdict, 0) {
			t.Errorf("verdict %d changed the pause", verdict)
		}
		late[i].Release()
	}
	d.paused(Throttled, time.Minute)
}

func TestAnOutageIsSeveralFailures(t *testing.T) {
	d := newDesk(t)
	for range 3 {
		for range 4 {
			d.call(Fails)
		}
		d.call(Answers)
	}
	d.paused("", 0)
	for range 4 {
		d.call(Fails)
		d.call(Reached) // that is, hands out tokens
		d.call(Unknown)
	}
	d.paused("", 0)
	if !d.call(Fails) {
		t.Error("the pause is not reported")
	}
	for _, seconds := range []int{10, 20, 40, 80, 160, 300, 300} {
		want := time.Duration(seconds) * time.Second
		d.paused(Unreachable, want)
		d.pass(want)
		d.now = d.now.Add(-time.Second)
		if d.call(Fails) {
			t.Error("the same pause is told of twice")
		}
	}
	d.pass(5 * time.Minute)
	if !d.call(Reached) {
		t.Error("the end is not reported")
	}
	d.call(Fails)
	d.paused(Unreachable, 5*time.Minute) // Tokens do not end a series.
}

// TestOneProbesAtATime, and one that found out nothing makes room for the next.
func TestOneProbesAtATime(t *testing.T) {
	d := newDesk(t)
	d.throttle(0)
	d.pass(time.Minute)
	probe := d.takes(observe)
	d.denied(observe, Throttled)
	d.denied(requested, Throttled)
	probe.Release()
	probe = d.takes(requested)
	d.denied(requested, Throttled)
	probe.Report(d.now, Answers, 0)
	d.takes(observe).Release()
}

func TestAChangedInstanceIsTriedAgain(t *testing.T) {
	d := newDesk(t)
	for range 5 {
		d.call(Fails)
	}
	d.denied(observe, Unreachable)
	d.limits.Version++
	d.takes(observe).Release()
	d.throttle(0)
	d.limits.Version++
	d.denied(observe, Throttled)
}

func TestPausesAreOfOneInstance(t *testing.T) {
	d := newDesk(t)
	d.throttle(0)
	if g, _ := d.Take(d.now, "b", d.limits, observe); g == nil {
		t.Error("another instance is held")
	}
	d.Forget("a")
	d.takes(observe).Release()
}

// bank reports what a live call says about the bank.
func (d *desk) bank(req Request, o Outage) {
	d.t.Helper()
	g := d.takes(req)
	defer g.Release()
	g.ReportBank(d.now, o)
	d.pass(time.Second)
}

func TestABankThatIsDown(t *testing.T) {
	for outage, row := range map[Outage]growth{Away: {15 * time.Minute, 6 * time.Hour}, Off: {time.Hour, 24 * time.Hour}} {
		d := newDesk(t)
		length := row.least
		for range 8 {
			began := d.now
			d.bank(refresh, outage)
			if until := d.denied(refresh, BankDown).Until; until.Sub(began) != length {
				t.Errorf("outage %d: %v, not %v", outage, until.Sub(began), length)
			}
			d.takes(observe).Release() // No bank is contacted.
			d.takes(Request{Calls: 2, Live: true, Bank: "Other"}).Release()
			d.takes(Request{Calls: 2, Live: true}).Release() // The bank is unknown.
			d.now = began.Add(length)
			length = min(2*length, row.most)
		}
		probe := d.takes(refresh)
		d.denied(refresh, BankDown)
		d.denied(Request{Calls: 2, Live: true, Priority: Urgent, Bank: refresh.Bank}, BankDown)
		probe.ReportBank(d.now, None)
		d.takes(refresh).Release()
	}
}

// TestAPersonMayTry while a bank is down, one at a time. That it is still down makes
// no caller wait longer; that it is back ends the pause for all.
func TestAPersonMayTry(t *testing.T) {
	d := newDesk(t)
	person := Request{Calls: 2, Live: true, Priority: Urgent, Bank: refresh.Bank}
	d.bank(refresh, Off)
	until := d.denied(refresh, BankDown).Until
	for range 5 {
		d.bank(person, Off)
	}
	if got := d.denied(refresh, BankDown).Until; !got.Equal(until) {
		t.Errorf("the pause ends at %v, not at %v", got, until)
	}
	first := d.takes(person)
	d.denied(person, BankDown)
	first.Release()
	d.bank(person, None)
	d.takes(refresh).Release()
}

// TestLateNewsOfABank: what began before it was known to be down says nothing.
func TestLateNewsOfABank(t *testing.T) {
	d := newDesk(t)
	late, later := d.takes(refresh), d.takes(refresh)
	d.bank(refresh, Off)
	late.ReportBank(d.now, None)
	until := d.denied(refresh, BankDown).Until
	later.ReportBank(d.now.Add(2*time.Hour), Off)
	if got := d.denied(refresh, BankDown).Until; !got.Equal(until) {
		t.Errorf("the pause ends at %v, not at %v", got, until)
	}
}
