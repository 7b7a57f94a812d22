package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// newFallenDue returns a scheduled connection whose refresh falls due now.
func newFallenDue(t testing.TB) *fixture {
	t.Helper()
	s := newScheduled(t)
	s.passUntil(s.status().NextRefreshTime)
	return s
}

// TestDueRefreshIsPrecededByAnObserve: Flinks may have newer data than the status tells
// of, after downtime, after a restore, or because the customer was there.
func TestDueRefreshIsPrecededByAnObserve(t *testing.T) {
	s := newFallenDue(t)
	s.decides(observes)
	olderData(s)
	s.decides(starts)

	s = newFallenDue(t)
	s.observed(s.now.Add(-time.Hour))
	s.quietFor(22 * time.Hour)
}

// TestRestoredStatusIsReadBeforeItIsActedOn: what was due when the backup was made may
// have been done since.
func TestRestoredStatusIsReadBeforeItIsActedOn(t *testing.T) {
	s := newDue(t)
	backup := *s.status().DeepCopy()
	s.pass(48 * time.Hour)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) { *st = backup })
	s.decides(observes)
	s.observed(s.now.Add(-time.Hour))
	s.quietFor(22 * time.Hour)
}

// TestRestoredStatusUnderARunningManager: what it looked at since is not what the status
// speaks of.
func TestRestoredStatusUnderARunningManager(t *testing.T) {
	s := newFallenDue(t)
	backup := *s.status().DeepCopy()
	olderData(s)
	s.refreshSucceeds()
	s.collected(flinks.AccountsDetail{LastRefresh: s.now})
	s.pass(time.Hour)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) { *st = backup })
	s.decides(observes)
}

// TestObserveBeforeARefreshCostsOneCall, and none if one was just made.
func TestObserveBeforeARefreshCostsOneCall(t *testing.T) {
	s := newScheduled(t)
	s.passUntil(s.status().NextRefreshTime)
	s.pass(-30 * time.Second)
	olderData(s)
	s.pass(30 * time.Second)
	s.decides(starts)
	s.restart()
	s.decides(starts)
	for range 2 { // Attempts that follow one another within the hour need none.
		s.refreshFails(notSent(flinks.OpRefresh))
		s.passUntil(s.status().NextRefreshTime)
		s.decides(starts)
	}
}

// TestRetryAfterADowntime is preceded by another observe, and so is one that comes long
// after the first.
func TestRetryAfterADowntime(t *testing.T) {
	for name, comes := range map[string]func(s *fixture){
		"a restart": (*fixture).restart,
		"hours":     func(s *fixture) { s.pass(6 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeDisabledInstitution, true))
			s.passUntil(s.status().NextRefreshTime)
			s.decides(starts)
			comes(s)
			s.decides(observes)
			s.observeFails(replay(flinks.CodeDisabledInstitution))
			s.decides(starts)
		})
	}
}

// TestFlinksThatGivesNoAnswerIsNotAskedToRefresh: the observe is repeated at its pace,
// whatever restarts.
func TestFlinksThatGivesNoAnswerIsNotAskedToRefresh(t *testing.T) {
	s := newFallenDue(t)
	for range 10 {
		s.decides(observes)
		s.observeFails(noAnswer(flinks.OpObserve))
		s.restart()
		s.decides(waits)
		if next, ok := s.next(); !ok || next.After(s.status().NextObserveTime.Time) {
			t.Fatalf("looked at again at %v, %v", next, ok)
		}
		s.passUntil(s.status().NextObserveTime)
	}
	olderData(s)
	s.decides(starts)
}

// TestOutcomeThatNamesNoSessionIsALook: Flinks repeats the last outcome for as long as
// no live call brings another, and older instances leave the RequestId out.
func TestOutcomeThatNamesNoSessionIsALook(t *testing.T) {
	for _, code := range []flinks.Code{flinks.CodeAggregationError, flinks.CodeRetryLater, flinks.CodeDisabledInstitution, flinks.CodeUnrecognized} {
		s := newFallenDue(t)
		s.decides(observes)
		s.observeFails(refusal(flinks.OpObserve, code, false))
		s.decides(starts)
		s.restart()
		s.passUntil(s.status().NextObserveTime)
		s.decides(observes)
	}
	for _, err := range []*flinks.Error{
		refusal(flinks.OpObserve, flinks.CodeTooManyRequests, false), refusal(flinks.OpObserve, flinks.CodeUnauthorized, false),
		refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeAggregationError, false), replay(flinks.CodeOperationPending),
	} {
		s := newFallenDue(t)
		s.observeFails(err)
		s.decides(waits)
	}
}

// TestRequestNeedsNoLook: a client waits for its request.
func TestRequestNeedsNoLook(t *testing.T) {
	s := newFallenDue(t)
	s.request("1")
	s.decides(lifecycle.Refresh{Request: "1"})
}
