package lifecycle_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// threeDays sets a deadline for the customer.
func threeDays(spec *v1alpha1.BankConnectionSpec) {
	spec.Reconnect = &v1alpha1.ReconnectSpec{Deadline: &metav1.Duration{Duration: 72 * time.Hour}}
}

// TestDeadline counts from when the customer was first wanted, whatever for, and wakes
// the operator up.
func TestDeadline(t *testing.T) {
	s := newAsked(t, threeDays)
	since := s.now
	s.pass(10 * time.Hour)
	s.observeFails(replay(flinks.CodeInvalidPassword))
	before := s.Connection
	for s.userAction() != v1alpha1.ReasonDeadlineExceeded {
		before = s.Connection
		next, ok := s.next()
		if !ok || next.Sub(since) > 73*time.Hour {
			t.Fatal("no reconcile comes at the deadline")
		}
		s.now = next
		s.wait()
		if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Observe](a) {
			olderData(s)
		}
	}
	if d := s.now.Sub(since); d < 72*time.Hour-time.Second || d > 72*time.Hour+time.Second {
		t.Errorf("overdue after %v", d)
	}
	if !lifecycle.IsOverdue(s.status()) || s.status().Reconnect.Reason != v1alpha1.ReasonCredentialsRejected {
		t.Errorf("the customer is wanted for %s", s.status().Reconnect.Reason)
	}
	told := summaries(t, lifecycle.Events(&before.Status, s.status()))
	if diff := cmp.Diff([]string{"Warning UserActionRequired DeadlineExceeded"}, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	before = s.Connection
	s.pass(time.Hour)
	s.observeFails(replay(flinks.CodeDisabledLogin))
	if again := lifecycle.Events(&before.Status, s.status()); len(again) != 0 {
		t.Errorf("told again: %v", again)
	}
	s.pass(time.Hour)
	s.observed(s.now)
	if s.status().Reconnect != nil || lifecycle.IsOverdue(s.status()) {
		t.Error("the customer is still wanted")
	}
}

// TestDeadlineRestarts each time that the customer has to act again.
func TestDeadlineRestarts(t *testing.T) {
	s := newAsked(t, threeDays)
	s.pass(100 * time.Hour)
	s.observed(s.now)
	s.pass(time.Hour)
	s.observeFails(replay(flinks.CodeInvalidPassword))
	if got := s.status().Reconnect.StartTime; !got.Equal(ago(s, 0)) || lifecycle.IsOverdue(s.status()) {
		t.Errorf("wanted since %v", got)
	}
}

// TestDeadlineOfOthers: the deadline holds while no call is made, and if it is set late;
// without a deadline no customer is overdue.
func TestDeadlineOfOthers(t *testing.T) {
	for name, row := range map[string]struct {
		spec   func(*v1alpha1.BankConnectionSpec)
		change func(s *fixture)
		want   bool
	}{
		"none":           {func(*v1alpha1.BankConnectionSpec) {}, func(*fixture) {}, false},
		"suspended":      {threeDays, suspend, true},
		"being deleted":  {threeDays, (*fixture).delete, true},
		"instance away":  {threeDays, func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotFound }, true},
		"set later":      {func(*v1alpha1.BankConnectionSpec) {}, func(s *fixture) { s.edit(threeDays) }, true},
		"taken away":     {threeDays, func(s *fixture) { s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = nil }) }, false},
		"start was lost": {threeDays, func(s *fixture) { s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.StartTime = nil }) }, false},
		"start in future": {threeDays, func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.StartTime = ago(s, -1000*time.Hour) })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAsked(t, row.spec)
			s.pass(71 * time.Hour)
			row.change(s)
			s.wait()
			s.NotUntil = s.now.Add(1000 * time.Hour)
			if next, ok := s.next(); row.want && (!ok || next.Sub(s.now) > time.Hour) {
				t.Errorf("no reconcile comes for it: %v", next)
			}
			s.pass(time.Hour + time.Second)
			s.wait()
			if got := lifecycle.IsOverdue(s.status()); got != row.want {
				t.Errorf("overdue is %v", got)
			}
		})
	}
}
