package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// timeOfJourney returns where a journey notes when it came to a state; nil for a state that the
// newest link does not have.
func timeOfJourney(j *v1alpha1.LinkJourney, state v1alpha1.JourneyState) **metav1.Time {
	switch state {
	case v1alpha1.JourneyOpened:
		return &j.OpenedTime
	case v1alpha1.JourneyLeftForBank:
		return &j.LeftForBankTime
	case v1alpha1.JourneyReturned:
		return &j.ReturnedTime
	case v1alpha1.JourneyCompleted:
		return &j.CompletedTime
	case v1alpha1.JourneyAbandoned:
		return &j.AbandonedTime
	case v1alpha1.JourneyExpired:
		return &j.ExpiredTime
	case v1alpha1.JourneyIssued, v1alpha1.JourneyReplaced:
	}
	return nil
}

// journeyTimes returns the times of a journey that are set.
func journeyTimes(j *v1alpha1.LinkJourney) []*metav1.Time {
	times := []*metav1.Time{&j.IssuedTime}
	for _, t := range []*metav1.Time{j.OpenedTime, j.LeftForBankTime, j.ReturnedTime, j.CompletedTime, j.AbandonedTime, j.ExpiredTime} {
		if t != nil {
			times = append(times, t)
		}
	}
	if p := j.Previous; p != nil {
		times = append(times, &p.IssuedTime, &p.EndedTime)
	}
	return times
}

// stepOf returns how far a state is on the way that a customer goes; 0 for a state that is not on it.
func stepOf(state v1alpha1.JourneyState) int {
	switch state {
	case v1alpha1.JourneyIssued:
		return 1
	case v1alpha1.JourneyOpened:
		return 2
	case v1alpha1.JourneyLeftForBank:
		return 3
	case v1alpha1.JourneyReturned:
		return 4
	case v1alpha1.JourneyCompleted, v1alpha1.JourneyAbandoned, v1alpha1.JourneyExpired, v1alpha1.JourneyReplaced:
	}
	return 0
}

// reach notes that a journey came to a state. Its newest time is always that of its state.
func reach(now time.Time, j *v1alpha1.LinkJourney, state v1alpha1.JourneyState) {
	*timeOfJourney(j, state) = latest(newestTime(j), Past(now))
	j.State, j.Reason = state, ""
}

// newestTime returns when a journey last went on.
func newestTime(j *v1alpha1.LinkJourney) *metav1.Time {
	newest := &j.IssuedTime
	for _, t := range []*metav1.Time{j.OpenedTime, j.LeftForBankTime, j.ReturnedTime, j.CompletedTime, j.AbandonedTime, j.ExpiredTime} {
		newest = latest(newest, t)
	}
	return newest.DeepCopy()
}

// journeyOf returns the journey of the link that the customer can use; nil if there is none.
func journeyOf(st *v1alpha1.BankConnectionStatus) *v1alpha1.LinkJourney {
	if st.Link == nil || st.Reconnect == nil || !st.Reconnect.Link.IssueTime.Equal(&st.Link.IssuedTime) {
		return nil
	}
	return st.Link
}
