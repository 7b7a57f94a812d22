package lifecycle

import (
	"slices"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func (s *state) decideDeletion() Action {
	c := s.Connection
	switch {
	case !hasFinalizer(c, v1alpha1.Finalizer) && hasFinalizer(c, v1alpha1.ReleaseSecretFinalizer):
		return RemoveSecretFinalizer{}
	case !hasFinalizer(c, v1alpha1.Finalizer):
		return Wait{}
	}
	a := s.part()
	if revocation, due := s.revocation(); due && Is[Wait](a) {
		// The deletion does not wait for it: the owner reference deletes the rest.
		return revocation
	}
	return a
}

// recordDeletion records why an object still exists, and leaves the rest of its status as
// last known.
func (s *state) recordDeletion(o Outcome) {
	s.hideGatewayLink()
	s.expireQuestion()
	s.dropUnfitLink()
	s.dropGatewayRequest()
	switch a := o.Action.(type) {
	case RevokeSecret:
		s.recordRevocation(a, o.Delivery)
	case ClaimDeletion:
		s.st.DeletionClaim = &v1alpha1.DeletionClaim{ClaimTime: *Past(s.now)}
	case UnclaimDeletion:
		s.st.DeletionClaim = nil
	case SetNightlyRefresh:
		if isSwitchedOff(o) || isAbandoned(s.Connection) {
			s.st.Nightly = nil
		}
	default:
	}
	s.noteAttempt(o)
	s.setUserActionRequired()
	s.st.NextRefreshTime, s.st.NextObserveTime = nil, nil
	s.st.ObservedGeneration = s.Connection.Generation
	if reason := s.deletionBlocked(o); reason != "" {
		s.setCondition(v1alpha1.ConditionDeletionBlocked, isTrue, reason)
		if isHeldBack(reason) {
			s.st.Deletion = nil // The next attempt counts as the first.
		}
	}
}

// deletionBlocked returns why an object that is being deleted still exists; empty if there
// is nothing new to report.
func (s *state) deletionBlocked(o Outcome) string {
	tried := Is[Delete](o.Action) || Is[Confirm](o.Action)
	if tried && !ConfirmsDeletion(s.Connection, o) || Is[SetNightlyRefresh](o.Action) && s.leavesNightly() && !isSwitchedOff(o) {
		return deletionProblem(o)
	}
	if !hasFinalizer(s.Connection, v1alpha1.Finalizer) {
		return ""
	}
	p := s.parting()
	switch {
	case p.blocked != "":
		return p.blocked
	case s.awaitsResumption(p):
		return v1alpha1.ReasonInstanceSuspended
	case p.reason != "" && !s.leavesNightly():
		return ""
	case p.reason == "" && s.deletionsPaused():
		return v1alpha1.ReasonDeletionsPaused
	case s.Calls.Defers(s.now):
		return s.Calls.Reason
	}
	return ""
}

// noteAttempt records when a deletion was first allowed, and why, and whether its answer
// has to be confirmed.
func (s *state) noteAttempt(o Outcome) {
	switch {
	case Is[Confirm](o.Action) && s.st.Deletion != nil:
		s.st.Deletion.Answer = "" // It is asked for again.
		return
	case !Is[Delete](o.Action):
		return
	}
	confirmed := s.Instance.Deletions.AllowedByConfirmation(s.now)
	if s.st.Deletion == nil || s.st.Deletion.Confirmed && !confirmed {
		s.st.Deletion = &v1alpha1.Deletion{AttemptTime: *Past(s.now), Confirmed: confirmed}
	}
	s.st.Deletion.Answer = ""
	if o.Problem == "" && o.Err != nil && o.Err.IsBareNotFound() {
		s.st.Deletion.Answer = v1alpha1.DeletionNotFound
	}
}

// isHeldBack reports whether a deletion that is blocked for this reason is not tried.
func isHeldBack(reason string) bool {
	return slices.Contains([]string{
		v1alpha1.ReasonDeletionsPaused, v1alpha1.ReasonSharedDeletion, v1alpha1.ReasonSessionOpen,
		v1alpha1.ReasonInstanceSuspended,
	}, reason)
}
