package lifecycle

import (
	"slices"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// tries reports whether an action is part of deleting a login at Flinks.
func tries(k Kind) bool { return k == Delete || k == Confirm }

// noteAttempt notes when a deletion was first let through, and why, and what the answer
// leaves to be made sure of.
func (s *state) noteAttempt(o Outcome) {
	switch {
	case o.Action.Kind == Confirm && s.st.Deletion != nil:
		s.st.Deletion.Answer = "" // It is asked for again.
		return
	case o.Action.Kind != Delete:
		return
	}
	confirmed := s.Instance.Deletions.AllowedByConfirmation(s.now)
	if s.st.Deletion == nil || s.st.Deletion.Confirmed && !confirmed {
		s.st.Deletion = &v1alpha1.Deletion{AttemptTime: *past(s.now), Confirmed: confirmed}
	}
	s.st.Deletion.Answer = ""
	if o.Problem == "" && o.Err != nil && o.Err.IsBareNotFound() {
		s.st.Deletion.Answer = v1alpha1.DeletionNotFound
	}
}

// isHeldBack reports whether a deletion that is blocked for a reason is not tried.
func isHeldBack(reason string) bool {
	return slices.Contains([]string{
		v1alpha1.ReasonDeletionsPaused, v1alpha1.ReasonSharedDeletion, v1alpha1.ReasonSessionOpen,
	}, reason)
}

// isInDoubt reports whether the state of a login tells if it is gone: DeleteCard did not
// find it, and the host has answered for it before.
func (s *state) isInDoubt() bool {
	st := s.st
	return st.Deletion != nil && st.Deletion.Answer == v1alpha1.DeletionNotFound && IsHostProven(st.Binding, s.Instance.Host)
}
