package invariant

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// news is how old what Flinks has may be without being known yet: an observe that was made so long
// ago still speaks for it.
const news = 6 * time.Minute

// checkDue: a refresh that was not asked for is due by the policy and by what Flinks has, whatever
// the status says (S5).
func (c *Checker) checkDue(e *world.Effect, is *v1alpha1.BankConnection) {
	if c.w.ClocksMoved || c.garbled || c.isMutated(is) || len(c.w.Restores) > 0 {
		return
	}
	interval, scheduled := c.interval(is)
	login := c.loginOf(is)
	if !scheduled {
		c.violate("S5", e, "a refresh that no policy asks for")
		return
	}
	for _, b := range c.w.Banks() {
		state, ok := b.Login(login)
		if !ok || state.Deleted || c.w.Now().Sub(state.LastRefresh) < news {
			continue
		}
		if age := c.w.Now().Sub(state.LastRefresh); age < interval-clockSlack {
			c.violate("S5", e, "a refresh although the data is %s old and the policy wants it after %s", age, interval)
		}
	}
}

// isDue reports whether a refresh is due by what is true: the policy wants one, the data is old
// enough, and no session was opened of late.
func (c *Checker) isDue(is *v1alpha1.BankConnection) bool {
	interval, scheduled := c.interval(is)
	login := c.loginOf(is)
	if !scheduled || login == "" {
		return false
	}
	for _, s := range c.sessions[login] {
		if c.w.Now().Sub(s.entry.Time) < liveHold {
			return false
		}
	}
	for _, b := range c.w.Banks() {
		if state, ok := b.Login(login); ok && !state.Deleted && c.w.Now().Sub(state.LastRefresh) < interval-clockSlack {
			return false
		}
	}
	return true
}

// interval returns the shortest that the policy of a connection had of late, and whether it had
// any.
func (c *Checker) interval(o *v1alpha1.BankConnection) (interval time.Duration, scheduled bool) {
	add := func(p *v1alpha1.RefreshPolicySpec) {
		if p == nil || p.Type != v1alpha1.RefreshScheduled || p.Interval == nil {
			return
		}
		if !scheduled || p.Interval.Duration < interval {
			interval, scheduled = p.Interval.Duration, true
		}
	}
	add(o.Spec.RefreshPolicy)
	if ref := o.Spec.RefreshPolicyRef; ref != nil {
		key := types.NamespacedName{Namespace: o.Namespace, Name: ref.Name}
		for _, change := range c.w.Server.Log(apiserver.RefreshPolicy) {
			if p, ok := change.Object.(*v1alpha1.RefreshPolicy); ok && change.Key == key {
				add(&p.Spec) // The cache may not know the newest one.
			}
		}
	}
	return interval, scheduled
}
