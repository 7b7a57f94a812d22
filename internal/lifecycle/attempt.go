package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// tries reports whether an action is part of deleting a login at Flinks.
func tries(k Kind) bool { return k == Delete || k == Confirm }

// noteAttempt notes when a deletion was first let through, and why, and what the answer
// leaves to be made sure of.
func noteAttempt(now time.Time, w World, st *v1alpha1.BankConnectionStatus, o Outcome) {
	switch {
	case o.Action.Kind == Confirm && st.Deletion != nil:
		st.Deletion.Answer = "" // It is asked for again.
		return
	case o.Action.Kind != Delete:
		return
	}
	confirmed := w.Instance.Deletions.AllowedByConfirmation(now)
	if st.Deletion == nil || st.Deletion.Confirmed && !confirmed {
		st.Deletion = &v1alpha1.Deletion{AttemptTime: *past(now), Confirmed: confirmed}
	}
	st.Deletion.Answer = ""
	if o.Problem == "" && o.Err != nil && o.Err.IsBareNotFound() {
		st.Deletion.Answer = v1alpha1.DeletionNotFound
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
func (w World) isInDoubt() bool {
	st := w.status()
	return st.Deletion != nil && st.Deletion.Answer == v1alpha1.DeletionNotFound && IsHostProven(st.Binding, w.Instance.Host)
}
