package budget

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// crowd is any number of callers that ask when they are told to, or at other times.
type crowd struct {
	*Budget
	t      *rapid.T
	now    time.Time
	limits Limits
	// asked is what callers with a name were denied last.
	asked map[Caller]Request
	woken []Caller
	// open are the grants that were not released yet.
	open []*Grant
	// made are the times of the calls that were made.
	made []time.Time
}

// TestCrowd: whatever comes in whatever order, no span of time sees more calls than
// the limits allow, no more calls or live sessions are under way than there are
// slots, no caller is to ask again at once, and one caller at a time probes. Once all have
// left, nothing is occupied.
func TestCrowd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &crowd{
			t: t, now: start, asked: map[Caller]Request{},
			Budget: &Budget{
				LivePerInstance:  rapid.IntRange(1, 5).Draw(t, "live"),
				LiveTotal:        rapid.IntRange(1, 5).Draw(t, "total"),
				CallsPerInstance: rapid.IntRange(1, 5).Draw(t, "calls"),
				Total:            rapid.IntRange(1, 8).Draw(t, "all"),
			},
			limits: Limits{
				Rate:         rapid.IntRange(1, 20).Draw(t, "rate"),
				Burst:        rapid.IntRange(2, 40).Draw(t, "burst"),
				LiveSessions: rapid.IntRange(1, 5).Draw(t, "liveSessions"),
			},
		}
		t.Repeat(map[string]func(*rapid.T){
			"comes": func(t *rapid.T) { c.asks(drawAsk(t)) },
			"passes": func(t *rapid.T) {
				c.now = c.now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond)
			},
			"rests":    func(t *rapid.T) { c.now = c.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "min")) * time.Minute) },
			"turns":    c.turns,
			"again":    c.comesBack,
			"leaves":   func(t *rapid.T) { c.Leave(drawCaller(t), rapid.Bool().Draw(t, "isLive")) },
			"occupies": c.occupiesOne,
			"calls":    c.calls,
			"ends":     c.ends,
			"":         c.holds,
		})
		c.allLeave()
	})
}

func drawCaller(t *rapid.T) Caller {
	return Caller{
		rapid.SampledFrom([]string{"n", "m"}).Draw(t, "namespace"),
		rapid.SampledFrom([]string{"", "1", "2", "3", "4"}).Draw(t, "name"),
	}
}

func drawAsk(t *rapid.T) Request {
	return Request{
		Caller:   drawCaller(t),
		Priority: Priority(rapid.IntRange(0, 2).Draw(t, "class")),
		Calls:    rapid.IntRange(1, 2).Draw(t, "n"),
		Live:     rapid.Bool().Draw(t, "isLive"),
		Bank:     rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "bank"),
	}
}

func (c *crowd) asks(req Request) {
	if d, closed := c.Closed(c.now, "a", c.limits, req); closed && !d.Until.After(c.now) {
		c.t.Fatalf("%+v is sent back at once: %+v", req, d)
	}
	g, d := c.Take(c.now, "a", c.limits, req)
	if g == nil {
		if !d.Until.After(c.now) {
			c.t.Fatalf("%+v is sent back at once: %+v", req, d)
		}
		c.asked[req.Caller] = req
		return
	}
	c.open = append(c.open, g)
}

func (c *crowd) turns(*rapid.T) {
	woken, next := c.Turns(c.now)
	c.woken = append(c.woken, woken...)
	if !next.IsZero() && !next.After(c.now) {
		c.t.Fatalf("the next turn is at %v, and now is %v", next, c.now)
	}
}

// comesBack lets the next of the woken callers ask again.
func (c *crowd) comesBack(*rapid.T) {
	if len(c.woken) == 0 {
		return
	}
	req := c.asked[c.woken[0]]
	c.woken = c.woken[1:]
	c.asks(req)
}

func (c *crowd) occupiesOne(t *rapid.T) {
	until := c.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "s")) * time.Second)
	c.Occupy(c.now, "a", c.limits, drawCaller(t), until)
}

// calls makes one of the calls that were allowed.
func (c *crowd) calls(*rapid.T) {
	for _, g := range c.open {
		if g.prepaid > 0 {
			g.Call(c.now)
			c.made = append(c.made, c.now)
			return
		}
	}
}

// ends ends one of the calls.
func (c *crowd) ends(t *rapid.T) {
	if len(c.open) == 0 {
		return
	}
	i := rapid.IntRange(0, len(c.open)-1).Draw(t, "which")
	g := c.open[i]
	c.open = append(c.open[:i:i], c.open[i+1:]...)
	g.Report(c.now, Verdict(rapid.IntRange(0, 4).Draw(t, "verdict")), 0)
	g.ReportBank(c.now, Outage(rapid.IntRange(0, 3).Draw(t, "outage")))
	g.Release()
}

func (c *crowd) holds(*rapid.T) {
	live := 0
	for _, g := range c.open {
		if g.req.Live {
			live++
		}
	}
	if most := min(c.LivePerInstance, c.LiveTotal, c.limits.LiveSessions); live > most {
		c.t.Fatalf("%d live sessions of %d", live, most)
	}
	if quick := len(c.open) - live; quick > c.CallsPerInstance {
		c.t.Fatalf("%d calls of %d", quick, c.CallsPerInstance)
	}
	if len(c.open) > c.Total {
		c.t.Fatalf("%d of %d under way", len(c.open), c.Total)
	}
	c.probesOnce()
	c.keepsToTheRate()
}

// allLeave releases all grants and removes all callers: everything is free then.
func (c *crowd) allLeave() {
	for _, g := range c.open {
		g.Release()
	}
	for w := range c.waiters {
		c.Leave(w.Caller, w.live)
	}
	c.now = c.now.Add(24 * time.Hour)
	c.Turns(c.now)
	e := c.instances["a"]
	if e == nil {
		return
	}
	left := []int{
		c.underWay, c.live, e.live, e.calls, e.turns, e.waiting, e.bucket.out,
		c.active.Len(), c.Budget.turns.Len(), len(c.waiters), len(c.sessions), len(e.byNamespace),
	}
	if slices.Max(left) != 0 || slices.Min(left) != 0 {
		c.t.Fatalf("left behind: %v, %+v", left, e)
	}
}

func (c *crowd) probesOnce() {
	e := c.instances["a"]
	probes, banks := 0, map[string]int{}
	for _, g := range c.open {
		if g.probing && g.number == e.breaker.number && e.breaker.reason != "" {
			probes++
		}
		if bank := e.banks[g.req.Bank]; g.bankProbing && bank != nil && bank.number == g.bankNumber {
			banks[g.req.Bank]++
		}
	}
	if probes > 1 || banks["A"] > 1 || banks["B"] > 1 {
		c.t.Fatalf("%d probes of the instance, %v of banks", probes, banks)
	}
}

// keepsToTheRate looks at every span that ends with the newest call.
func (c *crowd) keepsToTheRate() {
	for n, at := range slices.Backward(c.made) {
		made := len(c.made) - n
		span := c.made[len(c.made)-1].Sub(at)
		allowed := float64(c.limits.Burst) + float64(c.limits.Rate)*span.Seconds()
		if float64(made) > allowed+1e-3 {
			c.t.Fatalf("%d calls in %v, allowed are %v", made, span, allowed)
		}
	}
}

// TestUrgentRequestsDoNotStarve: with any crowd of others that comes as often as it is told
// to, a person waits no longer than it takes to refill the bucket for two calls, in line
// or not.
func TestUrgentRequestsDoNotStarve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &Budget{LivePerInstance: 100, LiveTotal: 100, CallsPerInstance: 100}
		l := Limits{Rate: rapid.IntRange(1, 20).Draw(t, "rate"), Burst: rapid.IntRange(2, 40).Draw(t, "burst"), LiveSessions: 100}
		now, n := start, 0
		spend := func(req Request) bool {
			g, _ := b.Take(now, "a", l, req)
			if g == nil {
				return false
			}
			g.Call(now)
			g.Call(now)
			g.Release()
			return true
		}
		person := Request{Calls: 2, Priority: Urgent}
		if rapid.Bool().Draw(t, "in line") {
			person.Caller = Caller{"n", "person"}
		}
		var woken []Caller
		rush := func() {
			for range rapid.IntRange(0, 50).Draw(t, "others") {
				n++
				spend(Request{Caller: Caller{"n", fmt.Sprint(n)}, Priority: Priority(rapid.IntRange(0, 1).Draw(t, "class")), Calls: 2})
			}
			for _, c := range woken {
				spend(Request{Caller: c, Calls: 2})
			}
		}
		rush()
		most := start.Add(2*time.Second/time.Duration(l.Rate) + 2*leastWait)
		for !spend(person) {
			rush()
			var next time.Time
			if woken, next = b.Turns(now); slices.Contains(woken, person.Caller) {
				continue
			}
			if next.IsZero() || next.After(most) {
				next = most
			}
			if !now.Before(most) {
				t.Fatalf("a person waits for more than %v", now.Sub(start))
			}
			now = next
		}
	})
}
