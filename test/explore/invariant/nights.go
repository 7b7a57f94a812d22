package invariant

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

const setScheduledRefresh = "SetScheduledRefresh"

// nights is what is known of the nightly refresh that Flinks was asked for.
type nights struct {
	// on are the connections that nightly refresh of a login was switched on for.
	on map[string][]owner
	// off are those that it was to be switched off for when they went, whatever came of it.
	off map[types.UID]bool
}

// owner is a connection that acted on a login.
type owner struct {
	key types.NamespacedName
	uid types.UID
}

func newNights() nights { return nights{on: map[string][]owner{}, off: map[types.UID]bool{}} }

// noteNight notes for whom nightly refresh was switched on, or was to be switched off.
func (c *Checker) noteNight(e *world.Effect, r *run) {
	own := c.w.Connection(r.key)
	if own == nil || e.HTTP.Endpoint != setScheduledRefresh || e.HTTP.Bank == nil {
		return
	}
	c.nights.off[own.UID] = c.nights.off[own.UID] || !own.DeletionTimestamp.IsZero()
	for _, entry := range e.HTTP.Entries {
		state, ok := e.HTTP.Bank.Login(entry.LoginID)
		if by := (owner{r.key, own.UID}); ok && state.Scheduled && !slices.Contains(c.nights.on[entry.LoginID], by) {
			c.nights.on[entry.LoginID] = append(c.nights.on[entry.LoginID], by)
		}
	}
}

// checkNights: at the end of a story no login is refreshed by night that no connection wants
// refreshed so: its bank is asked each night, and that is paid for (S15).
func (c *Checker) checkNights() {
	if c.w.Stripped || len(c.w.Restores) > 0 || len(c.w.Mutations) > 0 {
		return // What the operator wrote down of a login may be gone.
	}
	for _, b := range c.w.Banks() {
		for _, l := range b.Logins() {
			if by := c.nights.on[l.LoginID]; len(by) > 0 && l.Scheduled && !l.Deleted && !b.Down {
				c.checkNight(l, by)
			}
		}
	}
}

func (c *Checker) checkNight(l flinkssim.LoginState, by []owner) {
	for _, o := range c.connections() {
		if c.holds(o, l.LoginID) && c.mayWantNights(o, l.LoginID) {
			return
		}
	}
	for _, o := range by {
		if c.isExcused(o, l.LoginID) {
			return
		}
	}
	c.w.Violate("S15", "nightly refresh of the login of %s was switched on for %s, is on, and no connection wants it", l.Username, by[len(by)-1].key)
}

// holds reports whether a connection is bound to a login, or is about to be.
func (c *Checker) holds(o *v1alpha1.BankConnection, login string) bool {
	if o.Status.Binding != nil {
		return c.loginOf(o) == login
	}
	return c.secretHolds(o, login)
}

// mayWantNights reports whether a connection wants nightly refresh, or had no way yet to end it.
func (c *Checker) mayWantNights(o *v1alpha1.BankConnection, login string) bool {
	switch {
	case !o.DeletionTimestamp.IsZero():
		return true // It is switched off, or the login deleted, before it goes.
	case !c.secretHolds(o, login):
		return true // The loginId is nowhere that the operator could read it.
	case o.Spec.Suspend:
		return false
	}
	spec := c.policyOf(o)
	return spec == nil || spec.Type == v1alpha1.RefreshNightly
}

// policyOf returns the policy of a connection; nil if it names one that is missing.
func (c *Checker) policyOf(o *v1alpha1.BankConnection) *v1alpha1.RefreshPolicySpec {
	manual := &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}
	if ref := o.Spec.RefreshPolicyRef; ref != nil {
		key := types.NamespacedName{Namespace: o.Namespace, Name: ref.Name}
		if p, ok := c.w.Server.Get(apiserver.RefreshPolicy, key).(*v1alpha1.RefreshPolicy); ok {
			return &p.Spec
		}
		return nil
	}
	if i := c.sharedInstance(); i != nil && o.Spec.InstanceRef.Kind == v1alpha1.KindClusterFlinksInstance {
		return cmp.Or(o.Spec.RefreshPolicy, i.Spec.RefreshPolicy, manual)
	}
	return cmp.Or(o.Spec.RefreshPolicy, manual)
}

// isExcused reports whether a connection did what can be done. One that was told to give its login
// up waits for nothing: it tries once, or says that nightly refresh may be on.
func (c *Checker) isExcused(o owner, login string) bool {
	if is := c.w.Connection(o.key); is != nil && is.UID == o.uid {
		return slices.ContainsFunc(is.Status.SupersededLogins, func(l v1alpha1.SupersededLogin) bool {
			return l.Nightly && c.logins[l.LoginFingerprint] == login
		})
	}
	return c.wasAbandoned(o) && (c.nights.off[o.uid] || c.isTold(o.uid, v1alpha1.ReasonNightlyLeftOn))
}

// wasAbandoned reports whether a connection that is gone was told to give its login up.
func (c *Checker) wasAbandoned(o owner) bool {
	for _, change := range slices.Backward(c.w.Server.Log(apiserver.BankConnection)) {
		if change.Object.GetUID() == o.uid {
			return change.Object.GetAnnotations()[v1alpha1.AbandonLoginAnnotation] == "true"
		}
	}
	return false
}

// isTold reports whether there is an event of a connection.
func (c *Checker) isTold(uid types.UID, reason string) bool {
	return slices.ContainsFunc(c.w.Server.Events(), func(e apiserver.RecordedEvent) bool {
		return e.UID == uid && e.Reason == reason
	})
}
