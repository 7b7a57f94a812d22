package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// eventsRow is a change of a connection, and the events that it emits.
type eventsRow struct {
	arrange, change func(s *fixture)
	want            []string
}

func (row eventsRow) check(t *testing.T) {
	s := newBound(t)
	row.arrange(s)
	before := s.Connection
	row.change(s)
	events := lifecycle.Events(&before.Status, s.status())
	if diff := cmp.Diff(row.want, summaries(t, events)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := lifecycle.Events(s.status(), s.status()); len(again) > 0 {
		t.Errorf("told twice: %v", again)
	}
}

// TestEvents: which answers of Flinks emit an event, once each.
func TestEvents(t *testing.T) {
	for name, row := range map[string]eventsRow{
		"nothing changed": {func(*fixture) {}, func(s *fixture) { s.pass(time.Hour); s.observed(s.status().LastRefreshTime.Time) }, nil},
		"first success":   {func(s *fixture) { *s = *newFixture(s.t) }, func(s *fixture) { s.observed(s.now) }, nil},
		"nothing known":   {func(s *fixture) { *s = *newFixture(s.t) }, func(s *fixture) { s.wait() }, nil},
		"first success after a failure": {
			func(s *fixture) {
				*s = *newFixture(s.t)
				s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
			},
			func(s *fixture) { s.observed(s.now) },
			[]string{"Normal Ready Refreshed"},
		},
		"first failure": {
			func(s *fixture) { *s = *newFixture(s.t) },
			func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) },
			[]string{"Warning Ready SecretNotFound"},
		},
		"bank asks": {func(s *fixture) { s.request("1") }, func(s *fixture) { s.refreshAsks() }, []string{"Warning UserActionRequired MFARequired"}},
		"link expired": {
			func(s *fixture) { s.request("1"); s.refreshAsks(); s.pass(time.Hour) },
			func(s *fixture) { s.wait() },
			[]string{"Warning UserActionRequired LinkExpired"},
		},
		"data stale while the customer is asked": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidPassword)); s.pass(90 * 24 * time.Hour) },
			func(s *fixture) { s.wait() },
			[]string{"Warning Ready UserActionRequired", "Warning DataExpiring DataExpired"},
		},
		"Secret back while the customer is asked": {
			func(s *fixture) {
				s.observeFails(replay(flinks.CodeInvalidPassword))
				s.pass(time.Hour)
				s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
			},
			func(s *fixture) { s.observed(s.status().LastRefreshTime.Time) },
			[]string{"Normal Ready UserActionRequired"},
		},
		"customer came back": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidPassword)); s.pass(time.Hour) },
			func(s *fixture) { s.observed(s.now) },
			[]string{"Normal Ready Refreshed"},
		},
		"login gone": {func(*fixture) {}, func(s *fixture) { s.observeFails(gone()) }, []string{"Warning Ready LoginGone"}},
	} {
		t.Run(name, row.check)
	}
}

// TestEventsOfRequests: which changes of an object, and refusals, emit an event, once each.
func TestEventsOfRequests(t *testing.T) {
	for name, row := range map[string]eventsRow{
		"suspended": {func(*fixture) {}, suspend, []string{"Normal Suspended Suspended"}},
		"resumed":   {suspend, resume, nil},
		"request refused": {
			func(s *fixture) { suspend(s); s.request("1") },
			func(s *fixture) { s.wait() },
			[]string{"Warning Refresh RequestRefused"},
		},
		"request refused once more": {
			func(s *fixture) { suspend(s); s.request("1"); s.wait(); s.request("2") },
			func(s *fixture) { s.wait() },
			[]string{"Warning Refresh RequestRefused"},
		},
		"deletion blocked": {
			func(s *fixture) { s.delete() },
			func(s *fixture) { s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound) },
			[]string{"Warning DeletionBlocked SecretNotFound"},
		},
		"deletions paused": {
			func(s *fixture) { s.delete() },
			func(s *fixture) { s.Instance.Deletions = wave; s.wait() },
			[]string{"Warning DeletionBlocked DeletionsPaused"},
		},
		"Secret not held": {func(*fixture) {}, func(s *fixture) { s.held("login", true) }, []string{"Warning SecretUnprotected SecretFinalizerForbidden"}},
		"deletion still blocked": {
			func(s *fixture) { s.delete(); s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound) },
			func(s *fixture) { s.pass(time.Hour); s.problem(lifecycle.Delete{}, v1alpha1.ReasonSecretNotFound) },
			nil,
		},
	} {
		t.Run(name, row.check)
	}
}

func summaries(t *testing.T, events []lifecycle.Event) []string {
	t.Helper()
	var all []string
	for _, e := range events {
		if e.Note == "" {
			t.Errorf("%s says nothing", e.Reason)
		}
		kind := "Normal"
		if e.Warning {
			kind = "Warning"
		}
		all = append(all, kind+" "+e.Action+" "+e.Reason)
	}
	return all
}

func TestReleaseEvents(t *testing.T) {
	for _, row := range []struct {
		arrange func(s *fixture)
		want    string
	}{
		{func(s *fixture) { s.edit(retain) }, "Normal RemoveFinalizer LoginRetained"},
		{wipe, "Warning RemoveFinalizer LoginNeverBound"},
		{func(s *fixture) { s.annotate(v1alpha1.AbandonLoginAnnotation, "true") }, "Warning RemoveFinalizer LoginAbandoned"},
		{func(s *fixture) { wipe(s); s.edit(retain) }, "Normal RemoveFinalizer LoginRetained"},
	} {
		s := newBound(t)
		row.arrange(s)
		s.delete()
		released, _ := lifecycle.Decide(s.now, s.Inputs).(lifecycle.RemoveFinalizer)
		got := summaries(t, lifecycle.FinalizerEvents(s.Inputs, released.Reason))
		if diff := cmp.Diff([]string{row.want}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
