package lifecycle_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// said is one attempt, without its times.
type said struct {
	Trigger v1alpha1.AttemptTrigger
	Class   v1alpha1.AttemptClass
	Data    bool
}

func (s *fixture) expectAttempts(want ...said) {
	s.t.Helper()
	var got []said
	for _, a := range s.status().Attempts {
		got = append(got, said{a.Trigger, a.Class, a.DataTime != nil})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if problem := brokenAttempts(s.status().Attempts); problem != "" {
		s.t.Error(problem)
	}
}

// brokenAttempts returns what is wrong with the attempts of a status.
func brokenAttempts(all []v1alpha1.Attempt) string {
	if len(all) > 10 {
		return "there are more than ten attempts"
	}
	for i := range all {
		if i > 0 && all[i].Time.Before(&all[i-1].Time) {
			return "the attempts are out of order"
		}
	}
	return ""
}

// TestAttempts: what an attempt came from, how it ended, and what it brought.
func TestAttempts(t *testing.T) {
	for name, tc := range map[string]struct {
		happens func(t *testing.T) *fixture
		want    []said
	}{
		"an imported login": {func(t *testing.T) *fixture { return newBound(t) }, nil},
		"a schedule": {func(t *testing.T) *fixture {
			s := newDue(t)
			s.refreshSucceeds()
			s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
			return s
		}, []said{{v1alpha1.TriggerSchedule, v1alpha1.AttemptOK, true}}},
		"under way": {func(t *testing.T) *fixture {
			s := newDue(t)
			s.claim()
			return s
		}, []said{{v1alpha1.TriggerSchedule, "", false}}},
		"a lost answer": {func(t *testing.T) *fixture {
			s := newDue(t)
			s.refreshFails(noAnswer(flinks.OpRefresh))
			return s
		}, []said{{v1alpha1.TriggerSchedule, "unknown", false}}},
		"a bank that is down": {func(t *testing.T) *fixture {
			s := newDue(t)
			s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeRetryLater, true))
			return s
		}, []said{{v1alpha1.TriggerSchedule, "transient", false}}},
		"a call that was not made": {func(t *testing.T) *fixture {
			s := newDue(t)
			s.problem(s.claim(), v1alpha1.ReasonSecretNotFound)
			return s
		}, nil},
		"a request that the customer answers": {func(t *testing.T) *fixture {
			s := newAsked(t)
			s.expectAttempts(said{v1alpha1.TriggerRequest, "user", false})
			s.pass(time.Minute)
			s.observed(s.now)
			return s
		}, []said{{v1alpha1.TriggerRequest, v1alpha1.AttemptOK, true}}},
		"a press on the page": {func(t *testing.T) *fixture {
			s := newWanted(t)
			s.click()
			s.refreshSucceeds()
			return s
		}, []said{{v1alpha1.TriggerPerson, v1alpha1.AttemptOK, false}}},
		"a customer in Flinks Connect": {func(t *testing.T) *fixture {
			s := newWanted(t)
			s.travels(v1alpha1.JourneyReturned)
			s.pass(time.Minute)
			s.observed(s.now)
			return s
		}, []said{{v1alpha1.TriggerPerson, v1alpha1.AttemptOK, true}}},
		"a webhook": {func(t *testing.T) *fixture {
			s := newBound(t)
			s.notify()
			s.observed(s.now)
			return s
		}, []said{{v1alpha1.TriggerWebhook, v1alpha1.AttemptOK, true}}},
		"a webhook without news": {func(t *testing.T) *fixture {
			s := newBound(t)
			s.notify()
			olderData(s)
			return s
		}, nil},
		"another program": {func(t *testing.T) *fixture {
			s := newBound(t)
			s.observed(s.now)
			return s
		}, []said{{v1alpha1.TriggerOther, v1alpha1.AttemptOK, true}}},
		"a night": {func(t *testing.T) *fixture {
			s := newEnabled(t)
			s.passObserve()
			s.sees(s.now.Add(-time.Hour), true)
			return s
		}, []said{{v1alpha1.TriggerNightly, v1alpha1.AttemptOK, true}}},
		"nights that bring nothing": {func(t *testing.T) *fixture { return newFailed(t) },
			[]said{{v1alpha1.TriggerNightly, "user", false}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := tc.happens(t)
			s.expectAttempts(tc.want...)
			again := len(s.status().Attempts)
			s.pass(time.Minute)
			s.wait()
			if len(s.status().Attempts) != again {
				t.Error("time alone adds an attempt")
			}
		})
	}
}

// TestAttemptsAreFew: ten of the longest take less than 1 KiB, with their name.
func TestAttemptsAreFew(t *testing.T) {
	s := newBound(t)
	for range 25 {
		s.pass(time.Hour)
		s.observed(s.now)
	}
	if n := len(s.status().Attempts); n != 10 {
		t.Fatalf("there are %d attempts", n)
	}
	longest := v1alpha1.Attempt{
		Time: metav1.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), Trigger: v1alpha1.TriggerSchedule,
		Class: v1alpha1.AttemptOK, DataTime: lifecycle.Past(time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)),
	}
	failed := longest
	failed.Class, failed.DataTime = "transient", nil
	if size(t, failed) > size(t, longest) {
		t.Error("an attempt that brings no data takes more than one that does")
	}
	var all v1alpha1.BankConnectionStatus
	for range 10 {
		all.Attempts = append(all.Attempts, longest)
	}
	if n := size(t, all); n >= 1024 {
		t.Errorf("ten attempts take %d bytes", n)
	}
}

func size(t *testing.T, v any) int {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return len(raw)
}

// TestAttemptsInOrder: what was edited is put in order, and no attempt is of the future.
func TestAttemptsInOrder(t *testing.T) {
	s := newDue(t)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		for i := range 12 {
			st.Attempts = append(st.Attempts, v1alpha1.Attempt{Time: *ago(s, time.Duration(i-3)*24*time.Hour), Trigger: v1alpha1.TriggerOther})
		}
	})
	s.wait()
	got := s.status().Attempts
	if problem := brokenAttempts(got); problem != "" || len(got) != 10 || got[9].Time.After(s.now) {
		t.Errorf("%s: %+v", problem, got)
	}
	s.refreshSucceeds()
	if last := s.status().Attempts[9]; last.Trigger != v1alpha1.TriggerSchedule || last.Class != v1alpha1.AttemptOK {
		t.Errorf("the newest attempt is %+v", last)
	}
}

// TestAttemptOfAnEditedStatus has a class that the API server takes, whatever the status says of the
// answer.
func TestAttemptOfAnEditedStatus(t *testing.T) {
	for _, entry := range flinks.Catalogue() {
		s := newDue(t)
		s.refreshAsks()
		s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
			st.Refresh.State, st.Refresh.LastResult.FlinksCode = v1alpha1.RefreshFailed, string(entry.Code)
		})
		s.wait()
		for _, a := range s.status().Attempts {
			if a.Class == "success" || a.Class == "pending" {
				t.Errorf("%s makes an attempt of the class %s", entry.Code, a.Class)
			}
		}
	}
}
