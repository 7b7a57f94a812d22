package lifecycle

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Several connections may share a login, and each of them parts with it in its own
// reconcile: it leaves the login at Flinks, or deletes it there. Each can write no
// object but its own, and reads the others. Two rules make it certain that a login which
// nobody keeps is deleted, and that one which somebody keeps is not:
//
//   - A connection that has a deletion claim does not leave its login to another that
//     stays. It takes the claim back first, and reads the other one again.
//   - A connection that is being deleted, but not the first in the order of ownership,
//     leaves the login to the first one only after it read that one's claim.
//
// So the first cannot leave for the sake of the second while the second leaves for the
// sake of the first. And the first one makes its call after all others have gone, so
// that none is left to make another.

// parting is what becomes of the login of an object that is being deleted. If both
// fields are empty, the login is deleted at Flinks.
type parting struct {
	// reason why the login is left at Flinks.
	reason string
	// blocked is why the object waits before it does anything.
	blocked string
}

// PartsWithLogin reports whether an object is being deleted and has yet to part with
// what may be a login of others as well.
func PartsWithLogin(c *v1alpha1.BankConnection) bool {
	return !c.DeletionTimestamp.IsZero() && hasFinalizer(c, v1alpha1.Finalizer) && keepReason(c) != v1alpha1.ReasonLoginNeverBound
}

// parting decides about the login of an object that is being deleted.
func (s *state) parting() parting {
	p := s.share()
	if p.reason != "" && p.blocked == "" && isOpenStill(s.now, s.st) {
		// A twin that takes the login over must still see whose session is open.
		p.blocked = v1alpha1.ReasonSessionOpen
	}
	return p
}

// share is what the sharers of a login, and the object itself, make of its parting.
func (s *state) share() parting {
	c := s.Connection
	going := slices.ContainsFunc(s.Sharers, IsToBeDeleted)
	switch reason := keepReason(c); {
	case reason == v1alpha1.ReasonLoginRetained && !isAbandoned(c) && going:
		// While this object exists, nobody deletes the login.
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

// shareWithGoing is the parting where all sharers go, and none keeps the login.
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

// IsPendingDeletion reports whether a deletion counts against the limit, and obeys it: one that was
// not tried yet, or that was first tried within the window. What was let through long
// ago and is held up by something else must not hold up everybody else's. What was let
// through by a person alone counts until it is done: they may withdraw that.
func IsPendingDeletion(now time.Time, c *v1alpha1.BankConnection) bool {
	d := c.Status.Deletion
	return IsToBeDeleted(c) && (d == nil || d.Confirmed || now.Sub(d.AttemptTime.Time) < DeletionWindow)
}

// deletionsPaused reports whether a connection has to wait although it could be deleted.
func (s *state) deletionsPaused() bool {
	return IsPendingDeletion(s.now, s.Connection) && s.Instance.Deletions.Paused(s.now)
}

// isInDoubt reports whether the state of a login tells if it is gone: DeleteCard did not
// find it, and the host has answered for it before.
func (s *state) isInDoubt() bool {
	st := s.st
	return st.Deletion != nil && st.Deletion.Answer == v1alpha1.DeletionNotFound && IsHostProven(st.Binding, s.Instance.Host)
}

// part says what to do about the login of an object that is being deleted. A claim
// needs nothing but a write, so it is there before anything holds the call up.
func (s *state) part() Action {
	p := s.parting()
	claimed := hasDeletionClaim(s.Connection)
	switch {
	case p.reason == "" && !claimed:
		return Action{Kind: ClaimDeletion}
	case p.reason == v1alpha1.ReasonSharedLogin && claimed:
		return Action{Kind: UnclaimDeletion}
	case p.blocked != "", p.reason == "" && s.deletionsPaused():
		return Action{Kind: Wait}
	case p.reason != "":
		return s.leave(p.reason)
	case s.isInDoubt():
		return s.paced(Confirm)
	}
	return s.paced(Delete)
}

// leave is how an object goes whose login stays at Flinks. The nightly refresh that the
// operator switched on would go on for nobody, and is paid for, so it is switched off
// first. Only who gives the login up does not wait for that: it is tried once.
func (s *state) leave(reason string) Action {
	release := Action{Kind: RemoveFinalizer, Reason: reason}
	switch {
	case !s.leavesNightly():
		return release
	case !isAbandoned(s.Connection):
		return s.schedules(false)
	case !s.Calls.Defers(s.now):
		return Action{Kind: SetNightlyRefresh}
	case s.Calls.Reason != "", s.Calls.Unproven, s.Instance.Problem != "":
		return release
	}
	return Action{Kind: Wait} // for its turn
}

// partingInstants are the times at which the passing of time alone may give an object
// that is being deleted something to do. What others write is told by watches, too.
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
	return times
}

// deletionDelay grows with the time that the deletion has been tried, or blocked.
func deletionDelay(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) time.Duration {
	var lasted time.Duration
	blocked := meta.FindStatusCondition(st.Conditions, v1alpha1.ConditionDeletionBlocked)
	switch {
	case st.Deletion != nil:
		lasted = now.Sub(st.Deletion.AttemptTime.Time)
	case blocked != nil:
		lasted = now.Sub(blocked.LastTransitionTime.Time)
	}
	pace := backoffOf(Delete, "", "")
	if o.Err != nil {
		pace = backoffOf(Delete, o.Err.Code, o.Err.Class)
	}
	return max(pace.after(lasted), retryAfter(o.Err))
}
