package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// recordFlag notes what an observe says of the flag, if the policy is about it and
// Flinks says anything: it does not with a login that has no data.
func (s *state) recordFlag(o Outcome) {
	a := o.Authorization
	if spec, _ := s.policySpec(); spec.Type != v1alpha1.RefreshNightly {
		return
	}
	if a == nil || a.State == flinks.ChallengePending || a.LastRefresh.IsZero() {
		return
	}
	if s.st.Nightly == nil {
		s.st.Nightly = &v1alpha1.NightlyStatus{}
	}
	s.st.Nightly.Enabled = a.ScheduledRefresh
	if a.ScheduledRefresh {
		meta.RemoveStatusCondition(&s.st.Conditions, v1alpha1.ConditionNightlyUnavailable)
	}
}

// judgeNightly wants the person when an observe shows that nightly refresh brings
// nothing. Flinks leaves out logins that were not read for too long, because it could
// not be reached or nothing ran: then the next night decides. That nothing is known is
// never held against it.
func (s *state) judgeNightly() {
	seen := s.was.LastObservedTime
	eligible := seen != nil && !observedAfter(s.st, seen.Add(eligibility))
	if eligible && s.st.Reconnect == nil && s.nightlyFailed() {
		s.wantPerson(v1alpha1.ReasonNightlyRefreshFailed)
	}
}

// recordNightlySwitch notes what came of a switch. What Flinks says of the login here is
// left to the next observe, which knows better.
func (s *state) recordNightlySwitch(o Outcome) {
	suspended := s.Connection.Spec.Suspend
	switch {
	case o.Problem != "" && !suspended:
		s.recordProblem(o)
	case o.Problem != "":
		s.retrySwitch(problemError(o.Problem), 0)
	case o.Err == nil:
		s.recordSwitch(o.Action.Active)
	case o.Action.Active && o.Err.Code == flinks.CodeMethodNotAvailable:
		// Said anew, so that the time of the condition is that of the last try.
		meta.RemoveStatusCondition(&s.st.Conditions, v1alpha1.ConditionNightlyUnavailable)
		s.setCondition(v1alpha1.ConditionNightlyUnavailable, isTrue, v1alpha1.ReasonMethodNotAvailable)
	case !o.Action.Active && isInVain(o.Err):
		s.st.Nightly = nil
	default:
		s.noteDoubt(o)
		s.retrySwitch(describeSwitch(o.Err), o.Err.RetryAfter)
	}
}

// noteDoubt notes that nightly refresh may be on, although no answer says so: it is to be
// switched off before the login is left.
func (s *state) noteDoubt(o Outcome) {
	doubtful := o.Err.Delivery == flinks.Ambiguous || o.Err.Class == flinks.ClassUnknown
	if o.Action.Active && doubtful && s.st.Nightly == nil {
		s.st.Nightly = &v1alpha1.NightlyStatus{}
	}
}

const (
	// switchRetryMin is the distance of a switch to one that failed. Observes that
	// succeed meanwhile do not shorten it, and the night is far off. For suspended
	// objects it grows with the time that this has been going wrong.
	switchRetryMin = time.Hour
	switchRetryMax = 24 * time.Hour
)

func (s *state) recordSwitch(active bool) {
	if isTroubled(s.st) && !loginGone(s.st) {
		s.st.LastError = nil
	}
	if !active {
		s.st.Nightly = nil
		return
	}
	if s.st.Nightly == nil {
		s.st.Nightly = &v1alpha1.NightlyStatus{}
	}
	s.st.Nightly.CorrectionTime = Past(s.now)
	meta.RemoveStatusCondition(&s.st.Conditions, v1alpha1.ConditionNightlyUnavailable)
}

// retrySwitch puts off the next call. It is an observe, unless the object is suspended.
func (s *state) retrySwitch(e v1alpha1.LastError, after time.Duration) {
	s.noteTrouble(e)
	pace := clamp(s.now.Sub(s.st.LastError.Time.Time)/4, switchRetryMin, switchRetryMax)
	s.st.NextObserveTime = future(s.now.Add(max(pace, after)))
}

// describeSwitch takes what is only true of bank sessions for an answer that is not
// understood: neither a person nor a new login is wanted because of it.
func describeSwitch(err *flinks.Error) v1alpha1.LastError {
	switch err.Class {
	case flinks.ClassGone, flinks.ClassUser, flinks.ClassData, flinks.ClassPending:
		entry := flinks.Lookup(string(flinks.CodeUnrecognized), false)
		return v1alpha1.LastError{Code: string(err.Code), Class: string(entry.Class), Remedy: entry.Remedy}
	default:
		return describe(err)
	}
}
