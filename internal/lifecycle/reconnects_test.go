package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// withoutReconnect makes the instance one whose Flinks Connect goes on with no session.
func withoutReconnect(s *fixture) { s.Instance.Reconnect = v1alpha1.ReconnectUnsupported }

// TestNoDirectLinkWithoutReconnect: the link would lead to no question, so no link is made, none is
// announced, and the bank asks no customer again for one.
func TestNoDirectLinkWithoutReconnect(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"in the status": func(*fixture) {},
		"in a Secret":   func(s *fixture) { s.Instance.TokenInStatus = v1alpha1.TokenNever },
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			change(s)
			withoutReconnect(s)
			s.edit(func(spec *v1alpha1.BankConnectionSpec) {
				spec.Reconnect = &v1alpha1.ReconnectSpec{OnExpiry: v1alpha1.Reissue}
			})
			if s.LinkProblem() != v1alpha1.ReasonReconnectUnsupported || s.AnnouncesLink() {
				t.Errorf("the problem is %q, a Secret is announced: %v", s.LinkProblem(), s.AnnouncesLink())
			}
			s.asksInVain(s.LinkProblem())
			for range 30 {
				if got := s.condition(v1alpha1.ConditionLinkNotIssued).Reason; got != v1alpha1.ReasonReconnectUnsupported {
					t.Fatalf("the condition says %q", got)
				}
				s.pass(time.Hour)
				s.wait()
				if r := s.status(); r.NextRefreshTime != nil || r.Reconnect.Question.IssueCount != 1 {
					t.Fatalf("the bank is to ask again at %v", r.NextRefreshTime)
				}
			}
		})
	}
}

// TestReconnectThatGoes takes a direct link along, and says why.
func TestReconnectThatGoes(t *testing.T) {
	s := newDue(t)
	s.refreshAsks()
	withoutReconnect(s)
	s.wait()
	if r := s.status().Reconnect; r.Link != (v1alpha1.LinkStatus{}) || s.condition(v1alpha1.ConditionLinkNotIssued).Reason != v1alpha1.ReasonReconnectUnsupported {
		t.Errorf("the link is %+v", r.Link)
	}
}

// TestPageWithoutReconnect: the customer waits until the session has ended, and then goes through all of
// Flinks Connect. The page starts no session, for there is no way into it.
func TestPageWithoutReconnect(t *testing.T) {
	s := newDue(t)
	s.atGateway()
	withoutReconnect(s)
	s.asksOnPage()
	if s.status().Internal.SealedSession != "" || s.status().Reconnect.Link.URL == "" {
		t.Errorf("the session is kept, or there is no link: %+v", s.status().Reconnect)
	}
	connects := 0
	for range 20 {
		switch v := lifecycle.ViewLink(s.now, s.Inputs); {
		case v.State == lifecycle.LinkConnect:
			connects++
			if _, ok := lifecycle.RequestRefresh(s.now, s.Inputs); ok {
				t.Error("the button starts a session")
			}
		case v.State != lifecycle.LinkWait || connects > 0 || v.Until.After(s.now.Add(10*time.Minute)):
			t.Errorf("the customer finds %+v", v)
		}
		s.pass(time.Minute)
		s.wait()
	}
	if connects < 8 || connects > 13 {
		t.Errorf("the customer can connect in %d of 20 minutes", connects)
	}
}

// TestQuestionOfAWrongClock: that the customer came back shows although the clock was ahead when the bank
// asked.
func TestQuestionOfAWrongClock(t *testing.T) {
	s := newDue(t)
	s.atGateway()
	withoutReconnect(s)
	s.asksOnPage()
	s.pass(40 * time.Minute) // The attempt has ended without a result.
	s.wait()
	ahead := s.now.Add(720 * time.Hour)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		st.Reconnect.Question.IssueTime, st.Refresh.State = lifecycle.Past(ahead), v1alpha1.RefreshFailed
	})
	s.wait()
	s.pass(time.Minute)
	s.observed(s.now)
	if r := s.status().Reconnect; r != nil {
		t.Errorf("the customer is wanted for %s", r.Reason)
	}
}
