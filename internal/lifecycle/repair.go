package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// draft returns a state whose status can be changed, with impossible values removed.
func (in Inputs) draft(now time.Time) *state {
	s := in.at(now)
	s.st = s.was.DeepCopy()
	s.repair()
	return s
}

// repair removes impossible values from a status: a user edited it, an older operator
// dropped fields, or a clock was wrong when it was written. No value may stop a connection
// for years, or forget a session that may be open.
func (s *state) repair() {
	horizon := s.now.Add(ClockSkew)
	// An observe reads these times again, so they are forgotten rather than guessed.
	if Pending(horizon, s.st.LastRefreshTime) {
		s.st.LastRefreshTime = nil
	}
	if Pending(horizon, s.st.LastObservedTime) {
		s.st.LastObservedTime = nil
	}
	// A click counts for a minute, so a wrong time for it must not become a right one.
	if g := s.st.Internal.GatewayRequest; g != nil && Pending(horizon, g.ClickTime) {
		g.ClickTime = nil
	}
	for _, t := range recordedTimes(s.st) {
		if t != nil && (t.IsZero() || Pending(horizon, t)) {
			*t = *Past(s.now)
		}
	}
	if r := s.st.Reconnect; r != nil && (!isUserReason(r.Reason) || awaitsLogin(s.st) && s.st.Binding != nil) {
		r.Reason, r.Link.SecretName = v1alpha1.ReasonQuestionUnanswered, ""
	}
	s.repairIssueTime()
	s.repairJourney()
	s.boundAttempts()
	s.repairCooldown()
}

// repairIssueTime corrects when a question that is over was asked: data that is younger than it says
// that the customer came back.
func (s *state) repairIssueTime() {
	r := s.st.Reconnect
	if r != nil && r.Question.ExpirationTime == nil && Pending(s.now.Add(ClockSkew), r.Question.IssueTime) {
		r.Question.IssueTime = Past(s.now)
	}
}

// recordedTimes returns the times that must have been in the past when they were recorded.
func recordedTimes(st *v1alpha1.BankConnectionStatus) []*metav1.Time {
	times := append([]*metav1.Time{st.AccountsChangeTime}, attemptTimes(st.Attempts)...)
	if st.Selection != nil {
		times = append(times, &st.Selection.SelectionTime)
	}
	if st.RefreshPolicy != nil {
		times = append(times, &st.RefreshPolicy.EffectiveTime)
	}
	if st.Binding != nil {
		times = append(times, &st.Binding.BoundTime)
	}
	if st.DeletionClaim != nil {
		times = append(times, &st.DeletionClaim.ClaimTime)
	}
	if st.Deletion != nil {
		times = append(times, &st.Deletion.AttemptTime)
	}
	if st.Reconnect != nil {
		times = append(times, st.Reconnect.StartTime, st.Reconnect.Link.IssueTime, st.Reconnect.FinishTime)
	}
	if st.Link != nil {
		times = append(times, journeyTimes(st.Link)...)
	}
	if st.Session != nil {
		times = append(times, st.Session.DataTime, st.Session.IssueTime)
	}
	if st.LastError != nil {
		times = append(times, &st.LastError.StartTime)
	}
	for i := range st.SupersededLogins {
		times = append(times, &st.SupersededLogins[i].SupersededTime)
	}
	for i := range st.UnverifiedLogins {
		times = append(times, &st.UnverifiedLogins[i].RefusalTime)
	}
	if st.Nightly != nil {
		times = append(times, st.Nightly.CorrectionTime)
	}
	if r := st.Refresh; r != nil {
		times = append(times, r.StartTime)
		if r.LastResult != nil {
			times = append(times, &r.LastResult.AnswerTime)
		}
	}
	return append(times, internalTimes(&st.Internal)...)
}

// internalTimes returns those of recordedTimes that only the operator reads.
func internalTimes(own *v1alpha1.InternalStatus) []*metav1.Time {
	times := []*metav1.Time{own.ConnectOpenTime}
	if use := own.LinkUse; use != nil {
		times = append(times, &use.UseTime, use.ProofTime)
	}
	if r := own.ReportedSelection; r != nil {
		times = append(times, &r.ReportTime)
	}
	for i := range own.UnattendedTimes {
		times = append(times, &own.UnattendedTimes[i])
	}
	for i := range own.AttendedTimes {
		times = append(times, &own.AttendedTimes[i])
	}
	return times
}

// repairCooldown sets a cool-down for a session that may be open and has none, and
// shortens one that is longer than any cool-down.
func (s *state) repairCooldown() {
	if b := s.st.Binding; b != nil && Pending(s.now.Add(processingTime+margin), b.NotBefore) {
		b.NotBefore = future(s.now.Add(processingTime))
	}
	r := s.st.Refresh
	if r == nil {
		return
	}
	lost := sessionUnknown(s.st) && r.NotBefore == nil
	if lost || Pending(s.now.Add(maxRetryAfter), r.NotBefore) {
		r.NotBefore = future(s.now.Add(sessionCooldown))
	}
}
