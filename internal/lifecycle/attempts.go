package lifecycle

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// maxAttempts is how many attempts a status holds: together they take less than 1 KiB.
const maxAttempts = 10

// addAttempt adds an attempt to those that the status holds.
func (s *state) addAttempt(a v1alpha1.Attempt) {
	s.st.Attempts = append(s.st.Attempts, a)
	s.boundAttempts()
}

// boundAttempts keeps the newest attempts, in the order of their times: clocks go back, and people edit
// a status.
func (s *state) boundAttempts() {
	slices.SortStableFunc(s.st.Attempts, func(a, b v1alpha1.Attempt) int { return a.Time.Compare(b.Time.Time) })
	s.st.Attempts = s.st.Attempts[max(0, len(s.st.Attempts)-maxAttempts):]
}

// attemptTimes returns the times of attempts that must be in the past.
func attemptTimes(all []v1alpha1.Attempt) []*metav1.Time {
	var times []*metav1.Time
	for i := range all {
		times = append(times, &all[i].Time, all[i].DataTime)
	}
	return times
}

// triggerOf returns what a refresh comes from.
func triggerOf(a Refresh) v1alpha1.AttemptTrigger {
	switch {
	case a.Attended:
		return v1alpha1.TriggerPerson
	case a.Request != "":
		return v1alpha1.TriggerRequest
	}
	return v1alpha1.TriggerSchedule
}

// liveAttempt returns the attempt that the newest live session is; nil if the status does not hold it.
func liveAttempt(st *v1alpha1.BankConnectionStatus) *v1alpha1.Attempt {
	if st.Refresh == nil || st.Refresh.StartTime == nil {
		return nil
	}
	for i := range slices.Backward(st.Attempts) {
		a := &st.Attempts[i]
		if a.Time.Equal(st.Refresh.StartTime) && slices.Contains(liveTriggers, a.Trigger) {
			return a
		}
	}
	return nil
}

var liveTriggers = []v1alpha1.AttemptTrigger{v1alpha1.TriggerSchedule, v1alpha1.TriggerRequest, v1alpha1.TriggerPerson}

// dropLiveAttempt forgets an attempt whose call was certainly not made.
func (s *state) dropLiveAttempt() {
	if a := liveAttempt(s.st); a != nil && a.Class == "" {
		s.st.Attempts = slices.DeleteFunc(s.st.Attempts, func(b v1alpha1.Attempt) bool { return b.Time.Equal(&a.Time) && b.Class == "" })
	}
}

// keepAttempts notes how the newest live session ended, in the write that records it, and how old its
// data is once that is known.
func (s *state) keepAttempts() {
	a := liveAttempt(s.st)
	if a == nil {
		return
	}
	a.Class = attemptClass(s.st)
	data, isNewest := s.st.LastRefreshTime, a == &s.st.Attempts[len(s.st.Attempts)-1]
	if a.Class == v1alpha1.AttemptOK && isNewest && data != nil && isOfAttempt(s.st, data.Time) {
		a.DataTime = data.DeepCopy()
	}
}

// attemptClass returns how the newest live session ended; empty while there is no answer.
func attemptClass(st *v1alpha1.BankConnectionStatus) v1alpha1.AttemptClass {
	switch st.Refresh.State {
	case v1alpha1.RefreshClaimed, v1alpha1.RefreshDispatched:
		return ""
	case v1alpha1.RefreshAwaitingUser:
		return v1alpha1.AttemptClass(flinks.ClassUser)
	case v1alpha1.RefreshCollecting, v1alpha1.RefreshSucceeded:
		return v1alpha1.AttemptOK
	case v1alpha1.RefreshUnknown, v1alpha1.RefreshFailed:
	}
	if r := st.Refresh.LastResult; st.Refresh.State == v1alpha1.RefreshFailed && r != nil && r.FlinksCode != "" {
		if class := flinks.Lookup(r.FlinksCode, true).Class; class != flinks.ClassPending && class != flinks.ClassSuccess {
			return v1alpha1.AttemptClass(class)
		}
	}
	return v1alpha1.AttemptClass(flinks.ClassUnknown)
}

// noteNews notes new data for which the operator started no live session. That an imported login
// has data is no attempt.
func (s *state) noteNews(data time.Time) {
	if s.was.Binding == nil && !awaitsLogin(s.was) || data.IsZero() {
		return
	}
	if data.After(s.now) {
		data = s.now
	}
	s.addAttempt(v1alpha1.Attempt{Time: *Past(s.now), Trigger: s.newsTrigger(), Class: v1alpha1.AttemptOK, DataTime: Past(data)})
}

// newsTrigger returns what brought new data that the operator did not ask the bank for.
func (s *state) newsTrigger() v1alpha1.AttemptTrigger {
	switch {
	case s.was.Reconnect != nil && s.st.Reconnect == nil:
		return v1alpha1.TriggerPerson
	case isObserveRequested(s.was):
		return v1alpha1.TriggerWebhook
	case s.policyType() == v1alpha1.RefreshNightly:
		return v1alpha1.TriggerNightly
	}
	return v1alpha1.TriggerOther
}

// noteLostNight notes that nightly refresh brought nothing for so long that the customer has to act.
func (s *state) noteLostNight() {
	s.addAttempt(v1alpha1.Attempt{Time: *Past(s.now), Trigger: v1alpha1.TriggerNightly, Class: v1alpha1.AttemptClass(flinks.ClassUser)})
}
