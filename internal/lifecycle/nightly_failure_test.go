package lifecycle_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// sameData lets observes of the same data follow one another for d.
func (s *fixture) sameData(d time.Duration) {
	s.t.Helper()
	data := s.status().LastRefreshTime.Time
	for end := s.now.Add(d); ; {
		next := s.status().NextObserveTime.Time
		if next.After(end) {
			s.now = end
			s.wait()
			return
		}
		s.passObserve()
		s.sees(data, true)
	}
}

func newFailed(t testing.TB) *fixture {
	t.Helper()
	s := newEnabled(t)
	s.sameData(96 * time.Hour)
	s.wants(v1alpha1.ReasonNightlyRefreshFailed)
	return s
}

// wants fails the test unless the customer has to act for that reason, or not at all for
// "".
func (s *fixture) wants(reason string) {
	s.t.Helper()
	if got := s.userAction(); got != reason {
		s.t.Fatalf("the customer is wanted for %q, not %q", got, reason)
	}
}

const nightlyFailed = v1alpha1.ReasonNightlyRefreshFailed

// nightRow is what happens to a connection with nightly refresh, and what its customer is
// wanted for then.
type nightRow struct {
	arrange func(s *fixture)
	want    string
}

func (row nightRow) check(t *testing.T) {
	s := newEnabled(t)
	row.arrange(s)
	s.wants(row.want)
	if s.status().NextRefreshTime != nil {
		t.Error("a refresh is planned")
	}
}

// freshWithin limits the age of data.
func freshWithin(d time.Duration) func(*v1alpha1.BankConnectionSpec) {
	return func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy.MaxDataAge = &metav1.Duration{Duration: d} }
}

// TestNightlyFailure: the customer has to act only when an observe finds that the data is
// too old.
func TestNightlyFailure(t *testing.T) {
	for name, row := range map[string]nightRow{
		"data of two days":   {func(s *fixture) { s.sameData(48 * time.Hour) }, ""},
		"data of four days":  {func(s *fixture) { s.sameData(96 * time.Hour) }, nightlyFailed},
		"maxDataAge a week":  {func(s *fixture) { s.edit(freshWithin(168 * time.Hour)); s.wait(); s.sameData(120 * time.Hour) }, ""},
		"maxDataAge an hour": {func(s *fixture) { s.edit(freshWithin(time.Hour)); s.wait(); s.sameData(28 * time.Hour) }, ""},
		"maxDataAge an hour, two nights": {
			func(s *fixture) { s.edit(freshWithin(time.Hour)); s.wait(); s.sameData(55 * time.Hour) }, nightlyFailed,
		},
		"not observed": {func(s *fixture) { s.pass(30 * 24 * time.Hour); s.wait() }, ""},
		"Flinks down": {func(s *fixture) {
			s.passObserve()
			s.observeFails(noAnswer(flinks.OpObserve))
			s.pass(30 * 24 * time.Hour)
			s.observeFails(noAnswer(flinks.OpObserve))
		}, ""},
		"Flinks down until it leaves the login out": {func(s *fixture) {
			s.pass(8 * 24 * time.Hour)
			s.sees(s.status().LastRefreshTime.Time, true)
		}, ""},
		"a night after that": {func(s *fixture) {
			s.pass(8 * 24 * time.Hour)
			s.sees(s.status().LastRefreshTime.Time, true)
			s.sameData(27 * time.Hour)
		}, nightlyFailed},
		"instance not well": {func(s *fixture) {
			s.Instance.Problem = v1alpha1.ReasonInstanceNotReady
			s.pass(30 * 24 * time.Hour)
			s.wait()
		}, ""},
		"suspended": {func(s *fixture) { suspend(s); s.pass(30 * 24 * time.Hour); s.wait() }, ""},
	} {
		t.Run(name, row.check)
	}
}

// TestNightlyFailureOfTheBank: the bank, and not nightly refresh, may be why there is no newer data.
func TestNightlyFailureOfTheBank(t *testing.T) {
	for name, row := range map[string]nightRow{
		"bank down for five days": {func(s *fixture) {
			s.pass(5 * 24 * time.Hour)
			s.observeFails(replay(flinks.CodeDisabledInstitution))
		}, ""},
		"bank down for a week": {func(s *fixture) {
			s.pass(7 * 24 * time.Hour)
			s.observeFails(replay(flinks.CodeDisabledInstitution))
		}, ""},
		"bank down for a week, seen twice": {func(s *fixture) {
			s.pass(6 * 24 * time.Hour)
			s.observeFails(replay(flinks.CodeDisabledInstitution))
			s.pass(25 * time.Hour)
			s.observeFails(replay(flinks.CodeRetryLater))
		}, nightlyFailed},
		"a question": {func(s *fixture) { s.passObserve(); s.observeFails(replay(flinks.CodeQuestionNotFound)) }, v1alpha1.ReasonQuestionUnanswered},
	} {
		t.Run(name, row.check)
	}
}

// TestNightlyFailureAfterASwitch: a night has to pass after nightly refresh was switched on.
func TestNightlyFailureAfterASwitch(t *testing.T) {
	for name, row := range map[string]nightRow{
		"just resumed": {func(s *fixture) {
			suspend(s)
			s.switches(switchesOff)
			s.pass(4 * 24 * time.Hour)
			resume(s)
			s.decides(observes)
			s.sees(s.status().LastRefreshTime.Time, false)
			s.switches(switchesOn)
			s.sameData(2 * time.Hour)
		}, ""},
		"just adopted": {func(s *fixture) {
			*s = *newBound(s.t)
			s.pass(5 * 24 * time.Hour)
			s.edit(nightly)
			s.wait()
			s.sees(s.status().LastRefreshTime.Time, true)
		}, ""},
		"adopted yesterday": {func(s *fixture) {
			*s = *newBound(s.t)
			s.pass(5 * 24 * time.Hour)
			s.edit(nightly)
			s.wait()
			s.sees(s.status().LastRefreshTime.Time, true)
			s.sameData(28 * time.Hour)
		}, nightlyFailed},
		"not offered": {func(s *fixture) {
			*s = *newNightly(s.t)
			s.switchFails(switchesOn, unavailable())
			s.pass(10 * 24 * time.Hour)
			s.sees(s.status().LastRefreshTime.Time, false)
		}, ""},
		"never any data": {func(s *fixture) {
			*s = *newFixture(s.t)
			s.edit(nightly)
			s.sees(time.Time{}, false)
			s.switches(switchesOn)
			s.pass(4 * 24 * time.Hour)
			s.sees(time.Time{}, false)
		}, nightlyFailed},
		"a refresh brought the data": {func(s *fixture) {
			*s = *newFailed(s.t)
			s.request("1")
			s.refreshSucceeds()
		}, ""},
		"always switched off by another program": {func(s *fixture) {
			for range 5 {
				s.passObserve()
				s.sees(s.status().LastRefreshTime.Time, false)
				if s.pass(time.Second); lifecycle.Decide(s.now, s.Inputs) == switchesOn {
					s.record(lifecycle.Outcome{Action: switchesOn, Identity: identity})
				}
			}
		}, nightlyFailed},
	} {
		t.Run(name, row.check)
	}
}

// TestNightlyFailureEnds with newer data, wherever they come from, and when it is no
// longer nightly refresh that has to bring them.
func TestNightlyFailureEnds(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    string
	}{
		"nightly refresh works again": {func(s *fixture) { s.passObserve(); s.sees(s.now.Add(-time.Hour), true) }, ""},
		"the same data":               {func(s *fixture) { s.sameData(48 * time.Hour) }, v1alpha1.ReasonNightlyRefreshFailed},
		"the bank goes down":          {func(s *fixture) { s.passObserve(); s.observeFails(replay(flinks.CodeRetryLater)) }, v1alpha1.ReasonNightlyRefreshFailed},
		"the bank asks, and so it is for that": {func(s *fixture) {
			s.request("1")
			s.refreshAsks()
		}, v1alpha1.ReasonMFARequired},
		"the password is wrong": {func(s *fixture) { s.passObserve(); s.observeFails(replay(flinks.CodeInvalidPassword)) }, v1alpha1.ReasonCredentialsRejected},
		"scheduled instead":     {func(s *fixture) { s.edit(every(24*time.Hour, 24*time.Hour)); s.wait() }, ""},
		"older data will do": {func(s *fixture) {
			s.edit(func(spec *v1alpha1.BankConnectionSpec) {
				spec.RefreshPolicy.MaxDataAge = &metav1.Duration{Duration: 720 * time.Hour}
			})
			s.wait()
		}, ""},
		"suspended": {suspend, v1alpha1.ReasonNightlyRefreshFailed},
		"older data will do, suspended": {func(s *fixture) {
			s.edit(func(spec *v1alpha1.BankConnectionSpec) {
				spec.Suspend, spec.RefreshPolicy.MaxDataAge = true, &metav1.Duration{Duration: 720 * time.Hour}
			})
			s.wait()
		}, v1alpha1.ReasonNightlyRefreshFailed},
		"instance missing": {func(s *fixture) {
			s.Instance.Problem = v1alpha1.ReasonInstanceNotFound
			s.wait()
		}, v1alpha1.ReasonNightlyRefreshFailed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFailed(t)
			row.arrange(s)
			s.wants(row.want)
		})
	}
}

// TestScheduleTakesOver: a failure of nightly refresh does not prevent a scheduled
// refresh.
func TestScheduleTakesOver(t *testing.T) {
	s := newFailed(t)
	s.edit(every(24*time.Hour, 24*time.Hour))
	s.wait()
	s.switches(switchesOff)
	s.passUntil(s.status().NextRefreshTime)
	s.startsRefresh()
}

// TestNightlyDataCostsNoAttempt: what the night brought is known by its time, and collected. No
// attempt of the operator's own is counted for it.
func TestNightlyDataCostsNoAttempt(t *testing.T) {
	s := newEnabled(t)
	for range 5 {
		s.passObserve()
		s.sees(s.now.Add(-4*time.Hour), true)
		if got := s.status().LastRefreshTime; !got.Equal(ago(s, 4*time.Hour)) {
			t.Errorf("lastRefreshTime is %v", got)
		}
		s.quietFor(24 * time.Hour)
	}
	if r := s.status().Refresh; r.Attempt != 0 || r.StartTime != nil || r.State != v1alpha1.RefreshSucceeded {
		t.Errorf("%+v", r)
	}
}
