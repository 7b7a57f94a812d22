package lifecycle

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// recordFlag notes what an observe says of the flag, if the policy is about it and
// Flinks says anything: it does not with a login that has no data.
func recordFlag(w World, st *v1alpha1.BankConnectionStatus, o Outcome) {
	a := o.Authorization
	if spec, _ := w.policySpec(); spec.Type != v1alpha1.RefreshNightly {
		return
	}
	if a == nil || a.State == flinks.ChallengePending || a.LastRefresh.IsZero() {
		return
	}
	if st.Nightly == nil {
		st.Nightly = &v1alpha1.NightlyStatus{}
	}
	st.Nightly.Enabled = a.ScheduledRefresh
	if a.ScheduledRefresh {
		meta.RemoveStatusCondition(&st.Conditions, v1alpha1.ConditionNightlyUnavailable)
	}
}

// judgeNightly wants the person when an observe shows that nightly refresh brings
// nothing. Flinks leaves out logins that were not read for too long, because it could
// not be reached or nothing ran: then the next night decides. That nothing is known is
// never held against it.
func judgeNightly(now time.Time, w World, st *v1alpha1.BankConnectionStatus) {
	seen := w.status().LastObservedTime
	eligible := seen != nil && !observedAfter(st, seen.Add(eligibility))
	if eligible && st.Reconnect == nil && nightlyFailed(now, w.with(*st)) {
		wantPerson(st, v1alpha1.ReasonNightlyRefreshFailed)
	}
}

// recordSchedule notes what came of a switch. What Flinks says of the login here is
// left to the next observe, which knows better.
func recordSchedule(now time.Time, w World, st *v1alpha1.BankConnectionStatus, o Outcome) {
	suspended := w.Connection.Spec.Suspend
	switch {
	case o.Problem != "" && !suspended:
		recordProblem(now, w, st, o)
	case o.Problem != "":
		retrySwitch(now, st, problemError(o.Problem), 0)
	case o.Err == nil:
		recordSwitch(now, st, o.Action.Active)
	case o.Action.Active && o.Err.Code == flinks.CodeMethodNotAvailable:
		// Said anew, so that the time of the condition is that of the last try.
		meta.RemoveStatusCondition(&st.Conditions, v1alpha1.ConditionNightlyUnavailable)
		setCondition(now, w, st, v1alpha1.ConditionNightlyUnavailable, isTrue, v1alpha1.ReasonMethodNotAvailable)
	case !o.Action.Active && isInVain(o.Err):
		st.Nightly = nil
	default:
		noteDoubt(st, o)
		retrySwitch(now, st, describeSwitch(o.Err), o.Err.RetryAfter)
	}
}

// noteDoubt notes that nightly refresh may be on, although no answer says so: it is to be
// switched off before the login is left.
func noteDoubt(st *v1alpha1.BankConnectionStatus, o Outcome) {
	doubtful := o.Err.Delivery == flinks.Ambiguous || o.Err.Class == flinks.ClassUnknown
	if o.Action.Active && doubtful && st.Nightly == nil {
		st.Nightly = &v1alpha1.NightlyStatus{}
	}
}

func recordSwitch(now time.Time, st *v1alpha1.BankConnectionStatus, active bool) {
	if isTroubled(st) && !loginGone(st) {
		st.LastError = nil
	}
	if !active {
		st.Nightly = nil
		return
	}
	if st.Nightly == nil {
		st.Nightly = &v1alpha1.NightlyStatus{}
	}
	st.Nightly.CorrectionTime = past(now)
	meta.RemoveStatusCondition(&st.Conditions, v1alpha1.ConditionNightlyUnavailable)
}

// retrySwitch puts off the next call. It is an observe, unless the object is suspended.
func retrySwitch(now time.Time, st *v1alpha1.BankConnectionStatus, e v1alpha1.LastError, after time.Duration) {
	noteTrouble(now, st, e)
	pace := clamp(now.Sub(st.LastError.Time.Time)/4, switchRetryMin, switchRetryMax)
	st.NextObserveTime = future(now.Add(max(pace, after)))
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
