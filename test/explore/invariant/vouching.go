package invariant

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// checkUse: a link whose application must vouch for browsers starts nothing for one that it did not
// vouch for (S17).
func (c *Checker) checkUse(e *world.Effect, was, is *v1alpha1.BankConnection) {
	if !vouches(is) || c.isMutated(is) || !asksMore(was.Status.Internal, is.Status.Internal) {
		return
	}
	use := is.Status.Internal.LinkUse
	if use == nil || !c.w.Vouched[world.Browser{Connection: is.UID, Challenge: use.Challenge}] {
		c.violate("S17", e, "a browser that the application did not vouch for has an effect")
	}
}

// asksMore reports whether the page of a link asks for something that it did not ask for before. A time
// that goes back is one that the operator mended, after its clock did.
func asksMore(was, is v1alpha1.InternalStatus) bool {
	g, before := is.GatewayRequest, was.GatewayRequest
	opens := is.ConnectOpenTime != nil && (was.ConnectOpenTime == nil || is.ConnectOpenTime.After(was.ConnectOpenTime.Time))
	switch {
	case opens:
		return true
	case g == nil || before == nil:
		return g != nil
	case before.ClickTime != nil: // A click that waited for an observe is no news when its turn comes.
		return lastAsked(g).After(lastAsked(before))
	}
	return g.Action != before.Action || g.ClickTime != nil || g.RequestTime.After(before.RequestTime.Time)
}

// lastAsked returns when the page of a link last asked for something.
func lastAsked(g *v1alpha1.GatewayRequest) time.Time {
	if g.ClickTime != nil && g.ClickTime.After(g.RequestTime.Time) {
		return g.ClickTime.Time
	}
	return g.RequestTime.Time
}

// checkVouched: no such browser was handed to Flinks Connect (S17).
func (c *Checker) checkVouched() {
	for _, browser := range c.w.Entered {
		for _, o := range c.connections() {
			if o.UID == browser.Connection && vouches(o) && !c.w.Vouched[browser] {
				c.w.Violate("S17", "Flinks Connect was opened in a browser that the application did not vouch for")
			}
		}
	}
}

// vouches reports whether the application of a connection must vouch for browsers.
func vouches(o *v1alpha1.BankConnection) bool {
	return o.Spec.Reconnect != nil && o.Spec.Reconnect.Link.Proof == v1alpha1.ProofApplication
}
