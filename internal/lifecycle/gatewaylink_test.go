package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const week = 7 * 24 * time.Hour

// newLink asks for another link.
func (s *fixture) newLink(value string) {
	c := s.Connection.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.LinkRequestedAtAnnotation, value)
	s.Connection = c
	s.wait()
}

// linkOf returns the link that a status should hold.
func linkOf(s *fixture, connects bool, issued time.Time, lifetime time.Duration) string {
	return s.Gateway.Link(lifecycle.LinkClaims{
		Connects: connects, KeyID: s.Gateway.SigningKey, Issued: issued.Truncate(time.Second), Expires: issued.Truncate(time.Second).Add(lifetime),
	})
}

// linkStatus returns the record of a link that was just made.
func linkStatus(s *fixture, connects bool) v1alpha1.LinkStatus {
	return v1alpha1.LinkStatus{
		Type: v1alpha1.LinkGateway, URL: linkOf(s, connects, s.now, week), IssueTime: ago(s, 0), ExpirationTime: ago(s, -week),
		KeyID: s.Gateway.SigningKey,
	}
}

// questionNow returns the record of a question that the bank has just asked.
func questionNow(s *fixture, count int32, types ...string) v1alpha1.QuestionStatus {
	return v1alpha1.QuestionStatus{
		ChallengeTypes: types, IssueTime: ago(s, 0), ExpirationTime: ago(s, -450*time.Second), IssueCount: count,
	}
}

// TestLinkKeepsItsKey: another key that signs changes no link, until the link is replaced.
func TestLinkKeepsItsKey(t *testing.T) {
	s := newWanted(t)
	before := s.Connection.DeepCopy()
	s.Gateway = gatewayWith("k2", "k1", "k2")
	s.pass(time.Hour)
	s.wait()
	if diff := cmp.Diff(before.Status, s.Connection.Status); diff != "" {
		t.Errorf("another key is a write (-before +after):\n%s", diff)
	}
	s.newLink("1")
	if l := s.status().Reconnect.Link; l.KeyID != "k2" || l.URL != linkOf(s, false, l.IssueTime.Time, week) {
		t.Errorf("the next link is %+v", l)
	}
}

// TestGatewayLink exists as long as the customer has to act, and no longer.
func TestGatewayLink(t *testing.T) {
	s := newWanted(t)
	want := &v1alpha1.ReconnectStatus{
		Reason: v1alpha1.ReasonQuestionUnanswered, StartTime: ago(s, 0), Link: linkStatus(s, false),
	}
	if diff := cmp.Diff(want, s.status().Reconnect); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	url := want.Link.URL
	for _, happens := range []func(){
		func() { s.pass(24 * time.Hour); s.wait() },
		func() { s.click() },
		func() { s.gatewayAsks() },
		func() { s.pass(10 * time.Minute); s.wait() },
		func() { s.click() },
		func() { s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeInvalidPassword, true)) },
		func() { s.restart(); s.wait() },
		func() { s.finish() },
	} {
		happens()
		if s.status().Reconnect.Link.URL != url {
			t.Fatalf("the link changed: %+v", s.status().Reconnect)
		}
	}
	s.observed(s.now)
	if s.status().Reconnect != nil {
		t.Errorf("the customer does not have to act: %+v", s.status().Reconnect)
	}
	s.pass(time.Hour)
	unanswered(s)
	if got := s.status().Reconnect.Link.URL; got != linkOf(s, false, s.now, week) {
		t.Errorf("the link of another time the customer is wanted is %q", got)
	}
}

// TestGatewayLinkIsReplaced at the end of its life, when an annotation asks for another,
// and when its life is longer than it may be; and every one is younger than the last.
func TestGatewayLinkIsReplaced(t *testing.T) {
	for name, row := range map[string]struct {
		happens  func(s *fixture)
		lifetime time.Duration
	}{
		"its life ends": {func(s *fixture) {
			end := s.status().Reconnect.Link.ExpirationTime.Time
			for s.now.Before(end) {
				next, ok := s.next()
				if !ok {
					t.Fatal("nothing is planned")
				}
				s.now = next
				unanswered(s)
			}
			if d := s.now.Sub(end); d > time.Second {
				s.t.Errorf("the next link comes %v after the end of the last one", d)
			}
		}, week},
		"another is asked for":                {func(s *fixture) { s.pass(time.Minute); s.newLink("1") }, week},
		"another is asked for in a hurry":     {func(s *fixture) { s.newLink("1") }, week},
		"another is asked for by a long name": {func(s *fixture) { s.newLink(strings.Repeat("é", 100)) }, week},
		"links live for less": {func(s *fixture) {
			s.pass(time.Minute)
			s.Gateway.Lifetime = time.Hour
			s.wait()
		}, time.Hour},
		"edited to a longer life": {func(s *fixture) {
			s.pass(time.Minute)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Link.ExpirationTime = ago(s, -2*week) })
			s.wait()
		}, week},
		"its key is removed": {func(s *fixture) {
			s.pass(time.Minute)
			s.Gateway = gatewayWith("k2", "k2")
			s.wait()
		}, week},
		"its key is removed from the status": {func(s *fixture) {
			s.pass(time.Minute)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Link.KeyID = "" })
			s.wait()
		}, week},
		"its issue time is removed": {func(s *fixture) {
			s.pass(time.Minute)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Link.IssueTime = nil })
			s.wait()
		}, week},
		"its issue time is edited to next year": {func(s *fixture) {
			s.pass(time.Minute)
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
				st.Reconnect.Link.IssueTime, st.Reconnect.Link.ExpirationTime = ago(s, -365*24*time.Hour), ago(s, -366*24*time.Hour)
			})
			s.wait()
		}, week},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWanted(t)
			before := *s.status().Reconnect
			row.happens(s)
			after := *s.status().Reconnect
			if after.Link.URL == before.Link.URL || after.Link.URL != linkOf(s, false, after.Link.IssueTime.Time, row.lifetime) {
				t.Errorf("the link is %q after %q", after.Link.URL, before.Link.URL)
			}
			if !before.Link.IssueTime.Before(after.Link.IssueTime) || !before.StartTime.Equal(after.StartTime) {
				t.Errorf("%+v after %+v", after, before)
			}
			if after.Link.IssueTime.After(s.now.Add(2 * time.Second)) {
				t.Errorf("the link is of %v, at %v", after.Link.IssueTime, s.now)
			}
			s.pass(time.Hour / 2)
			s.wait()
			if s.status().Reconnect.Link.URL != after.Link.URL {
				t.Error("and another one follows by itself")
			}
		})
	}
}

// TestGatewayLinkIsKept while the gateway cannot open it: it works again after.
func TestGatewayLinkIsKept(t *testing.T) {
	for name, row := range map[string]struct{ goes, comes func(s *fixture) }{
		"suspended":           {suspend, func(s *fixture) { s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Suspend = false }); s.wait() }},
		"the gateway is gone": {func(s *fixture) { s.Gateway = nil; s.wait() }, func(s *fixture) { s.Gateway = gateway(); s.wait() }},
		"the instance is gone": {
			func(s *fixture) { s.Gateway, s.Instance.Problem = nil, v1alpha1.ReasonInstanceNotFound; s.wait() },
			func(s *fixture) { s.Gateway, s.Instance.Problem = gateway(), ""; s.wait() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWanted(t)
			url := s.status().Reconnect.Link.URL
			s.pass(time.Hour)
			row.goes(s)
			if got := s.status().Reconnect.Link.URL; got != "" {
				t.Errorf("the link is %q", got)
			}
			s.pass(time.Hour)
			row.comes(s)
			if got := s.status().Reconnect.Link.URL; got != url {
				t.Errorf("the link is %q, not %q", got, url)
			}
		})
	}
}

// TestGatewayLinkIsRepaired: an edit of the status cannot replace the link.
func TestGatewayLinkIsRepaired(t *testing.T) {
	s := newWanted(t)
	url := s.status().Reconnect.Link.URL
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Link.URL = "https://evil.example.com/c/x" })
	s.wait()
	if got := s.status().Reconnect.Link.URL; got != url {
		t.Errorf("the link is %q", got)
	}
}

// TestDeliveryChanges: a link goes with its delivery, and takes what belongs to it along.
func TestDeliveryChanges(t *testing.T) {
	toStatus := func(s *fixture) { s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = nil }); s.wait() }
	toGateway := func(s *fixture) { s.Gateway = gateway(); s.edit(byGateway); s.wait() }
	for name, row := range map[string]struct {
		from    func(testing.TB) *fixture
		arrange func(s *fixture)
		want    func(s *fixture) *v1alpha1.ReconnectStatus
	}{
		"to the status": {newWanted, toStatus, func(s *fixture) *v1alpha1.ReconnectStatus {
			return &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonQuestionUnanswered, StartTime: ago(s, 0)}
		}},
		"to the status, while the bank asks": {
			newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); toStatus(s) },
			func(s *fixture) *v1alpha1.ReconnectStatus {
				return &v1alpha1.ReconnectStatus{
					Reason: v1alpha1.ReasonMFARequired, StartTime: ago(s, 10*time.Second), Question: questionNow(s, 1, "TextOrCall"),
				}
			},
		},
		"to the gateway, while the bank asks": {
			newBound, func(s *fixture) { s.request("1"); s.refreshAsks(); toGateway(s) },
			func(s *fixture) *v1alpha1.ReconnectStatus {
				return &v1alpha1.ReconnectStatus{
					Reason: v1alpha1.ReasonMFARequired, StartTime: ago(s, 0), Question: questionNow(s, 1, "QuestionAndAnswer"),
					Link: linkStatus(s, false),
				}
			},
		},
		"to the status, before there is a login": {newUnlinked, toStatus, func(*fixture) *v1alpha1.ReconnectStatus { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			s := row.from(t)
			row.arrange(s)
			if diff := cmp.Diff(row.want(s), s.status().Reconnect); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestSealedSession lives and dies with the bank's question, and with the delivery.
func TestSealedSession(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func(s *fixture)
		want    string
	}{
		"the bank asks":            {func(*fixture) {}, "sealed"},
		"the answer is looked for": {olderData, "sealed"},
		"the question is over":     {func(s *fixture) { s.passUntil(s.status().Reconnect.Question.ExpirationTime); s.wait() }, ""},
		"the customer answered":    {func(s *fixture) { s.finish() }, ""},
		"the answer was wrong":     {func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidSecurityResponse)) }, ""},
		"deleted":                  {func(s *fixture) { s.delete(); s.wait() }, ""},
		"the session was moved on": {func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Refresh.State = v1alpha1.RefreshFailed })
			s.wait()
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWanted(t)
			s.click()
			s.gatewayAsks()
			s.pass(time.Minute)
			row.arrange(s)
			if got := s.status().Internal.SealedSession; got != row.want {
				t.Errorf("the sealed session is %q", got)
			}
		})
	}
}

// TestSealedElsewhere: no other delivery keeps a session, whatever the outcome carries.
func TestSealedElsewhere(t *testing.T) {
	s := newDue(t)
	s.gatewayAsks()
	if got := s.status().Internal.SealedSession; got != "" {
		t.Errorf("the sealed session is %q", got)
	}
}

// TestNoFlinksLinkAtTheGateway: the way to a question is no link where links lead to
// the gateway, even if there is no gateway.
func TestNoFlinksLinkAtTheGateway(t *testing.T) {
	for _, g := range []*lifecycle.Gateway{nil, gateway()} {
		s := newDue(t)
		s.edit(byGateway)
		s.Gateway = g
		s.refreshAsks()
		if got := s.status().Reconnect.Link.URL; strings.Contains(got, "requestId") {
			t.Errorf("the link is %q", got)
		}
	}
}

// TestConnectRequired: until there is a login the customer has to link the bank, and the
// Secret is read less and less often.
func TestConnectRequired(t *testing.T) {
	s := newUnlinked(t)
	want := &v1alpha1.ReconnectStatus{
		Reason: v1alpha1.ReasonConnectRequired, StartTime: ago(s, 0), Link: linkStatus(s, true),
	}
	if diff := cmp.Diff(want, s.status().Reconnect); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.status().LastError != nil {
		t.Errorf("lastError: %+v", s.status().LastError)
	}
	stored := *s.status()
	looks := 0
	for end := s.now.Add(24 * time.Hour); s.now.Before(end); looks++ {
		s.now, _ = s.next()
		s.decides(observes)
		s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
	}
	if looks > 24*6+15 {
		t.Errorf("%d looks in a day", looks)
	}
	if diff := cmp.Diff(stored, *s.status()); diff != "" {
		t.Errorf("looking changed the status:\n%s", diff)
	}
	s.decides(lifecycle.Wait{})
	s.notify()
	s.decides(observes)
	s.observed(s.now)
	if r := s.status().Reconnect; r != nil || s.status().Binding == nil {
		t.Errorf("reconnect: %+v, binding: %+v", r, s.status().Binding)
	}
}

// TestConnectRequiredEnds as soon as it is not that which is missing.
func TestConnectRequiredEnds(t *testing.T) {
	wanted := func(reason string) string { return "True " + reason }
	for name, row := range map[string]struct {
		arrange     func(s *fixture)
		user, ready string
	}{
		"still missing": {
			func(s *fixture) { s.pass(time.Hour); s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) },
			wanted(v1alpha1.ReasonConnectRequired), "False UserActionRequired",
		},
		"the Secret holds something else": {
			func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretInvalid) }, notRequired, "False SecretInvalid",
		},
		"the keys are gone": {
			func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonInstanceNotReady) },
			wanted(v1alpha1.ReasonConnectRequired), "False InstanceNotReady",
		},
		"Flinks is down":             {func(s *fixture) { s.observeFails(noAnswer(flinks.OpObserve)) }, notRequired, "False FlinksUnavailable"},
		"Flinks knows no such login": {func(s *fixture) { s.observeFails(gone()) }, notRequired, "False LoginGone"},
		"the bank refuses": {
			func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidPassword)) },
			wanted(v1alpha1.ReasonCredentialsRejected), "False UserActionRequired",
		},
		"the gateway is gone": {func(s *fixture) { s.Gateway = nil; s.wait() }, notRequired, "Unknown NotObserved"},
		"the gateway is gone, and the Secret is still missing": {
			func(s *fixture) { s.Gateway = nil; s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) }, notRequired, "False SecretNotFound",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newUnlinked(t)
			s.pass(time.Minute)
			row.arrange(s)
			got := s.shown().Conditions
			if got["UserActionRequired"] != row.user || got["Ready"] != row.ready {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestPurposeChanges: who links the bank and is wanted by it at once gets a link of the
// other kind.
func TestPurposeChanges(t *testing.T) {
	s := newUnlinked(t)
	s.pass(time.Minute)
	s.observeFails(replay(flinks.CodeInvalidPassword))
	if got := s.status().Reconnect.Link.URL; got != linkOf(s, false, s.now, week) {
		t.Errorf("the link is %q", got)
	}

	// And the other way, if a status was restored without its binding.
	s = newWanted(t)
	s.pass(time.Minute)
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Binding = nil })
	s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
	if got := s.status().Reconnect.Link.URL; got != linkOf(s, true, s.now, week) {
		t.Errorf("the link is %q", got)
	}
}

// TestNoReissueAtTheGateway: the customer starts the next session.
func TestNoReissueAtTheGateway(t *testing.T) {
	s := newLinked(t)
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect.OnExpiry = v1alpha1.Reissue })
	s.wait()
	s.request("1")
	s.gatewayAsks()
	s.pass(time.Hour)
	unanswered(s)
	s.neverRefreshes()
}

// TestLinkEvents: an application that sends links to customers gets an event for every
// one.
func TestLinkEvents(t *testing.T) {
	s := newLinked(t)
	issued := func() (n int) {
		for _, e := range lifecycle.Events(&v1alpha1.BankConnectionStatus{}, s.status()) {
			if e.Reason == v1alpha1.ReasonLinkIssued {
				n++
			}
			if strings.Contains(e.Note, "https:") {
				t.Errorf("an event holds a link: %+v", e)
			}
		}
		return n
	}
	if issued() != 0 {
		t.Error("a link that is not there is told of")
	}
	unanswered(s)
	if issued() != 1 {
		t.Error("a link is not told of")
	}
	before := *s.status()
	s.newLink("1")
	if e := lifecycle.Events(&before, s.status()); len(e) != 1 || e[0].Reason != v1alpha1.ReasonLinkIssued {
		t.Errorf("events: %+v", e)
	}
}

// TestConditionsOfGateway goes on with the table of conditions: what a link to the
// gateway adds.
func TestConditionsOfGateway(t *testing.T) {
	unknown := "Unknown NotObserved"
	runConditions(t, map[string]conditionRow{
		"to be linked": {
			func(s *fixture) { *s = *newUnlinked(s.t) },
			shown{conditions("False UserActionRequired", "False ConnectRequired", unknown, "UserActionRequired", "True ConnectRequired"), status.InProgressStatus},
		},
		"to be linked, suspended": {
			func(s *fixture) { *s = *newUnlinked(s.t); suspend(s) },
			shown{conditions(
				"False UserActionRequired", "False ConnectRequired", unknown,
				"UserActionRequired", "True ConnectRequired", "Suspended", "True Suspended",
			), status.InProgressStatus},
		},
		"to be linked, no gateway": {
			func(s *fixture) {
				*s = *newFixture(s.t)
				s.edit(byGateway)
				s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
			},
			shown{conditions("False SecretNotFound", unknown, unknown, "GatewayUnavailable", "True GatewayNotConfigured"), status.InProgressStatus},
		},
		"to be linked, no instance": {
			func(s *fixture) {
				*s = *newUnlinked(s.t)
				s.Gateway, s.Instance.Problem = nil, v1alpha1.ReasonInstanceNotFound
				s.wait()
			},
			shown{conditions("False InstanceNotFound", "False ConnectRequired", unknown, "UserActionRequired", "True ConnectRequired"), status.InProgressStatus},
		},
		"linked": {
			func(s *fixture) { *s = *newUnlinked(s.t); s.observed(s.now.Add(-time.Hour)) },
			shown{conditions("True Refreshed", authorized, fresh), status.CurrentStatus},
		},
		"wanted, no gateway": {
			func(s *fixture) { s.edit(byGateway); unanswered(s) },
			shown{conditions(
				"True UserActionRequired", "False QuestionUnanswered", fresh,
				"UserActionRequired", "True QuestionUnanswered", "GatewayUnavailable", "True GatewayNotConfigured",
			), status.CurrentStatus},
		},
	})
}
