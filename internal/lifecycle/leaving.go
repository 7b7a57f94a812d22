package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// leave is how an object goes whose login stays at Flinks. The nightly refresh that the
// operator switched on would go on for nobody, and is paid for, so it is switched off
// first. Only who gives the login up does not wait for that: it is tried once.
func (s *state) leave(reason string) Action {
	release := Action{Kind: Release, Reason: reason}
	switch {
	case !s.leavesNightly():
		return release
	case !isAbandoned(s.Connection):
		return s.schedules(false)
	case !s.Calls.holds(s.now):
		return Action{Kind: Schedule}
	case s.Calls.Reason != "", s.Calls.Unproven, s.Instance.Problem != "":
		return release
	}
	return Action{Kind: Wait} // for its turn
}

// leavesNightly reports whether nightly refresh may go on although no object wants it,
// if this one goes and its login stays.
func (s *state) leavesNightly() bool {
	st := s.st
	return st.Binding != nil && st.Nightly != nil && !slices.ContainsFunc(s.Sharers, wantsNightly)
}

// wantsNightly reports whether a connection that stays leaves its login to nightly refresh.
func wantsNightly(c *v1alpha1.BankConnection) bool {
	p := c.Status.RefreshPolicy
	return c.DeletionTimestamp.IsZero() && !c.Spec.Suspend && p != nil && p.Type == v1alpha1.RefreshNightly
}

// IsSwitchedOff reports whether an answer to a call that switches nightly refresh of the
// bound login off is definite: it is off, or cannot be on.
func IsSwitchedOff(b *v1alpha1.Binding, o Outcome) bool { return isSwitchedOff(o.doubted(b)) }

func isSwitchedOff(o Outcome) bool {
	return o.Problem == "" && (o.Err == nil || isInVain(o.Err))
}

// isInVain reports whether nothing is left to be switched off, or Flinks says that it can
// never do it.
func isInVain(err *flinks.Error) bool {
	never := err.Class == flinks.ClassGone || err.Class == flinks.ClassConfig
	return never && err.Delivery == flinks.Answered && err.Code != flinks.CodeHostUnproven
}

// ReleaseEvents tell that the finalizer goes, why it may, and what it leaves behind.
func ReleaseEvents(in Inputs, reason string) []Event { return in.at(time.Time{}).releaseEvents(reason) }

func (s *state) releaseEvents(reason string) []Event {
	told := []Event{releaseEvent(reason)}
	if reason != v1alpha1.ReasonLoginDeleted && s.leavesNightly() {
		told = append(told, nightlyLeftOn())
	}
	return told
}

// nightlyLeftOn tells that nobody can switch nightly refresh off any more.
func nightlyLeftOn() Event {
	reason := v1alpha1.ReasonNightlyLeftOn
	return Event{Warning: true, Reason: reason, Action: string(Schedule), Note: message(reason)}
}

// ScheduleEvents tell that a switch took, or that it did not and is not tried again.
func ScheduleEvents(c *v1alpha1.BankConnection, o Outcome) []Event {
	switch {
	case o.Action.Kind != Schedule:
		return nil
	case o.Problem == "" && o.Err == nil:
		reason := v1alpha1.ReasonNightlyCorrected
		return []Event{{Reason: reason, Action: string(Schedule), Note: message(reason)}}
	case !c.DeletionTimestamp.IsZero() && isAbandoned(c) && !IsSwitchedOff(c.Status.Binding, o):
		return []Event{nightlyLeftOn()}
	}
	return nil
}
