package invariant

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// calls is what is known of the calls of all processes.
type calls struct {
	// pauses are when a process was asked to leave an instance alone, by their names.
	pauses map[string]pause
	// polls are when a process last asked for the data of a session.
	polls map[string]time.Time
	// recent are the times of the newest calls of a process to an instance.
	recent map[string][]time.Time
	// refused are when Flinks last said of a login that another session is open.
	refused map[string]time.Time
	// ended are when a live session of a login ended with a code that only a person can mend.
	ended map[string]time.Time
}

// pause is a time in which an instance is to be left alone.
type pause struct{ from, until time.Time }

func newCalls() calls {
	return calls{
		pauses: map[string]pause{}, polls: map[string]time.Time{}, recent: map[string][]time.Time{},
		refused: map[string]time.Time{}, ended: map[string]time.Time{},
	}
}

// checkSending judges a call that is about to be made.
func (c *Checker) checkSending(e *world.Effect, r *run) {
	if e.HTTP.Bank == nil {
		c.violate("S10", e, "a call to %s, which is no instance's", e.HTTP.Request.URL.Host)
		return
	}
	// A server that is asked to stop answers the requests that it has.
	answers := strings.HasPrefix(e.Routine, world.LinkRequest) || strings.HasPrefix(e.Routine, world.DataRead)
	if e.Process.Stopped() && r.claim == nil && !answers {
		c.violate("S11", e, "a call of a process that was asked to stop")
	}
	c.checkFinalizer(e, r)
	c.checkSuspended(e, r)
	of := limiterOf(e)
	// What was under way before may go on.
	if p := c.pauses[of]; c.w.Now().Before(p.until) && r.began.After(p.from) && !c.w.ClocksMoved {
		c.violate("S12", e, "a call %s before Flinks wants to be asked again", p.until.Sub(c.w.Now()))
	}
	c.checkRate(e, of)
}

// limiterOf names what a process keeps the limits of: an instance is told from others by the host
// that it calls, even if two hosts lead to one Flinks.
func limiterOf(e *world.Effect) string { return e.Process.Name + " " + e.HTTP.Request.URL.Host }

// checkFinalizer: nothing is called for a connection before there is a finalizer (S1).
func (c *Checker) checkFinalizer(e *world.Effect, r *run) {
	o := c.w.Connection(r.key)
	if o == nil || !o.DeletionTimestamp.IsZero() || c.w.Stripped || len(c.w.Restores) > 0 {
		return
	}
	if !hasFinalizer(o) {
		c.violate("S1", e, "a call for a connection that has no finalizer")
	}
}

const (
	// rate and burst are the limits of an instance that has none of its own.
	rate, burst = 5, 10
	// rateWindow is the time in which calls are counted.
	rateWindow = 20 * time.Second
	// unasked calls may be made on top: who has permission for two may need four.
	unasked = 10
)

// checkRate: a process keeps to the limits of its instances (S6).
func (c *Checker) checkRate(e *world.Effect, of string) {
	now := c.w.Now()
	most := burst + unasked + rate*int(rateWindow/time.Second)
	c.recent[of] = append(c.recent[of], now)
	newest := c.recent[of][max(0, len(c.recent[of])-most-1):]
	c.recent[of] = newest
	if len(newest) > most && now.Sub(newest[0]) < rateWindow && !c.hasLimits() {
		c.violate("S6", e, "%d calls within %s", len(newest), now.Sub(newest[0]))
	}
}

// hasLimits reports whether an instance has limits of its own.
func (c *Checker) hasLimits() bool {
	i := c.sharedInstance()
	return i != nil && i.Spec.Limits != nil
}

// checkAnswer judges a call by when it was made and what was answered before.
func (c *Checker) checkAnswer(e *world.Effect, r *run, entry flinkssim.Entry) {
	of := limiterOf(e)
	if response := e.HTTP.Response; response != nil && response.StatusCode == http.StatusTooManyRequests {
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
			c.pauses[of] = pause{c.w.Now(), c.w.Now().Add(time.Duration(seconds) * time.Second)}
		}
	}
	switch entry.Endpoint {
	case "GetAccountsDetail", "GetAccountsDetailAsync", "AuthorizeAsync":
		c.checkPoll(e, entry)
	}
	switch {
	case asksBank(entry) && entry.Mode == "live":
		c.checkAgain(e, r, entry)
	case entry.Mode == "poll":
		c.noteRest(e, entry)
		c.noteQuestion(entry)
	}
}

// noteQuestion notes when a poll told of a question: until then the session did not wait for the person.
func (c *Checker) noteQuestion(entry flinkssim.Entry) {
	for i, s := range c.sessions[entry.LoginID] {
		if entry.Status == http.StatusNonAuthoritativeInfo && s.entry.RequestID == entry.RequestID {
			c.sessions[entry.LoginID][i].arrived = entry.Time
		}
	}
}

// pollPace is how often Flinks may be asked for data that are not there yet.
const pollPace = 9 * time.Second

// checkPoll: pending data is asked for at the pace that Flinks wants (S12).
func (c *Checker) checkPoll(e *world.Effect, entry flinkssim.Entry) {
	of := e.Process.Name + " " + entry.RequestID
	last, asked := c.polls[of]
	c.polls[of] = c.w.Now()
	if asked && entry.RequestID != "" && c.w.Now().Sub(last) < pollPace && !c.w.ClocksMoved && len(c.w.Mutations) == 0 {
		c.violate("S12", e, "the data of a session are asked for again after %s", c.w.Now().Sub(last))
	}
	if entry.Status != http.StatusAccepted {
		delete(c.polls, of) // Only what is pending is to be left alone.
	}
}

// terminal are the codes of sessions that no other session mends.
var terminal = map[string]bool{
	"INVALID_USERNAME": true, "INVALID_PASSWORD": true, "DISABLED_LOGIN": true, "NEW_ACCOUNT": true, "INVALID_LOGIN": true,
}

const (
	// terminalRest is how long, after such a code, no refresh begins that was not asked for.
	terminalRest = time.Hour
	// sessionRest is how long a session lives without a call.
	sessionRest = 8 * time.Minute
)

// checkAgain: what was refused is left alone (S4, S12).
func (c *Checker) checkAgain(e *world.Effect, r *run, entry flinkssim.Entry) {
	now, login := c.w.Now(), entry.LoginID
	known := len(c.w.Restores) == 0 && len(c.w.Mutations) == 0 && !c.w.ClocksMoved
	if at, ok := c.refused[login]; ok && known && now.Sub(at) < sessionRest {
		c.violate("S4", e, "a live call %s after Flinks said that a session is open", now.Sub(at))
	}
	if at, ok := c.ended[login]; ok && known && r.unattended && now.Sub(at) < terminalRest {
		c.violate("S12", e, "a live call that was not asked for, %s after one that only a person can mend", now.Sub(at))
	}
	c.noteRest(e, entry)
}

// noteRest notes from when on a login is to be left alone, if an answer that arrived says so.
func (c *Checker) noteRest(e *world.Effect, entry flinkssim.Entry) {
	now, login := c.w.Now(), entry.LoginID
	answered := e.HTTP.Lost == nil && !e.HTTP.Broken && !e.HTTP.Endless && !e.Process.Stopped() && e.Process.Alive()
	switch {
	case entry.FlinksCode == "CONCURRENT_SESSION" && answered:
		c.refused[login] = now
	case terminal[entry.FlinksCode] && answered:
		c.ended[login] = now
	case entry.Status == http.StatusOK:
		delete(c.ended, login)
	}
}
