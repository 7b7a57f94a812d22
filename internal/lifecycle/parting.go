package lifecycle

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// Several connections may share a login, and each parts with it in its own reconcile: it
// leaves the login at Flinks, or deletes it there. A reconcile writes only its own object,
// and reads the others. Two rules ensure that a login is deleted if no connection keeps
// it, and only then:
//
//   - A connection that has a deletion claim does not leave its login to another that
//     keeps it. It removes the claim first, and reads the other one again.
//   - A connection that is being deleted, but not the first in the order of ownership,
//     leaves the login to the first one only after it read that one's claim.
//
// So two connections cannot both leave the login to each other. The first one calls Flinks
// after all others are gone, so that no other connection can call for the login any more.

// parting is what happens to the login of an object that is being deleted. If both fields
// are empty, the login is deleted at Flinks.
type parting struct {
	// reason why the login is left at Flinks.
	reason string
	// blocked is why the object waits before it does anything.
	blocked string
}

// PartsWithLogin reports whether an object is being deleted and still has to part with a
// login that others may share.
func PartsWithLogin(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && hasFinalizer(c, v1alpha1.Finalizer) && keepReason(c) != v1alpha1.ReasonLoginNeverBound
}

// parting decides about the login of an object that is being deleted.
func (s *state) parting() parting {
	p := s.share()
	if p.reason != "" && p.blocked == "" && isOpenStill(s.now, s.st) {
		// A duplicate that takes the login over must still see that a session is open.
		p.blocked = v1alpha1.ReasonSessionOpen
	}
	return p
}

// share decides about the login from the connections that share it, and from the object
// itself.
func (s *state) share() parting {
	c := s.Connection
	going := slices.ContainsFunc(s.Sharers, IsToBeDeleted)
	switch reason := keepReason(c); {
	case reason == v1alpha1.ReasonLoginRetained && !isAbandoned(c) && going:
		// While this object exists, no other one deletes the login.
		return parting{reason: reason, blocked: v1alpha1.ReasonSharedDeletion}
	case reason != "":
		return parting{reason: reason}
	case slices.ContainsFunc(s.Sharers, stays):
		return parting{reason: v1alpha1.ReasonSharedLogin}
	case going:
		return s.shareWithGoing()
	}
	return parting{}
}

// shareWithGoing decides about a login if all connections that share it are being deleted,
// and none keeps it.
func (s *state) shareWithGoing() parting {
	first := s.Sharers[slices.IndexFunc(s.Sharers, IsToBeDeleted)]
	switch {
	case CompareOwnership(first, s.Connection) > 0:
		return parting{blocked: v1alpha1.ReasonSharedDeletion} // until the others are gone.
	case hasDeletionClaim(first):
		return parting{reason: v1alpha1.ReasonSharedLogin}
	}
	return parting{reason: v1alpha1.ReasonSharedLogin, blocked: v1alpha1.ReasonSharedDeletion} // until it has a claim.
}

// IsPendingDeletion reports whether a deletion counts against the limit and obeys it: it
// was not tried yet, or was first tried within the window. A deletion that was allowed
// long ago and is blocked for another reason must not block others. One that only an
// administrator's confirmation allowed counts until it is done, because the administrator
// may withdraw it.
func IsPendingDeletion(now time.Time, c *v1alpha1.BankConnection) bool {
	d := c.Status.Deletion
	return IsToBeDeleted(c) && (d == nil || d.Confirmed || now.Sub(d.AttemptTime.Time) < DeletionWindow)
}

// deletionsPaused reports whether the deletion limit makes a connection wait.
func (s *state) deletionsPaused() bool {
	return IsPendingDeletion(s.now, s.Connection) && s.Instance.Deletions.Paused(s.now)
}

// isInDoubt reports whether an observe can tell if a login is gone: DeleteCard did not
// find it, and the host has answered for it before.
func (s *state) isInDoubt() bool {
	st := s.st
	return st.Deletion != nil && st.Deletion.Answer == v1alpha1.DeletionNotFound && IsHostProven(st.Binding, s.Instance.Host)
}

// part decides what to do about the login of an object that is being deleted. A claim is
// only a write, so it is made before anything delays the call.
func (s *state) part() Action {
	p := s.parting()
	claimed := hasDeletionClaim(s.Connection)
	switch {
	case p.reason == "" && !claimed:
		return ClaimDeletion{}
	case p.reason == v1alpha1.ReasonSharedLogin && claimed:
		return UnclaimDeletion{}
	case p.blocked != "", p.reason == "" && s.deletionsPaused(), s.awaitsResumption(p):
		return Wait{}
	case p.reason != "":
		return s.leave(p.reason)
	case s.isInDoubt():
		return s.paced(Confirm{})
	}
	return s.paced(Delete{})
}

// awaitsResumption reports whether parting with the login takes a call, and the instance is
// suspended. An abandoned object waits for no call.
func (s *state) awaitsResumption(p parting) bool {
	return s.Instance.IsSuspended() && (p.reason == "" || s.leavesNightly() && !isAbandoned(s.Connection))
}

// leave returns what to do for an object whose login stays at Flinks. A nightly refresh
// that the operator switched on would continue, and is paid for, so it is switched off
// first. An abandoned object does not wait for that: the operator tries once.
func (s *state) leave(reason string) Action {
	release := RemoveFinalizer{Reason: reason}
	switch {
	case !s.leavesNightly():
		return release
	case !isAbandoned(s.Connection):
		return s.switchesNightly(false)
	case s.Instance.IsSuspended():
		return release
	case !s.Calls.Defers(s.now):
		return SetNightlyRefresh{}
	case s.Calls.Reason != "", s.Calls.Unproven, s.Instance.Problem != "":
		return release
	}
	return Wait{} // for its turn
}

// partingInstants returns the times at which an object that is being deleted may get
// something to do without a change of an object. Watches report the changes of others.
func (s *state) partingInstants() []time.Time {
	if !hasFinalizer(s.Connection, v1alpha1.Finalizer) {
		return nil
	}
	var times []time.Time
	p := s.parting()
	if p.blocked == v1alpha1.ReasonSessionOpen {
		times = sessionEnds(s.st)
	}
	if p.blocked == v1alpha1.ReasonSharedDeletion || p.reason == "" && s.deletionsPaused() {
		times = append(times, s.now.Add(deletionDelay(s.now, s.st, Outcome{})))
	}
	if s.awaitsResumption(p) {
		times = append(times, s.now.Add(blockedLook))
	}
	return times
}

// deletionDelay returns a pause that grows with the time for which the deletion has been
// tried, or blocked.
func deletionDelay(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) time.Duration {
	var lasted time.Duration
	blocked := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionBlocked)
	switch {
	case st.Deletion != nil:
		lasted = now.Sub(st.Deletion.AttemptTime.Time)
	case blocked != nil:
		lasted = now.Sub(blocked.LastTransitionTime.Time)
	}
	pace := backoffOf(flinks.OpDeleteCard, "", "")
	if o.Err != nil {
		pace = backoffOf(flinks.OpDeleteCard, o.Err.Code, o.Err.Class)
	}
	return max(pace.after(lasted), retryAfter(o.Err))
}
