package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// abandonPeriod is how long a customer may do nothing before the link counts as abandoned.
const abandonPeriod = 15 * time.Minute

// linkEnds are the states in which a link is followed by another.
var linkEnds = []v1alpha1.JourneyState{v1alpha1.JourneyCompleted, v1alpha1.JourneyExpired, v1alpha1.JourneyReplaced}

// Travel returns the demand that also notes how far the customer came with the newest link. They
// never go back, and going on ends that a link counts as abandoned. Doing the same again
// changes nothing, and nothing is noted at an instance that is suspended.
func Travel(to v1alpha1.JourneyState, demand StatusChange) StatusChange {
	return func(now time.Time, in Inputs) (v1alpha1.BankConnectionStatus, bool) {
		st, ok := demand(now, in)
		if !ok {
			st = *in.Connection.Status.DeepCopy()
		}
		noted := !in.Instance.IsSuspended() && travel(now, &st, to)
		return st, noted || ok
	}
}

// HasTravelled reports whether there is nothing to note for a customer who comes that far with the
// newest link.
func HasTravelled(st *v1alpha1.BankConnectionStatus, to v1alpha1.JourneyState) bool {
	j := journeyOf(st)
	return j == nil || !goesOn(j, to) && !triesAgain(j, to)
}

func goesOn(j *v1alpha1.LinkJourney, to v1alpha1.JourneyState) bool {
	if j.State == v1alpha1.JourneyAbandoned {
		return stepOf(to) > stepOf(v1alpha1.JourneyIssued)
	}
	return stepOf(j.State) > 0 && stepOf(j.State) < stepOf(to)
}

// triesAgain reports whether the customer goes to the bank again after a login that was not taken.
func triesAgain(j *v1alpha1.LinkJourney, to v1alpha1.JourneyState) bool {
	return j.Reason != "" && to == v1alpha1.JourneyLeftForBank
}

func travel(now time.Time, st *v1alpha1.BankConnectionStatus, to v1alpha1.JourneyState) bool {
	if HasTravelled(st, to) {
		return false
	}
	st.Link.Reason = ""
	if goesOn(st.Link, to) {
		reach(now, st.Link, to)
	}
	return true
}

// OpenLink returns the status to write when the page of a link is shown; false if that is no news. A
// customer who left for their bank and comes back to the page may have lost the one that would have
// told how it ended, so the operator looks at the login. While the bank has a question it looks anyway.
func OpenLink(now time.Time, in Inputs) (v1alpha1.BankConnectionStatus, bool) {
	st := &in.Connection.Status
	j := journeyOf(st)
	lost := j != nil && isAway(j) && st.Binding != nil && !canResume(now, st)
	switch {
	case lost && j.State == v1alpha1.JourneyLeftForBank:
		return Travel(v1alpha1.JourneyReturned, RequestObserve)(now, in)
	case lost && j.State == v1alpha1.JourneyAbandoned:
		return Travel(v1alpha1.JourneyOpened, RequestObserve)(now, in)
	}
	return Travel(v1alpha1.JourneyOpened, UseLink)(now, in)
}

// isAway reports whether the customer left for their bank and has not come back since.
func isAway(j *v1alpha1.LinkJourney) bool {
	return j.LeftForBankTime != nil && (j.ReturnedTime == nil || j.ReturnedTime.Before(j.LeftForBankTime))
}

// Travelled reports whether the customer went on with the newest link between two statuses.
func Travelled(before, after *v1alpha1.LinkJourney) bool {
	return after != nil && stepOf(after.State) > stepOf(v1alpha1.JourneyIssued) && (before == nil || before.State != after.State)
}

// keepJourney notes what the status itself tells of the newest link: that it was made, that it has
// ended, and that the customer does not go on.
func (s *state) keepJourney() {
	if s.isNewLink() {
		s.st.Link = &v1alpha1.LinkJourney{
			State: v1alpha1.JourneyIssued, IssuedTime: *s.st.Reconnect.Link.IssueTime, Previous: s.endedLink(),
		}
	}
	j := s.st.Link
	if j == nil || j.State == v1alpha1.JourneyCompleted {
		return
	}
	switch {
	case s.st.Reconnect == nil && s.st.Binding != nil:
		reach(s.now, j, v1alpha1.JourneyCompleted)
	case j.State == v1alpha1.JourneyExpired:
	case s.hasLinkEnded():
		reach(s.now, j, v1alpha1.JourneyExpired)
	case stepOf(j.State) > stepOf(v1alpha1.JourneyIssued) && !s.now.Before(s.abandonTime()):
		reach(s.now, j, v1alpha1.JourneyAbandoned)
	}
}

// isNewLink reports whether the customer's link is another one than the status tells the journey
// of.
func (s *state) isNewLink() bool {
	r := s.st.Reconnect
	return r != nil && r.Link.IssueTime != nil && (s.st.Link == nil || !r.Link.IssueTime.Equal(&s.st.Link.IssuedTime))
}

// endedLink returns how the link before the newest one ended; nil if there was none.
func (s *state) endedLink() *v1alpha1.EndedLink {
	j := s.st.Link
	if j == nil {
		return nil
	}
	ended := &v1alpha1.EndedLink{State: v1alpha1.JourneyReplaced, IssuedTime: j.IssuedTime, EndedTime: *latest(newestTime(j), Past(s.now))}
	was := s.was.Reconnect
	switch {
	case j.State == v1alpha1.JourneyCompleted, j.State == v1alpha1.JourneyExpired:
		ended.State, ended.EndedTime = j.State, *newestTime(j)
	case was != nil && was.Link.IssueTime.Equal(&j.IssuedTime) && due(s.now, was.Link.ExpirationTime):
		ended.State = v1alpha1.JourneyExpired
	}
	return ended
}

// hasLinkEnded reports whether the newest link does not work any more. While a login that the
// customer linked is looked for, it may still lead there.
func (s *state) hasLinkEnded() bool {
	r := s.st.Reconnect
	if r == nil {
		return !s.ByGateway() || s.lacksGateway()
	}
	return r.Link.IssueTime == nil || due(s.now, r.Link.ExpirationTime)
}

// abandonTime returns when the newest link counts as abandoned if the customer does not go on. They
// have done their part while the operator looks for what Flinks Connect reported.
func (s *state) abandonTime() time.Time {
	end := EndOf(newestTime(s.st.Link)).Add(abandonPeriod)
	if use := linkUse(s.st); use != nil {
		end = Later(end, EndOf(&use.UseTime).Add(abandonPeriod))
	}
	if r := s.st.Reconnect; r != nil && r.FinishTime != nil {
		end = Later(end, r.FinishTime.Add(processingTime))
	}
	return end
}

// journeyInstants returns the times at which the journey of the newest link goes on by itself.
func (s *state) journeyInstants() []time.Time {
	j := s.st.Link
	if j == nil || j.State == v1alpha1.JourneyCompleted || j.State == v1alpha1.JourneyExpired {
		return nil
	}
	var times []time.Time
	if stepOf(j.State) > stepOf(v1alpha1.JourneyIssued) {
		times = append(times, s.abandonTime())
	}
	if r := s.st.Reconnect; r != nil && r.Link.ExpirationTime != nil {
		times = append(times, r.Link.ExpirationTime.Time)
	}
	return times
}

// repairJourney forgets a journey that no operator wrote, and completes one that lacks the time of
// its state.
func (s *state) repairJourney() {
	j := s.st.Link
	switch {
	case j == nil:
		return
	case stepOf(j.State) == 0 && timeOfJourney(j, j.State) == nil:
		s.st.Link = nil
		return
	}
	if p := j.Previous; p != nil && !slices.Contains(linkEnds, p.State) {
		j.Previous = nil
	}
	if at := timeOfJourney(j, j.State); at != nil && (*at == nil || (*at).Before(newestTime(j))) {
		*at = newestTime(j)
	}
}
