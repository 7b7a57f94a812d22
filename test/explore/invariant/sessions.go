package invariant

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

const (
	// claimLife is how old a claim may be when the call for it is sent.
	claimLife = 31 * time.Second
	// liveHold is how long a live session of unknown outcome is waited out.
	liveHold = 12 * time.Minute
)

// checkClaim: a claim has a reason (S5), and each request leads to one at most (S6).
func (c *Checker) checkClaim(e *world.Effect, r *run, was, is *v1alpha1.BankConnection) {
	if !isNewClaim(was, is) {
		return
	}
	r.claim, r.claimed = is.Status.Refresh, c.w.Now()
	asked, press := isNewRequest(was, is), was.Status.Internal.GatewayRequest
	pressed := press != nil && press.Action == v1alpha1.GatewayRefresh
	r.unattended = !asked && !pressed
	if r.unattended {
		c.checkDue(e, is)
		c.checkPlanned(e, was)
	}
	if asked {
		c.checkRequest(e, is.UID, is.Status.LastHandledRequest.Value)
	}
	if !asked && press == nil {
		c.checkMutated(e, is)
	}
}

// isNewClaim reports whether a write is a claim.
func isNewClaim(was, is *v1alpha1.BankConnection) bool {
	before, now := was.Status.Refresh, is.Status.Refresh
	return now != nil && now.State == v1alpha1.RefreshClaimed && (before == nil || was.Status.Internal.Nonce != is.Status.Internal.Nonce)
}

// isNewRequest reports whether a write says that a request is being answered.
func isNewRequest(was, is *v1alpha1.BankConnection) bool {
	before, now := was.Status.LastHandledRequest, is.Status.LastHandledRequest
	return now != nil && (before == nil || before.Value != now.Value)
}

// checkPlanned: a refresh that was not asked for was planned, and its time has come (S5).
func (c *Checker) checkPlanned(e *world.Effect, was *v1alpha1.BankConnection) {
	planned := was.Status.NextRefreshTime
	switch {
	case planned == nil:
		c.violate("S5", e, "a refresh that was neither asked for nor planned")
	case e.Process.Clock.Now().Before(planned.Time):
		c.violate("S5", e, "a refresh before its time, which is %s", planned)
	}
}

// checkMutated: after a fault changed a status, what it said of sessions is waited out (S14).
func (c *Checker) checkMutated(e *world.Effect, is *v1alpha1.BankConnection) {
	at, ok := c.w.Mutations[client.ObjectKeyFromObject(is)]
	if ok && c.w.Now().Before(at.Add(liveHold)) && c.loginOf(is) != "" && !c.isDue(is) {
		c.violate("S14", e, "a refresh %s after a fault changed the status", c.w.Now().Sub(at))
	}
}

func (c *Checker) checkRequest(e *world.Effect, uid types.UID, value string) {
	if c.requests[uid] == nil {
		c.requests[uid] = map[string]bool{}
	}
	if c.requests[uid][value] && len(c.w.Restores) == 0 && len(c.w.Mutations) == 0 {
		c.violate("S6", e, "request %q is answered by a second live session", value)
	}
	c.requests[uid][value] = true
}

// checkLive: a live call has a claim, which is young and stands, and it meets no other
// session that the operator could know of (S4).
func (c *Checker) checkLive(e *world.Effect, r *run, entry flinkssim.Entry) {
	c.checkSuspension(e, r)
	switch {
	case r.claim == nil:
		c.violate("S4", e, "a live call without a claim")
	case float64(r.sent.Sub(r.claimed))*e.Process.Clock.Rate() > float64(claimLife):
		// Packets under way are beyond control.
		c.violate("S4", e, "a live call for a claim that is %s old", r.sent.Sub(r.claimed))
	}
	if entry.FlinksCode == "CONCURRENT_SESSION" && entry.Fault == "" {
		c.checkRefused(e, entry)
	}
	if entry.LiveSessionOpened {
		c.checkAlone(e, entry)
		c.sessions[entry.LoginID] = append(c.sessions[entry.LoginID], opened{entry: entry, ours: true, by: r.key})
		r.opened = entry.LoginID
	}
}

// longestCall is how long a live call may take, by its timeout.
const longestCall = 4 * time.Minute

// noteArrival notes when the answer to a live call reached a run: a call that takes long and an answer
// that takes long look the same to it.
func (c *Checker) noteArrival(r *run) {
	all := c.sessions[r.opened]
	newest := &all[len(all)-1]
	newest.arrived = newest.entry.Time.Add(min(c.w.Now().Sub(newest.entry.Time), longestCall))
	r.opened = ""
}

// definiteAnswer returns the code with which Flinks answered a live call beyond doubt, if it did: a
// code that is known, with the session that it speaks of.
func definiteAnswer(entry flinkssim.Entry) string {
	if entry.RequestID != "" && known[entry.FlinksCode] {
		return entry.FlinksCode
	}
	return ""
}

// arrived reports whether the answer to a call arrived as it was sent. That is known only when the
// call is over.
func arrived(e *world.Effect) bool {
	return e.HTTP.Lost == nil && !e.HTTP.Broken && !e.HTTP.Endless && e.Process.Alive()
}

// known are codes that sessions at a bank end with, or go on in the background.
var known = map[string]bool{"AGGREGATION_ERROR": true, "RETRY_LATER": true, "DISABLED_INSTITUTION": true, "OPERATION_DISPATCHED": true}

// checkRecorded: what Flinks answered beyond doubt is recorded as such (S8).
func (c *Checker) checkRecorded(e *world.Effect, r *run, is *v1alpha1.BankConnection) {
	if r.definite == "" || is.Status.Refresh == nil {
		return
	}
	if is.Status.Refresh.State == v1alpha1.RefreshUnknown && arrived(r.live) {
		c.violate("S8", e, "the answer %s to a live call is recorded as if there had been none", r.definite)
	}
	r.definite = ""
}

// checkRefused: a call that only Flinks' refusal kept from opening a second session.
func (c *Checker) checkRefused(e *world.Effect, entry flinkssim.Entry) {
	holders := c.sessions[entry.LoginID]
	if len(holders) == 0 {
		return // A session that was there before the world began.
	}
	holder := holders[len(holders)-1]
	if !holder.ours || c.isForgotten(holder) || c.w.ClocksMoved || c.garbled {
		return
	}
	c.violate("S4", e, "a second live call while the session that was opened at %s was open", holder.entry.Time.Sub(world.Epoch))
}

// isForgotten reports whether nothing that is stored can tell of a session: the API server
// was put back to before it, a fault changed the status, or its connection was torn away.
func (c *Checker) isForgotten(s opened) bool {
	if at, ok := c.w.Torn[s.by]; ok && !at.Before(s.entry.Time) {
		return true
	}
	for _, restore := range c.w.Restores {
		if !restore.Time.Before(s.entry.Time) {
			return true
		}
	}
	for _, at := range c.w.Mutations {
		// The claim comes a little before the session.
		if !at.Before(s.entry.Time.Add(-claimLife)) {
			return true
		}
	}
	return false
}

// checkAlone: no two live sessions of a login are open at once.
func (c *Checker) checkAlone(e *world.Effect, entry flinkssim.Entry) {
	if n := e.HTTP.Bank.OpenSessions(entry.LoginID); n > 1 {
		c.violate("S4", e, "%d live sessions of one login are open", n)
	}
}
