package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

func inSecret(spec *v1alpha1.BankConnectionSpec) {
	spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Destination: v1alpha1.LinkInSecret}}
}

func handOff(spec *v1alpha1.BankConnectionSpec) {
	spec.SessionHandOff = &v1alpha1.SessionHandOff{Destination: v1alpha1.SessionInSecret}
	spec.Accounts = v1alpha1.AccountsAll
}

var (
	takesLink    = lifecycle.RevokeSecret{Secret: lifecycle.LinkSecret}
	takesSession = lifecycle.RevokeSecret{Secret: lifecycle.SessionSecret}
)

const linkSecret = "acme-chequing-reconnect"

// newDelivered returns a connection whose link was put into a Secret.
func newDelivered(t *testing.T) *fixture {
	t.Helper()
	s := newBound(t)
	s.edit(inSecret)
	s.wait()
	s.request("1")
	s.refreshes(lifecycle.Outcome{
		Authorization: &flinks.Authorization{State: flinks.ChallengePending}, Delivery: lifecycle.Delivery{SecretName: linkSecret},
	})
	return s
}

// withdraws records that a Secret was deleted.
func (s *fixture) withdraws(want lifecycle.RevokeSecret) {
	s.t.Helper()
	s.decides(want)
	s.record(lifecycle.Outcome{Action: want, Delivery: lifecycle.Delivery{SecretName: lifecycle.DeliveredSecretName(s.Connection, want.Secret)}})
}

// mayBeOut reports whether a Secret with a link is recorded.
func (s *fixture) mayBeOut() bool {
	return s.status().Internal.LinkSecretName == linkSecret
}

func TestLinkInSecret(t *testing.T) {
	s := newDelivered(t)
	want := &v1alpha1.ReconnectStatus{
		Reason: v1alpha1.ReasonMFARequired, StartTime: ago(s, 0),
		Question: v1alpha1.QuestionStatus{IssueTime: ago(s, 0), ExpirationTime: ago(s, -450*time.Second), IssueCount: 1},
		Link: v1alpha1.LinkStatus{
			Type: v1alpha1.LinkDirect, SecretName: linkSecret, IssueTime: ago(s, 0), ExpirationTime: ago(s, -450*time.Second),
		},
	}
	if diff := cmp.Diff(want, s.status().Reconnect); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.condition(v1alpha1.ConditionSecretNotDelivered).Status != "" {
		t.Error("it was not delivered")
	}
	if got := s.condition(v1alpha1.ConditionUserActionRequired); !strings.Contains(got.Message, "Secret") {
		t.Errorf("%s does not say where the link is: %s", got.Reason, got.Message)
	}
	s.quietFor(7*time.Minute, lifecycle.Observe{})
	s.passUntil(s.status().Reconnect.Question.ExpirationTime)
	s.withdraws(takesLink)
	if s.mayBeOut() || s.status().Reconnect.Link.SecretName != "" || s.status().Reconnect.Reason != v1alpha1.ReasonLinkExpired {
		t.Errorf("the link is still there: %+v", s.status().Reconnect)
	}
	s.quietFor(20*time.Minute, lifecycle.Observe{})
}

// TestLinkAge counts from the bank's answer, not from when everything was written.
func TestLinkAge(t *testing.T) {
	s := newBound(t)
	s.request("1")
	asked := s.now.Add(10 * time.Second)
	o := lifecycle.Outcome{
		Action: s.claim(), Identity: identity, Link: lifecycle.SessionLink{URL: link}, Answered: asked,
		Authorization: &flinks.Authorization{State: flinks.ChallengePending},
	}
	s.pass(time.Minute)
	s.record(o)
	if got := s.status().Reconnect.Question.ExpirationTime; got.After(asked.Add(450 * time.Second)) {
		t.Errorf("the link expires at %v, the bank asked at %v", got, asked)
	}
}

// TestLinkIsRevoked once it is of no more use, whatever else is the matter.
func TestLinkIsRevoked(t *testing.T) {
	for name, arrange := range map[string]func(s *fixture){
		"used":            func(s *fixture) { s.observed(s.now) },
		"answered wrong":  func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidSecurityResponse)) },
		"expired":         func(s *fixture) { s.pass(8 * time.Minute) },
		"suspended":       func(s *fixture) { suspend(s); s.pass(8 * time.Minute) },
		"instance away":   func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotFound; s.pass(8 * time.Minute) },
		"request pending": func(s *fixture) { s.pass(9 * time.Minute); s.request("2") },
		"delivery changed": func(s *fixture) {
			s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = nil })
			s.pass(8 * time.Minute)
		},
		"reconnect lost": func(s *fixture) { s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect = nil }) },
		"deletion waits": func(s *fixture) {
			s.delete()
			s.record(lifecycle.Outcome{Action: lifecycle.Delete{}, Err: refusal(flinks.OpDeleteCard, flinks.CodeCardInUse, false)})
			s.pass(8 * time.Minute)
			s.NotUntil = s.now.Add(time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newDelivered(t)
			s.quietFor(time.Second)
			arrange(s)
			s.withdraws(takesLink)
			if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.RevokeSecret](a) || s.mayBeOut() {
				t.Errorf("once more: %+v", a)
			}
		})
	}
}

// TestDeletionDoesNotWaitForSecrets that are out of reach.
func TestDeletionDoesNotWaitForSecrets(t *testing.T) {
	s := newDelivered(t)
	s.pass(8 * time.Minute)
	s.delete()
	s.decides(lifecycle.Delete{})
	s.record(lifecycle.Outcome{Action: lifecycle.Delete{}, Err: refusal(flinks.OpDeleteCard, flinks.CodeCardInUse, false)})
	s.decides(takesLink)
	s.record(lifecycle.Outcome{Action: takesLink, Delivery: lifecycle.Delivery{Problem: v1alpha1.ReasonSecretWriteForbidden}})
	s.pass(45 * time.Second)
	s.decides(lifecycle.Delete{})
}

// TestCrashWithALinkOut: a claim without a result may have left a Secret behind.
func TestCrashWithALinkOut(t *testing.T) {
	s := newBound(t)
	s.edit(inSecret)
	s.wait()
	s.request("1")
	s.claim()
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = nil })
	s.wait()
	s.quietFor(12 * time.Minute)
	s.passUntil(notBefore(s))
	s.withdraws(takesLink)
	s.decides(observes)
}

// TestNoSecretWithoutAQuestion: any other answer leaves no Secret to delete.
func TestNoSecretWithoutAQuestion(t *testing.T) {
	for name, outcome := range map[string]func(s *fixture){
		"let in":   (*fixture).refreshSucceeds,
		"refused":  func(s *fixture) { s.refreshFails(refusal(flinks.OpRefresh, flinks.CodeRetryLater, true)) },
		"lost":     func(s *fixture) { s.refreshFails(noAnswer(flinks.OpRefresh)) },
		"not sent": func(s *fixture) { s.refreshFails(notSent(flinks.OpRefresh)) },
		"no Secret": func(s *fixture) {
			s.claim()
			s.problem(lifecycle.Refresh{}, v1alpha1.ReasonSecretNotFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			s.edit(inSecret)
			s.wait()
			s.request("1")
			outcome(s)
			if a := lifecycle.Decide(s.now, s.Inputs); s.mayBeOut() || lifecycle.Is[lifecycle.RevokeSecret](a) {
				t.Errorf("%+v", a)
			}
		})
	}
}

// TestUndelivered: the customer is wanted all the same, and the next one that works
// ends it.
func TestUndelivered(t *testing.T) {
	for _, reason := range []string{
		v1alpha1.ReasonSecretWriteForbidden, v1alpha1.ReasonSecretWriteUnguarded, v1alpha1.ReasonSecretNotOwned, v1alpha1.ReasonSecretWriteFailed,
	} {
		s := newBound(t)
		s.edit(inSecret)
		s.wait()
		s.request("1")
		before := s.Connection
		s.refreshes(lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.ChallengePending}, Delivery: lifecycle.Delivery{Problem: reason}})
		if got := s.condition(v1alpha1.ConditionSecretNotDelivered); got.Reason != reason || got.Message == "" {
			t.Errorf("condition: %+v", got)
		}
		if r := s.status().Reconnect; r.Reason != v1alpha1.ReasonMFARequired || r.Link.URL != "" || r.Link.SecretName != "" {
			t.Errorf("reconnect: %+v", r)
		}
		want := []string{"Warning UserActionRequired MFARequired", "Warning SecretNotDelivered " + reason}
		if diff := cmp.Diff(want, summaries(t, lifecycle.Events(&before.Status, s.status()))); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		s.decides(takesLink) // It may have been written, or there is an older one.
		s.record(lifecycle.Outcome{Action: takesLink})
		if s.condition(v1alpha1.ConditionSecretNotDelivered).Reason != reason {
			t.Error("forgotten")
		}
		s.pass(30 * time.Minute)
		s.request("2")
		s.refreshes(lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.ChallengePending}, Delivery: lifecycle.Delivery{SecretName: linkSecret}})
		if got := s.condition(v1alpha1.ConditionSecretNotDelivered); got.Status != "" {
			t.Errorf("still there: %+v", got)
		}
	}
}

// TestUndeliveredIsOver when no Secret is wanted any more.
func TestUndeliveredIsOver(t *testing.T) {
	s := newDelivered(t)
	s.pass(8 * time.Minute)
	s.record(lifecycle.Outcome{Action: takesLink, Delivery: lifecycle.Delivery{Problem: v1alpha1.ReasonSecretWriteForbidden}})
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = nil })
	s.wait()
	if s.condition(v1alpha1.ConditionSecretNotDelivered).Status == "" {
		t.Error("the Secret is still there, and nothing says so")
	}
	s.withdraws(takesLink)
	if got := s.condition(v1alpha1.ConditionSecretNotDelivered); got.Status != "" {
		t.Errorf("still there: %+v", got)
	}
}

// TestRevocationIsPaced, and holds up nothing.
func TestRevocationIsPaced(t *testing.T) {
	s := newDelivered(t)
	s.pass(10 * time.Minute)
	tries := 0
	for end := s.now.Add(24 * time.Hour); s.now.Before(end); {
		switch a := lifecycle.Decide(s.now, s.Inputs).(type) {
		case lifecycle.RevokeSecret:
			tries++
			s.record(lifecycle.Outcome{Action: a, Delivery: lifecycle.Delivery{Problem: v1alpha1.ReasonSecretWriteForbidden}})
		case lifecycle.Observe:
			olderData(s)
		default:
			s.wait()
		}
		s.now, _ = s.next()
	}
	if tries < 24 || tries > 40 {
		t.Errorf("tried %d times in a day", tries)
	}
	s.SecretNotUntil = s.now.Add(time.Minute)
	s.request("2")
	s.decides(lifecycle.Refresh{Request: "2"})
}

// TestRevocationThatWasDone although the API server answered it with an error: where the next
// attempt finds no Secret, the failure is over.
func TestRevocationThatWasDone(t *testing.T) {
	direct := func(t *testing.T) *fixture { s := newDelivered(t); s.pass(8 * time.Minute); return s }
	used := func(t *testing.T) *fixture { s := newDelivered(t); s.observed(s.now); return s }
	renamed := func(t *testing.T) *fixture {
		s := newWanted(t)
		s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect.Link.Destination = v1alpha1.LinkInSecret })
		s.wait()
		s.record(lifecycle.Outcome{Action: lifecycle.DeliverLink{}, Delivery: lifecycle.Delivery{SecretName: linkSecret}})
		s.edit(func(spec *v1alpha1.BankConnectionSpec) {
			spec.Reconnect.Link.SecretTemplate = &v1alpha1.SecretTemplate{Name: "another"}
		})
		s.wait()
		return s
	}
	session := func(t *testing.T) *fixture {
		s := newCollected(t, handOff)
		s.handedOff(lifecycle.Outcome{Delivery: lifecycle.Delivery{SecretName: "acme-chequing-session"}})
		s.edit(func(spec *v1alpha1.BankConnectionSpec) {
			spec.SessionHandOff.SecretTemplate = &v1alpha1.SecretTemplate{Name: "another"}
		})
		return s
	}
	const failed, forbidden = v1alpha1.ReasonSecretWriteFailed, v1alpha1.ReasonSecretWriteForbidden
	for name, row := range map[string]struct {
		arrange      func(t *testing.T) *fixture
		revokes      lifecycle.RevokeSecret
		reason, then string
	}{
		"an expired link":            {direct, takesLink, failed, ""},
		"a used link":                {used, takesLink, failed, ""},
		"a link by another name":     {renamed, takesLink, failed, ""},
		"a session by another name":  {session, takesSession, failed, ""},
		"a right is missing":         {direct, takesLink, forbidden, forbidden},
		"a Secret of something else": {used, takesLink, v1alpha1.ReasonSecretNotOwned, v1alpha1.ReasonSecretNotOwned},
	} {
		t.Run(name, func(t *testing.T) {
			s := row.arrange(t)
			s.decides(row.revokes)
			s.record(lifecycle.Outcome{Action: row.revokes, Delivery: lifecycle.Delivery{Problem: row.reason}})
			if got := s.condition(v1alpha1.ConditionSecretNotDelivered).Reason; got != row.reason {
				t.Errorf("the condition says %q", got)
			}
			s.pass(time.Minute)
			s.decides(row.revokes)
			s.record(lifecycle.Outcome{Action: row.revokes})
			if got := s.condition(v1alpha1.ConditionSecretNotDelivered).Reason; got != row.then {
				t.Errorf("then it says %q", got)
			}
		})
	}
}

// TestUndeliveredSessionIsNotForgotten: that there is no link to delete says nothing of the session.
func TestUndeliveredSessionIsNotForgotten(t *testing.T) {
	s := newDelivered(t)
	s.edit(handOff)
	s.observed(s.now)
	failed := lifecycle.Delivery{Problem: v1alpha1.ReasonSecretWriteFailed}
	s.record(lifecycle.Outcome{Action: takesLink, Delivery: failed})
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	s.SecretNotUntil = s.now.Add(time.Hour)
	s.handedOff(lifecycle.Outcome{Delivery: failed})
	s.pass(time.Hour)
	s.decides(takesLink)
	s.record(lifecycle.Outcome{Action: takesLink})
	if got := s.condition(v1alpha1.ConditionSecretNotDelivered).Reason; got != v1alpha1.ReasonSecretWriteFailed {
		t.Errorf("the condition says %q", got)
	}
}

// newCollected returns a connection with new data whose session is to be delivered.
func newCollected(t *testing.T, change ...func(*v1alpha1.BankConnectionSpec)) *fixture {
	t.Helper()
	s := newBound(t)
	for _, f := range change {
		s.edit(f)
	}
	s.wait()
	s.request("1")
	s.refreshSucceeds()
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	return s
}

// bringsSession reports whether an action brings a session that is to be delivered.
func bringsSession(a lifecycle.Action) bool {
	observe, _ := a.(lifecycle.Observe)
	return observe.HandOff
}

var observesAndHandsOff = lifecycle.Observe{HandOff: true}

// handedOff records the observe after a success; name is the Secret that was written.
func (s *fixture) handedOff(o lifecycle.Outcome) {
	s.t.Helper()
	s.decides(observesAndHandsOff)
	o.Action, o.Identity = observesAndHandsOff, identity
	if o.Err == nil {
		o.Authorization = &flinks.Authorization{State: flinks.Authorized, LastRefresh: s.status().LastRefreshTime.Time}
	}
	s.record(o)
}

// TestHandOff happens once for each success, right after it.
func TestHandOff(t *testing.T) {
	s := newCollected(t, handOff)
	if next, ok := s.next(); !ok || next.Sub(s.now) > time.Second {
		t.Errorf("it is looked at again at %v", next)
	}
	s.handedOff(lifecycle.Outcome{Delivery: lifecycle.Delivery{SecretName: "acme-chequing-session"}})
	want := &v1alpha1.SessionStatus{DataTime: s.status().LastRefreshTime, SecretName: "acme-chequing-session", IssueTime: ago(s, 0), ExpirationTime: ago(s, -450*time.Second)}
	if diff := cmp.Diff(want, s.status().Session); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.restart()
	s.quietFor(23 * time.Hour)
	s.pass(4 * time.Hour)
	s.decides(observes)
	olderData(s)

	s.request("2")
	s.refreshSucceeds()
	s.decides(collects)
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	s.handedOff(lifecycle.Outcome{Delivery: lifecycle.Delivery{SecretName: "acme-chequing-session"}})
	if !s.status().Session.DataTime.Equal(s.status().LastRefreshTime) || !s.status().Session.IssueTime.Equal(ago(s, 0)) {
		t.Errorf("session: %+v", s.status().Session)
	}
}

// TestHandOffThatFails: a session that cannot be delivered waits for the next success, and
// an observe without an answer is repeated.
func TestHandOffThatFails(t *testing.T) {
	for name, row := range map[string]struct {
		outcome lifecycle.Outcome
		again   bool
		reason  string
	}{
		"forbidden":        {lifecycle.Outcome{Delivery: lifecycle.Delivery{Problem: v1alpha1.ReasonSecretWriteForbidden}}, false, v1alpha1.ReasonSecretWriteForbidden},
		"not ours":         {lifecycle.Outcome{Delivery: lifecycle.Delivery{Problem: v1alpha1.ReasonSecretNotOwned}}, false, v1alpha1.ReasonSecretNotOwned},
		"replayed failure": {lifecycle.Outcome{Err: replay(flinks.CodeInvalidPassword)}, false, ""},
		"no answer":        {lifecycle.Outcome{Err: noAnswer(flinks.OpObserve)}, true, ""},
		"a failed write":   {lifecycle.Outcome{Delivery: lifecycle.Delivery{Problem: v1alpha1.ReasonSecretWriteFailed}}, true, v1alpha1.ReasonSecretWriteFailed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newCollected(t, handOff)
			s.handedOff(row.outcome)
			if got := s.condition(v1alpha1.ConditionSecretNotDelivered).Reason; got != row.reason {
				t.Errorf("the condition says %q", got)
			}
			if s.status().Session.ExpirationTime != nil {
				t.Error("something was handed out")
			}
			if row.again {
				s.quietFor(4 * time.Second)
				s.pass(10 * time.Minute)
				s.decides(observesAndHandsOff)
				return
			}
			s.quietFor(23 * time.Hour)
		})
	}
}

// TestHandOffWhileTheAPIServerIsInTrouble is tried for half an hour, ever less often.
func TestHandOffWhileTheAPIServerIsInTrouble(t *testing.T) {
	s := newCollected(t, handOff)
	tries := 0
	for end := s.now.Add(20 * time.Hour); s.now.Before(end); {
		if bringsSession(lifecycle.Decide(s.now, s.Inputs)) {
			tries++
			s.handedOff(lifecycle.Outcome{Delivery: lifecycle.Delivery{Problem: v1alpha1.ReasonSecretWriteFailed}})
		}
		s.pass(10 * time.Second)
	}
	if tries < 3 || tries > 8 {
		t.Errorf("tried %d times", tries)
	}
	if s.status().Session.IssueTime == nil || s.condition(v1alpha1.ConditionSecretNotDelivered).Reason != v1alpha1.ReasonSecretWriteFailed {
		t.Errorf("at the end: %+v", s.status().Session)
	}
}

// TestHandOffIsAnnounced before there is a Secret, and revoked when the spec no longer
// wants it, even if it was never written.
func TestHandOffIsAnnounced(t *testing.T) {
	s := newCollected(t, handOff)
	if got := s.status().Session; got == nil || !got.DataTime.Equal(s.status().LastRefreshTime) || got.IssueTime != nil {
		t.Fatalf("session: %+v", got)
	}
	s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.SessionHandOff = nil })
	s.decides(takesSession)
	s.record(lifecycle.Outcome{Action: takesSession})
	if s.status().Session != nil {
		t.Error("it is still announced")
	}
	s.quietFor(23 * time.Hour)
}

// TestHandOffTurnedOn delivers the session of the newest success.
func TestHandOffTurnedOn(t *testing.T) {
	s := newCollected(t)
	s.quietFor(time.Hour)
	s.edit(handOff)
	s.wait()
	s.decides(observesAndHandsOff)
}

func TestNoHandOff(t *testing.T) {
	for name, arrange := range map[string]func(t *testing.T) *fixture{
		"not wanted":  func(t *testing.T) *fixture { t.Helper(); return newCollected(t) },
		"no data yet": func(t *testing.T) *fixture { s := newFixture(t); s.edit(handOff); s.observed(time.Time{}); return s },
		"suspended":   func(t *testing.T) *fixture { s := newCollected(t, handOff); suspend(s); return s },
		"still collecting": func(t *testing.T) *fixture {
			s := newBound(t)
			s.edit(handOff)
			s.wait()
			s.request("1")
			s.refreshSucceeds()
			return s
		},
		"being deleted": func(t *testing.T) *fixture { s := newCollected(t, handOff); s.delete(); return s },
	} {
		t.Run(name, func(t *testing.T) {
			if a := lifecycle.Decide(arrange(t).now, arrange(t).Inputs); bringsSession(a) {
				t.Errorf("%+v", a)
			}
		})
	}
}
