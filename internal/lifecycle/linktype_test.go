package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// asksInVain: the bank asks, and there is no link to its question.
func (s *fixture) asksInVain(reason string) {
	s.t.Helper()
	s.refreshes(lifecycle.Outcome{
		Authorization: &flinks.Authorization{State: flinks.ChallengePending}, Link: lifecycle.SessionLink{Problem: reason},
	})
}

// TestLinkNotIssued says why there is no link for as long as the customer has to act without one.
func TestLinkNotIssued(t *testing.T) {
	for name, row := range map[string]struct {
		then func(s *fixture)
		want string
	}{
		"the question expires":   {func(s *fixture) { s.pass(9 * time.Minute); s.wait() }, v1alpha1.ReasonTokenNotIssued},
		"suspended":              {func(s *fixture) { suspend(s); s.wait() }, v1alpha1.ReasonTokenNotIssued},
		"the customer is back":   {func(s *fixture) { s.pass(time.Minute); s.observed(s.now) }, ""},
		"the next link is there": {func(s *fixture) { s.pass(40 * time.Minute); s.wait(); s.request("2"); s.refreshAsks() }, ""},
		"links to the gateway": {func(s *fixture) {
			s.Gateway = gateway()
			s.edit(byGateway)
			s.wait()
		}, ""},
		"another reason in the status": {func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
				for i := range st.Conditions {
					if st.Conditions[i].Type == v1alpha1.ConditionLinkNotIssued {
						st.Conditions[i].Reason = "Made"
					}
				}
			})
			s.wait()
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			s.asksInVain(v1alpha1.ReasonTokenNotIssued)
			if got := s.condition(v1alpha1.ConditionLinkNotIssued).Reason; got != v1alpha1.ReasonTokenNotIssued {
				t.Fatalf("the condition says %q", got)
			}
			row.then(s)
			if got := s.condition(v1alpha1.ConditionLinkNotIssued).Reason; got != row.want {
				t.Errorf("the condition says %q, not %q", got, row.want)
			}
		})
	}
}

// TestLinkThatDoesNotFit goes at once; without an instance nothing is known, and the link stays.
func TestLinkThatDoesNotFit(t *testing.T) {
	for name, row := range map[string]struct {
		url      string
		instance lifecycle.Instance
		stays    bool
	}{
		"a token where none may be": {link, lifecycle.Instance{TokenInStatus: v1alpha1.TokenNever}, false},
		"a token that nobody needs": {link, lifecycle.Instance{TokenInLinks: v1alpha1.TokenNotRequired}, true},
		"a token that may not be there, and is not needed": {
			link, lifecycle.Instance{TokenInLinks: v1alpha1.TokenNotRequired, TokenInStatus: v1alpha1.TokenNever}, false,
		},
		"no token where one is needed": {"https://toolbox-iframe.private.fin.ag/v2/?requestId=1", lifecycle.Instance{}, false},
		"no address":                   {"://authorizeToken=1", lifecycle.Instance{}, false},
		"no instance":                  {link, lifecycle.Instance{Problem: v1alpha1.ReasonInstanceNotFound, TokenInStatus: v1alpha1.TokenNever}, true},
		"a suspended instance": {
			link, lifecycle.Instance{Problem: v1alpha1.ReasonInstanceSuspended, TokenInStatus: v1alpha1.TokenNever}, false,
		},
	} {
		for whose, prepare := range map[string]func(*fixture){"": func(*fixture) {}, ", being deleted": (*fixture).delete} {
			t.Run(name+whose, func(t *testing.T) {
				s := newDue(t)
				s.refreshAsks()
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Link.URL = row.url })
				prepare(s)
				s.Instance = row.instance
				s.wait()
				r := s.status().Reconnect
				if stays := r.Link.URL != ""; stays != row.stays || r.Reason != v1alpha1.ReasonMFARequired {
					t.Errorf("the link is %+v", r.Link)
				}
				if got := s.condition(v1alpha1.ConditionLinkNotIssued).Reason; (got == "") != row.stays {
					t.Errorf("the condition says %q", got)
				}
			})
		}
	}
}

// TestTokenInNoStatus puts a link with a token into the Secret that the claim announced, and into
// none that it did not.
func TestTokenInNoStatus(t *testing.T) {
	never := func(s *fixture) { s.Instance.TokenInStatus = v1alpha1.TokenNever }
	for name, row := range map[string]struct {
		prepare             func(s *fixture)
		inSecret, announces bool
	}{
		"allowed":                {func(*fixture) {}, false, false},
		"never":                  {never, true, true},
		"never, but none needed": {func(s *fixture) { never(s); s.Instance.TokenInLinks = v1alpha1.TokenNotRequired }, false, false},
		"never, by the gateway":  {func(s *fixture) { never(s); s.Gateway = gateway(); s.edit(byGateway) }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			row.prepare(s)
			if s.LinkInSecret() != row.inSecret || s.AnnouncesLink() != row.announces {
				t.Errorf("in a Secret: %v, announced: %v", s.LinkInSecret(), s.AnnouncesLink())
			}
			s.claim()
			if announced := s.status().Internal.LinkSecretName != ""; announced != row.announces || s.LinkProblem() != "" {
				t.Errorf("announced: %v, problem %q", announced, s.LinkProblem())
			}
			never(s)
			s.Instance.TokenInLinks = v1alpha1.TokenRequired
			if got := s.LinkProblem(); (got != "") != (!row.announces && !s.ByGateway()) {
				t.Errorf("after a change of the instance the problem is %q", got)
			}
		})
	}
}
