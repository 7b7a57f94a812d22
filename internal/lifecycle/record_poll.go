package lifecycle

import (
	"slices"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// LacksAsync reports whether an answer to the beginning of AuthorizeAsync says that the instance does
// not have it, so that no session was opened. Flinks documents the code with a 500.
func LacksAsync(err *flinks.Error) bool {
	return err.Op == flinks.OpRefresh && err.Code == flinks.CodeMethodNotAvailable && err.Delivery == flinks.Answered && !err.InSession
}

// recordPoll records what AuthorizeAsync says of the live session that it began. But for what the
// answers say of that session alone, they are those of Authorize.
func (s *state) recordPoll(o Outcome) {
	switch {
	case refreshState(s.st) != v1alpha1.RefreshDispatched:
		// The status does not wait for the outcome any more.
	case o.Err == nil, o.Err.Class == flinks.ClassData:
		s.recordRefresh(o)
	case o.Err.Class == flinks.ClassPending:
	case o.Err.Op != flinks.OpPollRefresh, saysNothing(o.Err):
		s.setLastError(describe(o.Err))
	case endsAttempt(o.Err):
		s.recordFailedPoll(o.Err)
	default:
		s.recordLost(o.Err)
	}
}

// recordFailedPoll records that a live session in the background failed. Only an answer in that session
// says that it has ended; after any other, no live call starts for as long as Flinks may take.
func (s *state) recordFailedPoll(err *flinks.Error) {
	switch {
	case err.HTTPStatus >= 500:
		s.coolDown(err)
	case err.InSession && !saysUnauthorized(err):
		s.endCooldown()
	}
	s.endAttempt(v1alpha1.RefreshFailed, err.HTTPStatus, string(err.Code))
	s.noteRefusal(err)
}

// endsAttempt reports whether an answer to a poll says how the bank, or Flinks, refused the attempt.
func endsAttempt(err *flinks.Error) bool {
	doubtful := err.HTTPStatus >= 500 && !isDefinite(err)
	return !doubtful && !isForgotten(err) && err.Code != flinks.CodeConcurrentSession &&
		slices.Contains([]flinks.Class{flinks.ClassUser, flinks.ClassTransient, flinks.ClassGone}, err.Class)
}
