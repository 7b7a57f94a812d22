package invariant

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// linkLife is how long a link may stand in a status after its session was opened: that session
// ends after eight minutes, and what takes a link away takes its time.
const linkLife = 8*time.Minute + 10*time.Second

// checkLink: a link in a status leads to this connection's session, at a host of its instance, and
// is not written any more when that session is over (S9).
func (c *Checker) checkLink(e *world.Effect, is *v1alpha1.BankConnection) {
	reconnect := is.Status.Reconnect
	if !isDirect(reconnect) || c.isMutated(is) {
		return
	}
	c.checkToken(e, reconnect.Link.URL)
	link, err := url.Parse(reconnect.Link.URL)
	if err != nil || !c.leadsToBank(link.Host) {
		c.violate("S9", e, "the link does not lead to a host of an instance")
		return
	}
	login := c.loginOf(is)
	if login == "" || len(c.w.Restores) > 0 {
		return
	}
	for _, s := range c.sessions[login] {
		if s.entry.RequestID == "" || !strings.Contains(reconnect.Link.URL, s.entry.RequestID) {
			continue
		}
		since := s.entry.Time
		if s.arrived.After(since) {
			since = s.arrived
		}
		if age := e.Time.Sub(since); age > linkLife && !c.w.ClocksMoved {
			c.violate("S9", e, "the link of a session that was opened %s ago", age)
		}
		return
	}
	c.violate("S9", e, "the link does not lead to a session of this login")
}

// way is how a link goes: never back, unless the customer abandoned it.
var way = []v1alpha1.JourneyState{
	v1alpha1.JourneyIssued, v1alpha1.JourneyOpened, v1alpha1.JourneyLeftForBank, v1alpha1.JourneyReturned,
	v1alpha1.JourneyAbandoned, v1alpha1.JourneyExpired, v1alpha1.JourneyCompleted,
}

// checkJourney: the customer of a link does not go back (S19).
func (c *Checker) checkJourney(e *world.Effect, was, is *v1alpha1.BankConnection) {
	before, after := was.Status.Link, is.Status.Link
	if before == nil || c.isMutated(is) || c.w.ClocksMoved {
		return
	}
	if after == nil && !sameLogin(was, is) {
		return // The login was given up, and its links with it.
	}
	if after == nil {
		c.violate("S19", e, "the journey of a link is lost")
		return
	}
	if !before.IssuedTime.Equal(&after.IssuedTime) || before.State == v1alpha1.JourneyAbandoned {
		return
	}
	if slices.Index(way, after.State) < slices.Index(way, before.State) {
		c.violate("S19", e, "the journey of a link goes from %s back to %s", before.State, after.State)
	}
}

func (c *Checker) leadsToBank(host string) bool {
	for _, b := range c.w.Banks() {
		if b.Answers(host) {
			return true
		}
	}
	return false
}

// checkStale: no link outlives its session for long (S9), and what is deleted and does not go says
// why (L2).
func (c *Checker) checkStale() {
	for _, o := range c.connections() {
		r := o.Status.Reconnect
		if isDirect(r) && !c.fits(o) && !c.isMutated(o) {
			c.w.Violate("S9", "%s/%s has a link that its instance does not allow, or does not take", o.Namespace, o.Name)
		}
		if isDirect(r) && r.Question.IssueTime != nil && !c.isMutated(o) && c.w.Now().Sub(r.Question.IssueTime.Time) > linkLife+5*time.Minute {
			c.w.Violate("S9", "%s/%s has a link that was issued %s ago", o.Namespace, o.Name, c.w.Now().Sub(r.Question.IssueTime.Time))
		}
		if !o.DeletionTimestamp.IsZero() && hasFinalizer(o) && !isBlocked(o) {
			c.w.Violate("L2", "%s/%s does not go and does not say why: %s", o.Namespace, o.Name, describe(o))
		}
	}
}

func isBlocked(o *v1alpha1.BankConnection) bool {
	for _, condition := range o.Status.Conditions {
		if condition.Type == v1alpha1.ConditionDeletionBlocked && condition.Status == "True" {
			return true
		}
	}
	return false
}
