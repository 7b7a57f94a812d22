package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// recordFlag records whether an observe shows nightly refresh switched on, if the policy
// is Nightly and Flinks says it: for a login without data it does not.
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

// judgeNightly asks the customer to act when an observe shows that nightly refresh brings
// nothing. If the login was not read for so long that Flinks left it out, because Flinks
// was down or the operator did not run, the next night decides. Missing knowledge never
// counts as a failure.
func (s *state) judgeNightly() {
	seen := s.was.LastObservedTime
	eligible := seen != nil && !observedAfter(s.st, seen.Add(eligibility))
	if eligible && s.st.Reconnect == nil && s.nightlyFailed() {
		s.requireCustomer(v1alpha1.ReasonNightlyRefreshFailed)
		s.noteLostNight()
	}
}

// recordNightlySwitch records the result of a switch. What the answer says of the login is
// left to the next observe, which is more reliable.
func (s *state) recordNightlySwitch(a SetNightlyRefresh, o Outcome) {
	suspended := s.Connection.Spec.Suspend
	switch {
	case o.Problem != "" && !suspended:
		s.recordProblem(o)
	case o.Problem != "":
		s.retrySwitch(problemError(o.Problem), 0)
	case o.Err == nil:
		s.recordSwitch(a.Active)
	case a.Active && o.Err.Code == flinks.CodeMethodNotAvailable:
		// Set again, so that the time of the condition is that of the last try.
		meta.RemoveStatusCondition(&s.st.Conditions, v1alpha1.ConditionNightlyUnavailable)
		s.setCondition(v1alpha1.ConditionNightlyUnavailable, isTrue, v1alpha1.ReasonMethodNotAvailable)
	case !a.Active && isInVain(o.Err):
		s.st.Nightly = nil
	default:
		s.noteDoubt(a, o.Err)
		s.retrySwitch(describeSwitch(o.Err), o.Err.RetryAfter)
	}
}

// noteDoubt records that nightly refresh may be on although no answer says so: the
// operator then switches it off before it leaves the login.
func (s *state) noteDoubt(a SetNightlyRefresh, err *flinks.Error) {
	doubtful := err.Delivery == flinks.Ambiguous || err.Class == flinks.ClassUnknown
	if a.Active && doubtful && s.st.Nightly == nil {
		s.st.Nightly = &v1alpha1.NightlyStatus{}
	}
}

const (
	// switchRetryMin is the pause after a switch that failed. Observes that succeed
	// meanwhile do not shorten it, because the night is far off. For suspended objects the
	// pause grows with the time for which the switch has failed.
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

// retrySwitch postpones the next call. It is an observe, unless the object is suspended.
func (s *state) retrySwitch(e v1alpha1.LastError, after time.Duration) {
	s.noteTrouble(e)
	pace := clamp(s.now.Sub(s.st.LastError.StartTime.Time)/4, switchRetryMin, switchRetryMax)
	s.st.NextObserveTime = future(s.now.Add(max(pace, after)))
}

// describeSwitch treats a code that only makes sense for bank sessions as an answer that
// is not understood: it asks for neither the customer nor a new login.
func describeSwitch(err *flinks.Error) v1alpha1.LastError {
	if refusesCard(err) {
		reason := keysReason(err)
		return v1alpha1.LastError{Code: reason, Class: string(flinks.ClassInstance), Remedy: Message(reason)}
	}
	switch err.Class {
	case flinks.ClassGone, flinks.ClassUser, flinks.ClassData, flinks.ClassPending:
		entry := flinks.Lookup(string(flinks.CodeUnrecognized), false)
		return v1alpha1.LastError{Code: string(err.Code), Class: string(entry.Class), Remedy: entry.Remedy}
	default:
		return describe(err)
	}
}
