package budget

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// crowd is any number of callers who come when they are told to, more or less.
type crowd struct {
	*Budget
	t      *rapid.T
	now    time.Time
	limits Limits
	// waiting are those that were denied, with their places.
	waiting []Ask
	until   []time.Time
	// open are the grants that were not released yet.
	open []*Grant
	// taken are the calls that were allowed, by time.
	taken []calls
}

type calls struct {
	at time.Time
	n  int
}

// TestCrowd: whatever comes in whatever order, no span of time sees more calls than
// the limits allow, no more calls or live sessions are under way than there are
// places, nobody is sent back at once, and one caller at a time probes.
func TestCrowd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &crowd{
			t: t, now: start,
			Budget: &Budget{
				LivePerInstance:  rapid.IntRange(1, 5).Draw(t, "live"),
				LiveTotal:        rapid.IntRange(1, 5).Draw(t, "total"),
				CallsPerInstance: rapid.IntRange(1, 5).Draw(t, "calls"),
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
			"rests": func(t *rapid.T) { c.now = c.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "min")) * time.Minute) },
			"again": c.comesBack,
			"ends":  c.ends,
			"":      c.holds,
		})
	})
}

func drawAsk(t *rapid.T) Ask {
	return Ask{
		Class: Class(rapid.IntRange(0, 2).Draw(t, "class")),
		Calls: rapid.IntRange(1, 2).Draw(t, "n"),
		Live:  rapid.Bool().Draw(t, "isLive"),
		Bank:  rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "bank"),
	}
}

func (c *crowd) asks(ask Ask) {
	g, d := c.Take(c.now, "a", c.limits, ask)
	if g == nil {
		if !d.Until.After(c.now) {
			c.t.Fatalf("%+v is sent back at once: %+v", ask, d)
		}
		ask.Place = d.Place
		c.waiting, c.until = append(c.waiting, ask), append(c.until, d.Until)
		return
	}
	c.open = append(c.open, g)
	c.taken = append(c.taken, calls{c.now, ask.Calls})
}

// comesBack is the next of those who wait, at its time or later.
func (c *crowd) comesBack(*rapid.T) {
	if len(c.waiting) == 0 {
		return
	}
	ask := c.waiting[0]
	c.now = later(c.now, c.until[0])
	c.waiting, c.until = c.waiting[1:], c.until[1:]
	c.asks(ask)
}

// ends is the end of some call.
func (c *crowd) ends(t *rapid.T) {
	if len(c.open) == 0 {
		return
	}
	i := rapid.IntRange(0, len(c.open)-1).Draw(t, "which")
	g := c.open[i]
	c.open = append(c.open[:i:i], c.open[i+1:]...)
	g.Call(c.now)
	g.Report(c.now, Verdict(rapid.IntRange(0, 4).Draw(t, "verdict")), 0)
	g.ReportBank(c.now, Outage(rapid.IntRange(0, 2).Draw(t, "outage")))
	g.Release()
}

func (c *crowd) holds(*rapid.T) {
	live := 0
	for _, g := range c.open {
		if g.ask.Live {
			live++
		}
	}
	if most := min(c.LivePerInstance, c.LiveTotal, c.limits.LiveSessions); live > most {
		c.t.Fatalf("%d live sessions of %d", live, most)
	}
	if quick := len(c.open) - live; quick > c.CallsPerInstance {
		c.t.Fatalf("%d calls of %d", quick, c.CallsPerInstance)
	}
	c.probesOnce()
	c.keepsToTheRate()
}

func (c *crowd) probesOnce() {
	e := c.instances["a"]
	probes, banks := 0, map[string]int{}
	for _, g := range c.open {
		if g.probing && g.number == e.breaker.number && e.breaker.reason != "" {
			probes++
		}
		if bank := e.banks[g.ask.Bank]; g.bankProbing && bank != nil && bank.number == g.bankNumber {
			banks[g.ask.Bank]++
		}
	}
	if probes > 1 || banks["A"] > 1 || banks["B"] > 1 {
		c.t.Fatalf("%d probes of the instance, %v of banks", probes, banks)
	}
}

// keepsToTheRate looks at every span that ends with the newest call.
func (c *crowd) keepsToTheRate() {
	n := 0
	for _, taken := range slices.Backward(c.taken) {
		n += taken.n
		span := c.taken[len(c.taken)-1].at.Sub(taken.at)
		allowed := float64(c.limits.Burst) + float64(c.limits.Rate)*span.Seconds()
		if float64(n) > allowed+1e-6 {
			c.t.Fatalf("%d calls in %v, allowed are %v", n, span, allowed)
		}
	}
}

// TestNobodyUrgentStarves: with any crowd of others that comes as often as it is told
// to, a person waits no longer than two calls take.
func TestNobodyUrgentStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &Budget{LivePerInstance: 100, LiveTotal: 100, CallsPerInstance: 100}
		l := Limits{Rate: rapid.IntRange(1, 20).Draw(t, "rate"), Burst: rapid.IntRange(2, 40).Draw(t, "burst"), LiveSessions: 100}
		now := start
		rush := func() {
			for range rapid.IntRange(0, 50).Draw(t, "others") {
				ask := Ask{Class: Class(rapid.IntRange(0, 1).Draw(t, "class")), Calls: 2}
				if rapid.Bool().Draw(t, "hasPlace") {
					ask.Place = now // Its turn has come.
				}
				if g, _ := b.Take(now, "a", l, ask); g != nil {
					g.Release()
				}
			}
		}
		rush()
		g, d := b.Take(now, "a", l, requested)
		for g == nil {
			now = d.Until
			wait := now.Sub(start)
			if most := 2*time.Second/time.Duration(l.Rate) + leastWait; wait > most {
				t.Fatalf("a person waits for %v, more than %v", wait, most)
			}
			rush()
			g, d = b.Take(now, "a", l, Ask{Calls: 2, Class: Urgent, Place: d.Place})
		}
	})
}
