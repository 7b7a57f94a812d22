package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		"a token where none may be":  {link, lifecycle.Instance{TokenInStatus: v1alpha1.TokenNever}, false},
		"a token that is not needed": {link, lifecycle.Instance{TokenInLinks: v1alpha1.TokenNotRequired}, true},
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

// atGateway makes the instance one that has a gateway.
func (s *fixture) atGateway() { s.Gateway, s.Instance.HasGateway = gateway(), true }

// withoutInstance takes the instance away, with all that it says.
func (s *fixture) withoutInstance() {
	s.Gateway, s.Instance = nil, lifecycle.Instance{Problem: v1alpha1.ReasonInstanceNotFound}
}

// asksOnPage: the bank asks, and its question is on the gateway's page.
func (s *fixture) asksOnPage() {
	s.t.Helper()
	s.refreshes(lifecycle.Outcome{
		Authorization: &flinks.Authorization{State: flinks.ChallengePending}, Link: lifecycle.SessionLink{SealedSession: sealed},
	})
}

// TestDefaultLinkType follows from the instance.
func TestDefaultLinkType(t *testing.T) {
	for linkType, want := range map[v1alpha1.LinkType][2]bool{"": {false, true}, v1alpha1.LinkDirect: {false, false}, v1alpha1.LinkGateway: {true, true}} {
		s := newBound(t)
		s.edit(func(spec *v1alpha1.BankConnectionSpec) {
			spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: linkType}}
		})
		got := [2]bool{s.ByGateway()}
		s.Instance.HasGateway = true
		got[1] = s.ByGateway()
		if got != want {
			t.Errorf("type %q leads to the gateway: %v, without and with one", linkType, got)
		}
	}
}

// TestInstanceThatIsMissing for a moment takes no link away, and no session.
func TestInstanceThatIsMissing(t *testing.T) {
	for name, ask := range map[string]func(s *fixture){
		"direct":         (*fixture).refreshAsks,
		"to the gateway": func(s *fixture) { s.atGateway(); s.asksOnPage() },
		"to link a bank": func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { *st = v1alpha1.BankConnectionStatus{} })
			s.atGateway()
			s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDue(t)
			ask(s)
			before, instance, gateway := s.status().DeepCopy(), s.Instance, s.Gateway
			s.withoutInstance()
			s.wait()
			s.pass(time.Minute)
			s.Instance, s.Gateway = instance, gateway
			s.wait()
			after := s.status()
			if before.Reconnect.Link.URL == "" || after.Reconnect == nil || !cmp.Equal(after.Reconnect.Link, before.Reconnect.Link) {
				t.Errorf("the link was %+v, and is %+v", before.Reconnect.Link, after.Reconnect)
			}
			if after.Internal.SealedSession != before.Internal.SealedSession || after.Reconnect.Reason != before.Reconnect.Reason {
				t.Errorf("the customer is wanted for %s", after.Reconnect.Reason)
			}
		})
	}
}

// TestGatewayThatGoes takes its link and the session behind it along; the next question has a
// direct link.
func TestGatewayThatGoes(t *testing.T) {
	s := newDue(t)
	s.atGateway()
	s.asksOnPage()
	s.Gateway, s.Instance.HasGateway = nil, false
	s.wait()
	if r := s.status().Reconnect; r.Link != (v1alpha1.LinkStatus{}) || s.status().Internal.SealedSession != "" || r.Reason != v1alpha1.ReasonMFARequired {
		t.Errorf("the link is %+v", r.Link)
	}
	s.pass(40 * time.Minute)
	s.wait()
	s.request("2")
	s.refreshAsks()
	if l := s.status().Reconnect.Link; l.Type != v1alpha1.LinkDirect || l.URL != link {
		t.Errorf("the next link is %+v", l)
	}
}

// TestGatewayThatComes replaces a direct link. Its page waits for the end of the session, and
// starts none before.
func TestGatewayThatComes(t *testing.T) {
	s := newDue(t)
	s.refreshAsks()
	s.atGateway()
	s.wait()
	if l := s.status().Reconnect.Link; l.Type != v1alpha1.LinkGateway || l.URL == "" {
		t.Errorf("the link is %+v", l)
	}
	for range 8 {
		if v := lifecycle.ViewLink(s.now, s.Inputs); v.State != lifecycle.LinkWait {
			t.Errorf("the customer finds %+v", v)
		}
		s.pass(time.Minute)
	}
}
