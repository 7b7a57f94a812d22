package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// The states that follow from the browser in which a link is opened.
const (
	// LinkProofRequired: the application has to vouch for the browser.
	LinkProofRequired LinkState = "ProofRequired"
	// LinkInUse: the link is used in another browser.
	LinkInUse LinkState = "InUse"
)

const (
	// linkUsePeriod is how long after a click no other browser can act.
	linkUsePeriod = 15 * time.Minute
	// linkProofPeriod is how long the application's word for a browser counts.
	linkProofPeriod = time.Hour
	// linkUsePrecision is how old the recorded time of a use may get before another click
	// writes it again.
	linkUsePrecision = 5 * time.Minute
)

// NeedsProof reports whether the application has to vouch for the browser that a link is
// opened in.
func NeedsProof(c *v1alpha1.BankConnection) bool {
	l := linkSpec(c)
	return l.Type != v1alpha1.LinkDirect && l.Proof == v1alpha1.ProofApplication
}

// LinkProof returns the application that has to vouch for browsers; nil if no application has to.
func LinkProof(c *v1alpha1.BankConnection) *v1alpha1.LinkApplication {
	if !NeedsProof(c) {
		return nil
	}
	return c.Spec.Reconnect.Link.Application
}

// VisitLink returns what a customer finds in one browser, of what FollowLink returned for
// their link, and whether they can act there. The challenge stands for the browser; it is
// empty if the browser is not known. A browser that cannot act still shows what
// the link leads to.
func VisitLink(now time.Time, in Inputs, v LinkView, challenge string) (LinkView, bool) {
	use := linkUse(&in.Connection.Status)
	own := use != nil && challenge != "" && use.Challenge == challenge
	until := time.Time{}
	if use != nil && !own {
		until = EndOf(&use.UseTime).Add(linkUsePeriod)
	}
	switch blocked, unproven := now.Before(until), NeedsProof(in.Connection) && (!own || !isProven(now, use)); {
	case !blocked && !unproven:
		return v, true
	case v.State != LinkConnect && v.State != LinkStart && v.State != LinkResume:
		return v, false
	case blocked:
		return LinkView{State: LinkInUse, Until: until}, false
	default:
		return LinkView{State: LinkProofRequired, Reason: v.Reason}, false
	}
}

// linkUse returns the recorded use of the newest link; nil if it was not used.
func linkUse(st *v1alpha1.BankConnectionStatus) *v1alpha1.LinkUse {
	use, r := st.Internal.LinkUse, st.Reconnect
	if use == nil || r == nil || r.Link.IssueTime == nil || !r.Link.IssueTime.Equal(&use.LinkIssueTime) {
		return nil
	}
	return use
}

func isProven(now time.Time, use *v1alpha1.LinkUse) bool {
	return use.ProofTime != nil && now.Before(use.ProofTime.Add(linkProofPeriod))
}

// endLinkUse forgets in which browser a link was used that is no longer the newest.
func (s *state) endLinkUse() {
	if linkUse(s.st) == nil {
		s.st.Internal.LinkUse = nil
	}
}

// StatusChange returns the status to write for what a customer asks for; false if nothing has to be
// written.
type StatusChange func(time.Time, Inputs) (v1alpha1.BankConnectionStatus, bool)

// InBrowser returns the demand that also records the browser in which the customer acts.
func InBrowser(challenge string, demand StatusChange) StatusChange {
	return func(now time.Time, in Inputs) (v1alpha1.BankConnectionStatus, bool) {
		st, ok := demand(now, in)
		if !ok {
			st = *in.Connection.Status.DeepCopy()
		}
		return st, useLink(now, &st, challenge) || ok
	}
}

// ProveLink returns the demand that records that the application vouches for a browser.
func ProveLink(challenge string) StatusChange {
	return func(now time.Time, in Inputs) (v1alpha1.BankConnectionStatus, bool) {
		if use := linkUse(&in.Connection.Status); use != nil && use.Challenge == challenge && isProven(now, use) {
			return in.Connection.Status, false
		}
		st := *in.Connection.Status.DeepCopy()
		st.Internal.LinkUse = nil
		if !useLink(now, &st, challenge) {
			return st, false
		}
		st.Internal.LinkUse.ProofTime = Past(now)
		return st, true
	}
}

// UseLink is the demand that asks for nothing but to record the browser.
func UseLink(time.Time, Inputs) (st v1alpha1.BankConnectionStatus, ok bool) { return st, false }

// useLink records that a customer acts in a browser; false if there is no browser or no link to
// record, or nothing new.
func useLink(now time.Time, st *v1alpha1.BankConnectionStatus, challenge string) bool {
	if challenge == "" || st.Reconnect == nil || st.Reconnect.Link.IssueTime == nil {
		return false
	}
	use := linkUse(st)
	switch {
	case use == nil || use.Challenge != challenge:
		st.Internal.LinkUse = &v1alpha1.LinkUse{Challenge: challenge, LinkIssueTime: *st.Reconnect.Link.IssueTime, UseTime: *Past(now)}
	case now.Before(use.UseTime.Add(linkUsePrecision)):
		return false
	default:
		use.UseTime = *Past(now)
	}
	return true
}
