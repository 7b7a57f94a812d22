package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// directLink returns the record of a link to a question that the bank has just asked.
func directLink(s *fixture, url string) v1alpha1.LinkStatus {
	return v1alpha1.LinkStatus{Type: v1alpha1.LinkDirect, URL: url, IssueTime: ago(s, 0), ExpirationTime: ago(s, -450*time.Second)}
}

// TestLink is there while the session behind it lives, and gone one reconcile
// later, which comes by itself.
func TestLink(t *testing.T) {
	s := newDue(t)
	s.refreshAsks()
	want := &v1alpha1.ReconnectStatus{
		Reason: v1alpha1.ReasonMFARequired, StartTime: ago(s, 0), Question: questionNow(s, 1, "QuestionAndAnswer"),
		Link: directLink(s, link),
	}
	if diff := cmp.Diff(want, s.status().Reconnect); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	issued := s.now
	for s.status().Reconnect.Link.URL != "" {
		next, ok := s.next()
		if !ok || next.Sub(issued) >= lifecycle.SessionIdle {
			t.Fatalf("the link is still there at %v", next.Sub(issued))
		}
		s.now = next
		s.wait()
	}
	want = &v1alpha1.ReconnectStatus{
		StartTime: want.StartTime, Reason: v1alpha1.ReasonLinkExpired,
		Question: v1alpha1.QuestionStatus{IssueTime: want.Question.IssueTime, IssueCount: 1},
	}
	if diff := cmp.Diff(want, s.status().Reconnect); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.neverRefreshes()
}

// TestLinkWithoutURL expires as well.
func TestLinkWithoutURL(t *testing.T) {
	s := newDue(t)
	s.refreshes(lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.ChallengePending}})
	s.pass(8 * time.Minute)
	s.wait()
	if got := s.userAction(); got != v1alpha1.ReasonLinkExpired {
		t.Errorf("the customer is wanted for %s", got)
	}
}

// TestEditedLink: a link of unknown age is not delivered.
func TestEditedLink(t *testing.T) {
	for name, edit := range map[string]func(s *fixture, r *v1alpha1.ReconnectStatus){
		"no expiry":     func(_ *fixture, r *v1alpha1.ReconnectStatus) { r.Question.ExpirationTime = nil },
		"no issue time": func(_ *fixture, r *v1alpha1.ReconnectStatus) { r.Question.IssueTime = nil },
		"issued long ago": func(s *fixture, r *v1alpha1.ReconnectStatus) {
			r.Question.IssueTime, r.Question.ExpirationTime = ago(s, 8*time.Minute), ago(s, -time.Hour)
		},
		"issued next week": func(s *fixture, r *v1alpha1.ReconnectStatus) {
			r.Question.IssueTime, r.Question.ExpirationTime = ago(s, -time.Hour), ago(s, -time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.refreshAsks()
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { edit(s, st.Reconnect) })
			s.wait()
			if s.status().Reconnect.Link.URL != "" {
				t.Error("the link is still there")
			}
		})
	}
}

// TestDeletionTakesTheLinkBack: the rest of the status stays as it was.
func TestDeletionTakesTheLinkBack(t *testing.T) {
	s := newDue(t)
	s.refreshAsks()
	s.delete()
	s.pass(8 * time.Minute)
	s.wait()
	if s.status().Reconnect.Link.URL != "" || s.userAction() != v1alpha1.ReasonLinkExpired {
		t.Error("the link is still there")
	}
	if s.status().NextRefreshTime != nil || s.status().NextObserveTime != nil {
		t.Error("something is planned for an object that goes")
	}
}

// TestSecondLink: while a link is out there is no other; afterwards a request makes one
// that replaces it.
func TestSecondLink(t *testing.T) {
	s := newDue(t)
	s.refreshAsks()
	for s.status().Reconnect.Link.URL != "" {
		s.request(s.now.Format(time.RFC3339))
		if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.RefusalOf(a).Reason != v1alpha1.ReasonSessionOpen {
			t.Fatalf("%+v while a link is out", a)
		}
		s.pass(time.Minute)
		s.wait()
	}
	since := s.status().Reconnect.StartTime
	s.request("1")
	s.pass(30 * time.Minute)
	s.refreshes(lifecycle.Outcome{
		Authorization: &flinks.Authorization{State: flinks.ChallengePending, Challenges: []flinks.ChallengeType{flinks.ChallengeTextOrCall}},
		Link:          lifecycle.SessionLink{URL: link + "2"},
	})
	want := &v1alpha1.ReconnectStatus{
		StartTime: since, Reason: v1alpha1.ReasonMFARequired, Question: questionNow(s, 2, "TextOrCall"),
		Link: directLink(s, link+"2"),
	}
	if diff := cmp.Diff(want, s.status().Reconnect); diff != "" {
		t.Errorf("the second link (-want +got):\n%s", diff)
	}
}

// TestAwaitingUser goes through what an observe can show while the customer may be
// answering, and afterwards.
func TestAwaitingUser(t *testing.T) {
	cached := func(lastRefresh func(s *fixture) time.Time) func(s *fixture) {
		return func(s *fixture) { s.observed(lastRefresh(s)) }
	}
	older := cached(func(s *fixture) time.Time { return s.status().LastRefreshTime.Time })
	question := func(s *fixture) {
		s.record(lifecycle.Outcome{
			Action: observes, Identity: identity, Authorization: &flinks.Authorization{State: flinks.ChallengePending},
		})
	}
	replays := func(code flinks.Code) func(s *fixture) { return func(s *fixture) { s.observeFails(replay(code)) } }
	type result struct {
		Phase      v1alpha1.RefreshState
		UserAction string
		Written    bool
	}
	for name, row := range map[string]struct {
		after time.Duration
		find  func(s *fixture)
		want  result
	}{
		"older data":                 {time.Minute, older, result{v1alpha1.RefreshAwaitingUser, v1alpha1.ReasonMFARequired, false}},
		"the question":               {time.Minute, question, result{v1alpha1.RefreshAwaitingUser, v1alpha1.ReasonMFARequired, false}},
		"replayed question":          {time.Minute, replays(flinks.CodeQuestionNotFound), result{v1alpha1.RefreshAwaitingUser, v1alpha1.ReasonMFARequired, false}},
		"replay of an older failure": {time.Minute, replays(flinks.CodeInvalidPassword), result{v1alpha1.RefreshAwaitingUser, v1alpha1.ReasonMFARequired, false}},
		"the answer":                 {time.Minute, cached(func(s *fixture) time.Time { return s.now }), result{v1alpha1.RefreshCollecting, "", true}},
		"a wrong answer":             {time.Minute, replays(flinks.CodeInvalidSecurityResponse), result{v1alpha1.RefreshFailed, v1alpha1.ReasonQuestionUnanswered, true}},
		"older data, too late":       {time.Hour, older, result{v1alpha1.RefreshFailed, v1alpha1.ReasonLinkExpired, true}},
		"the question, too late":     {time.Hour, question, result{v1alpha1.RefreshFailed, v1alpha1.ReasonQuestionUnanswered, true}},
		"expired session, too late":  {time.Hour, replays(flinks.CodeSessionExpired), result{v1alpha1.RefreshFailed, v1alpha1.ReasonLinkExpired, true}},
		"a late answer":              {time.Hour, cached(func(s *fixture) time.Time { return s.now }), result{v1alpha1.RefreshCollecting, "", true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.refreshAsks()
			s.pass(row.after)
			s.wait()
			before := s.Connection
			row.find(s)
			got := result{
				s.status().Refresh.State, s.userAction(),
				!cmp.Equal(before.Status, s.Connection.Status),
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Phase == v1alpha1.RefreshAwaitingUser {
				s.polledWithin(2 * time.Minute)
			}
		})
	}
}

// polledWithin checks that an answer will be noticed soon.
func (s *fixture) polledWithin(d time.Duration) {
	s.t.Helper()
	s.pass(d)
	s.decides(observes)
}

// TestTroubleWhileAwaitingUser ends with the first answer, even if that is not the
// customer's.
func TestTroubleWhileAwaitingUser(t *testing.T) {
	for name, trouble := range map[string]func(s *fixture){
		"Secret missing": func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) },
		"Flinks down":    func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.refreshAsks()
			s.pass(10 * time.Second)
			trouble(s)
			s.pass(10 * time.Second)
			s.observeFails(replay(flinks.CodeQuestionNotFound))
			if e := s.status().LastError; e != nil {
				t.Errorf("lastError is still %+v", e)
			}
			if got := s.condition(v1alpha1.ConditionReady); got.Reason != v1alpha1.ReasonUserActionRequired {
				t.Errorf("Ready is %s %s", got.Status, got.Reason)
			}
		})
	}
}

// TestCustomerComesBack: only newer data ends the wait for the customer.
func TestCustomerComesBack(t *testing.T) {
	for _, code := range []flinks.Code{flinks.CodeInvalidPassword, flinks.CodeDisabledLogin, flinks.CodeQuestionNotFound} {
		s := newScheduled(t)
		s.observeFails(replay(code))
		s.pass(time.Hour)
		s.observed(s.status().LastRefreshTime.Time)
		if s.status().Reconnect == nil || s.status().LastError != nil {
			t.Errorf("%s: an older success sent the customer away, or left an error", code)
		}
		s.pass(time.Hour)
		s.observed(s.now)
		if s.status().Reconnect != nil || s.status().NextRefreshTime == nil {
			t.Errorf("%s: the customer is still wanted", code)
		}
		if !s.status().LastRefreshTime.Equal(ago(s, 0)) {
			t.Errorf("%s: the data is of %v", code, s.status().LastRefreshTime)
		}
	}
}

// TestCustomerComesBackBeforeALostAnswer: that an attempt left no trace takes nothing
// from what was there before it.
func TestCustomerComesBackBeforeALostAnswer(t *testing.T) {
	s := newScheduled(t)
	s.observeFails(replay(flinks.CodeInvalidPassword))
	s.pass(time.Hour)
	back := s.now
	s.pass(time.Hour)
	s.request("1")
	s.refreshFails(noAnswer(flinks.OpRefresh))
	s.passUntil(notBefore(s))
	s.observed(back)
	if s.status().Reconnect != nil {
		t.Error("the customer is still wanted")
	}
	s.hasAnswer("1", v1alpha1.RequestFailed, "")
}

// TestOlderDataAnswerNoQuestion: another program refreshed before the bank asked, which
// the status did not show.
func TestOlderDataAnswerNoQuestion(t *testing.T) {
	s := newDue(t)
	before := s.now.Add(-time.Hour)
	s.refreshAsks()
	s.pass(time.Hour)
	s.observed(before)
	if s.userAction() != v1alpha1.ReasonLinkExpired {
		t.Error("the customer is not wanted any more")
	}
	if got := s.status().LastRefreshTime; got.Unix() != before.Unix() {
		t.Errorf("the data is of %v, not %v", got, before)
	}
}

// TestProblemEndsWithAnObserve, also while the customer has to act.
func TestProblemEndsWithAnObserve(t *testing.T) {
	s := newScheduled(t)
	s.observeFails(replay(flinks.CodeInvalidPassword))
	s.pass(time.Hour)
	s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
	s.pass(time.Minute)
	s.decides(observes)
	s.observed(s.status().LastRefreshTime.Time)
	if got := s.condition(v1alpha1.ConditionReady).Reason; got != v1alpha1.ReasonUserActionRequired {
		t.Errorf("Ready says %s", got)
	}
}

// TestRequestWhileTheCustomerStillAnswers: a link that works for seven minutes can be opened
// in the seventh, and the session lives on.
func TestRequestWhileTheCustomerStillAnswers(t *testing.T) {
	s := newAsked(t)
	for s.pass(9 * time.Minute); s.now.Before(s.status().Refresh.StartTime.Add(29 * time.Minute)); s.pass(time.Minute) {
		s.request("2")
		if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) || lifecycle.RefusalOf(a).Reason != v1alpha1.ReasonSessionOpen {
			t.Fatalf("%+v after %v", a, s.now.Sub(s.status().Refresh.StartTime.Time))
		}
		unanswered(s) // which is what Flinks says until they are done
	}
	s.observeFails(replay(flinks.CodeSessionExpired))
	s.decides(lifecycle.Refresh{Request: "2"})
}
