package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestBackoffs fails the same way for a week, for each class of answer: the first
// pause, the longest one, and that they only ever grow. Written down from Flinks'
// table of codes.
func TestBackoffs(t *testing.T) {
	for name, row := range map[string]struct {
		err         *flinks.Error
		least, most time.Duration
	}{
		"bank away":   {refusal(flinks.OpObserve, flinks.CodeRetryLater, false), 15 * time.Minute, 6 * time.Hour},
		"maintenance": {refusal(flinks.OpObserve, flinks.CodeBankMaintenanceRetryLater, false), 15 * time.Minute, 6 * time.Hour},
		"fault":       {refusal(flinks.OpObserve, flinks.CodeAggregationError, false), 5 * time.Minute, 2 * time.Hour},
		"bank off":    {refusal(flinks.OpObserve, flinks.CodeDisabledInstitution, false), time.Hour, 24 * time.Hour},
		"throttled":   {refusal(flinks.OpObserve, flinks.CodeTooManyRequests, false), time.Minute, 15 * time.Minute},
		"not enabled": {refusal(flinks.OpObserve, flinks.CodeMethodNotAvailable, false), time.Hour, 6 * time.Hour},
		"gone":        {gone(), time.Hour, 6 * time.Hour},
		"no answer":   {noAnswer(flinks.OpObserve), 5 * time.Second, time.Hour},
		"unknown":     {refusal(flinks.OpObserve, flinks.CodeUnrecognized, false), 5 * time.Second, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFixture(t)
			s.edit(manual)
			s.observed(s.now)
			s.passUntil(s.status().NextObserveTime)
			began, last := s.now, time.Duration(0)
			for first := true; s.now.Sub(began) < 7*24*time.Hour; first = false {
				s.decides(observes)
				s.observeFails(row.err)
				pause := s.status().NextObserveTime.Sub(s.now)
				if first && (pause < row.least || pause > row.least+time.Second) {
					t.Errorf("the first pause is %v, not %v", pause, row.least)
				}
				if pause < last-2*time.Second || pause > row.most+time.Second {
					t.Errorf("a pause of %v after one of %v", pause, last)
				}
				last = pause
				s.passUntil(s.status().NextObserveTime)
			}
			if last < row.most {
				t.Errorf("the longest pause is %v, not %v", last, row.most)
			}
		})
	}
}

// TestLiveBackoffs does the same for live sessions that reached no bank.
func TestLiveBackoffs(t *testing.T) {
	for name, row := range map[string]struct {
		err         *flinks.Error
		least, most time.Duration
	}{
		"throttled":   {refusal(flinks.OpRefresh, flinks.CodeTooManyRequests, false), 15 * time.Minute, time.Hour},
		"not enabled": {refusal(flinks.OpRefresh, flinks.CodeMethodNotAvailable, false), time.Hour, 6 * time.Hour},
		"not sent":    {notSent(flinks.OpRefresh), time.Minute, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			began := s.now
			for first := true; s.now.Sub(began) < 7*24*time.Hour; first = false {
				s.refreshFails(row.err)
				pause := s.status().NextRefreshTime.Sub(s.now)
				if first && (pause < row.least || pause > row.least+2*time.Second) {
					t.Errorf("the first pause is %v, not %v", pause, row.least)
				}
				if pause > row.most+2*time.Second {
					t.Errorf("a pause of %v", pause)
				}
				if s.now.Sub(began) > 5*24*time.Hour && pause < row.most {
					t.Errorf("after days the pause is %v", pause)
				}
				s.passUntil(s.status().NextRefreshTime)
			}
		})
	}
}

// TestDeletionInUse is tried again as Flinks wants it, which is not at once.
func TestDeletionInUse(t *testing.T) {
	s := newBound(t)
	s.delete()
	var pauses []time.Duration
	for range 12 {
		s.decides(deletes)
		s.record(lifecycle.Outcome{Action: deletes, Err: refusal(flinks.OpDeleteCard, flinks.CodeCardInUse, false)})
		pauses = append(pauses, s.NotUntil.Sub(s.now))
		s.now = s.NotUntil
	}
	if first, last := pauses[0], pauses[len(pauses)-1]; first != 30*time.Second || last != 5*time.Minute {
		t.Errorf("the pauses are %v", pauses)
	}
}
