package invariant

import (
	"reflect"
	"strconv"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// checkForm: a write carries what it was decided from (S11), and changes something (S7).
func (c *Checker) checkForm(e *world.Effect) {
	a := e.API
	if a.Verb != apiserver.Create && a.ResourceVersion == "" {
		c.violate("S11", e, "a write without the resourceVersion that it was decided from")
	}
	again := a.Kind == apiserver.Secret && (c.w.WritesInDoubt || c.w.LinksInDoubt && c.isOfLink(a))
	if a.Verb == apiserver.Update && a.Err == nil && !a.Changed && !again {
		c.violate("S7", e, "a write that changes nothing")
	}
}

// checkOwnWrites: what a process decides from is no older than what it wrote itself (S11), unless the
// cache was made to show less.
func (c *Checker) checkOwnWrites(e *world.Effect) {
	o := e.Process.Cache.Object(e.API.Kind, e.API.Key)
	if o == nil || e.Process.Stale != nil || len(c.w.Restores) > 0 {
		return
	}
	read, err := strconv.ParseInt(o.GetResourceVersion(), 10, 64)
	if own := c.own[e.Process.Name+" "+e.API.Key.String()]; err == nil && read < own {
		c.violate("S11", e, "version %d is read after version %d was written", read, own)
	}
}

// checkSpec: specs belong to people (S11).
func (c *Checker) checkSpec(e *world.Effect, change *apiserver.Change) {
	if change.Old == nil || e.API.Kind == apiserver.Secret || e.API.Kind == apiserver.Namespace {
		return
	}
	if change.Old.GetGeneration() != change.Object.GetGeneration() && change.Object.GetDeletionTimestamp().IsZero() {
		c.violate("S11", e, "the operator changed a spec")
	}
	was, is := change.Old.GetAnnotations(), change.Object.GetAnnotations()
	if !reflect.DeepEqual(was, is) {
		c.violate("S11", e, "the operator changed annotations")
	}
}

// checkBinding notes which login a connection was bound to: that of the call that its
// reconcile made.
func (c *Checker) checkBinding(e *world.Effect, r *run, was, is *v1alpha1.BankConnection) {
	b := is.Status.Binding
	if b == nil || was.Status.Binding != nil && was.Status.Binding.LoginFingerprint == b.LoginFingerprint {
		return
	}
	if r.login == "" {
		if c.logins[b.LoginFingerprint] == "" {
			c.violate("S8", e, "bound to a login that Flinks was not asked for")
		}
		return
	}
	c.logins[b.LoginFingerprint] = r.login
}

// checkTruth: what a status says happened, happened (S8).
func (c *Checker) checkTruth(e *world.Effect, was, is *v1alpha1.BankConnection) {
	if is.Status.ObservedGeneration > is.Generation && !c.isMutated(is) {
		c.violate("S8", e, "observedGeneration is ahead of the generation")
	}
	login := c.loginOf(is)
	if login == "" {
		return
	}
	for _, b := range c.w.Banks() {
		state, ok := b.Login(login)
		if !ok || state.Deleted {
			continue
		}
		c.checkRefreshTime(e, was, is, state.LastRefresh)
	}
}

// checkRefreshTime: the data of a login are as new as its bank's last success, and grow no older (S8).
func (c *Checker) checkRefreshTime(e *world.Effect, was, is *v1alpha1.BankConnection, success time.Time) {
	before, last := was.Status.LastRefreshTime, is.Status.LastRefreshTime
	if last == nil || c.w.ClocksMoved || c.isMutated(is) {
		return
	}
	if last.After(success.Add(clockSlack)) {
		c.violate("S8", e, "lastRefreshTime %s is after the last success %s", last, success)
	}
	if before != nil && last.Before(before) && sameLogin(was, is) {
		c.violate("S8", e, "lastRefreshTime goes back from %s to %s", before, last)
	}
}

// clockSlack is what clocks may differ by.
const clockSlack = 5 * time.Minute

func sameLogin(a, b *v1alpha1.BankConnection) bool {
	return a.Status.Binding != nil && b.Status.Binding != nil && a.Status.Binding.LoginFingerprint == b.Status.Binding.LoginFingerprint
}

// loginOf returns the login that a connection is bound to; empty if that is not known.
func (c *Checker) loginOf(o *v1alpha1.BankConnection) string {
	if o.Status.Binding == nil {
		return ""
	}
	return c.logins[o.Status.Binding.LoginFingerprint]
}

// isMutated reports whether a fault changed the status past all rules.
func (c *Checker) isMutated(o *v1alpha1.BankConnection) bool {
	for key := range c.w.Mutations {
		if key.Name == o.Name && key.Namespace == o.Namespace {
			return true
		}
	}
	return false
}

// isOfLink reports whether a call is about a Secret with a link for the customer.
func (c *Checker) isOfLink(a *apiserver.Effect) bool {
	s := c.w.Server.Get(apiserver.Secret, a.Key)
	return s != nil && s.GetLabels()[v1alpha1.PurposeLabel] == v1alpha1.PurposeLink
}
