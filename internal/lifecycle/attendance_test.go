package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// gateway makes links that can be told apart.
func gateway() *lifecycle.Gateway {
	return &lifecycle.Gateway{Link: func(c lifecycle.LinkClaims) string {
		return fmt.Sprintf("https://connect.example.com/c/%t-%d-%d", c.Connects, c.Issued.Unix(), c.Expires.Unix())
	}}
}

func byGateway(spec *v1alpha1.BankConnectionSpec) {
	spec.Reconnect = &v1alpha1.ReconnectSpec{Delivery: v1alpha1.DeliverByGateway}
}

// newUnlinked returns a connection whose login does not exist yet.
func newUnlinked(t testing.TB) *fixture {
	t.Helper()
	s := newFixture(t)
	s.Gateway = gateway()
	s.edit(byGateway)
	s.problem(lifecycle.Observe, v1alpha1.ReasonSecretNotFound)
	return s
}

// newLinked returns a bound connection with a gateway whose customer does not have to act.
func newLinked(t testing.TB) *fixture {
	t.Helper()
	s := newBound(t)
	s.Gateway = gateway()
	s.edit(byGateway)
	s.wait()
	return s
}

// newWanted returns a connection whose customer did not answer the bank's question.
func newWanted(t testing.TB) *fixture {
	t.Helper()
	s := newLinked(t)
	unanswered(s)
	return s
}

// click clicks the button of the page, which must offer it.
func (s *fixture) click() {
	s.t.Helper()
	st, ok := lifecycle.RequestRefresh(s.now, s.Inputs)
	if !ok {
		s.t.Fatalf("the page offers no button but %+v", lifecycle.ViewLink(s.now, s.Inputs))
	}
	s.store(st)
}

// notify tells that Flinks announced something.
func (s *fixture) notify() {
	s.t.Helper()
	st, ok := lifecycle.RequestObserve(s.now, s.Inputs)
	if !ok {
		s.t.Fatal("the webhook is not taken")
	}
	s.store(st)
}

// finish records that the customer went through Flinks Connect.
func (s *fixture) finish() {
	s.t.Helper()
	st, ok := lifecycle.FinishLink(s.now, s.Inputs)
	if !ok {
		s.t.Fatal("that the customer finished is not taken")
	}
	s.store(st)
}

// gatewayAsks records that the bank asked the customer, who is on the page, a question.
func (s *fixture) gatewayAsks() {
	s.t.Helper()
	s.refreshes(lifecycle.Outcome{
		Authorization: &flinks.Authorization{State: flinks.ChallengePending, Challenges: []flinks.ChallengeType{flinks.ChallengeTextOrCall}},
		SealedSession: "sealed",
	})
}

func (s *fixture) attend(times ...time.Duration) {
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		if st.Refresh == nil {
			st.Refresh = &v1alpha1.RefreshStatus{}
		}
		for _, d := range times {
			st.Refresh.AttendedTimes = append(st.Refresh.AttendedTimes, *ago(s, d))
		}
	})
}

// TestViewLink goes through everything that a customer who opens the link can find.
func TestViewLink(t *testing.T) {
	const (
		mfa        = v1alpha1.ReasonMFARequired
		unanswered = v1alpha1.ReasonQuestionUnanswered
		down       = v1alpha1.ReasonFlinksUnavailable
	)
	blocked := func(reason string) lifecycle.LinkView {
		return lifecycle.LinkView{State: lifecycle.LinkBlocked, Reason: reason}
	}
	working := lifecycle.LinkView{State: lifecycle.LinkWorking}
	connect := func(reason string) lifecycle.LinkView {
		return lifecycle.LinkView{State: lifecycle.LinkConnect, Reason: reason}
	}
	start := func(reason string) lifecycle.LinkView {
		return lifecycle.LinkView{State: lifecycle.LinkStart, Reason: reason}
	}
	unavailable := func(reason string) lifecycle.LinkView {
		return lifecycle.LinkView{State: lifecycle.LinkUnavailable, Reason: reason}
	}
	rejected := func(code flinks.Code) func(*fixture) {
		return func(s *fixture) { s.click(); s.refreshFails(refusal(flinks.OpRefresh, code, true)) }
	}
	// until is what a row wants of Until: from it on, the page says something else.
	for name, row := range map[string]struct {
		from    func(testing.TB) *fixture
		arrange func(s *fixture)
		want    lifecycle.LinkView
		until   func(s *fixture) time.Time
	}{
		"not asked to act":                {newLinked, func(*fixture) {}, lifecycle.LinkView{State: lifecycle.LinkDone}, nil},
		"not asked to act, and a webhook": {newLinked, func(s *fixture) { s.notify() }, lifecycle.LinkView{State: lifecycle.LinkDone}, nil},
		"going":                           {newWanted, func(s *fixture) { s.delete() }, blocked(""), nil},
		"suspended":                       {newWanted, suspend, blocked(v1alpha1.ReasonSuspended), nil},
		"a duplicate":                     {newWanted, func(s *fixture) { s.Duplicate = true }, blocked(v1alpha1.ReasonDuplicateLogin), nil},
		"not served": {
			newWanted, func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonNamespaceNotAllowed },
			blocked(v1alpha1.ReasonNamespaceNotAllowed), nil,
		},
		"the login is gone": {newWanted, func(s *fixture) { s.observeFails(gone()) }, blocked(v1alpha1.ReasonLoginGone), nil},
		"the Secret is gone": {
			newWanted, func(s *fixture) { s.problem(lifecycle.Observe, v1alpha1.ReasonSecretNotFound) },
			blocked(v1alpha1.ReasonSecretNotFound), nil,
		},
		"Flinks rejects what is asked": {
			newWanted, func(s *fixture) {
				s.pass(time.Hour)
				s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidRequest, false))
			},
			blocked(v1alpha1.ReasonRequestRejected), nil,
		},
		"links no longer lead to a gateway": {
			newWanted, func(s *fixture) { s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = nil }) }, blocked(""), nil,
		},
		"a policy that can never work": {
			newWanted, func(s *fixture) {
				s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = cron("never") })
			},
			start(unanswered), nil,
		},

		"the instance is not ready": {
			newWanted, func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotReady },
			unavailable(v1alpha1.ReasonInstanceNotReady), nil,
		},
		"the keys are gone": {
			newWanted, func(s *fixture) { s.problem(lifecycle.Observe, v1alpha1.ReasonInstanceNotReady) },
			unavailable(v1alpha1.ReasonInstanceNotReady), nil,
		},
		"Flinks is down": {
			newWanted, func(s *fixture) { s.pass(time.Hour); s.observeFails(noAnswer(flinks.OpObserve)) },
			unavailable(down), func(s *fixture) time.Time { return s.status().NextObserveTime.Time },
		},
		"Flinks wants a pause": {
			newWanted, func(s *fixture) { s.click(); s.refreshFails(throttled(time.Hour)) },
			unavailable(down), holdEnd,
		},
		"the bank is down": {
			newWanted, rejected(flinks.CodeRetryLater),
			unavailable(down), func(s *fixture) time.Time {
				return s.status().Refresh.LastResult.Time.Add(5*time.Minute + time.Second - 1)
			},
		},
		"the bank was down": {
			newWanted, func(s *fixture) { rejected(flinks.CodeRetryLater)(s); s.pass(5*time.Minute + time.Second) }, start(unanswered), nil,
		},
		"the bank was down when it was last observed": {
			newWanted, func(s *fixture) {
				rejected(flinks.CodeRetryLater)(s)
				s.pass(time.Hour)
				s.observeFails(replay(flinks.CodeRetryLater))
			},
			start(unanswered), nil,
		},
		"nothing was sent": {
			newWanted, func(s *fixture) { s.click(); s.refreshFails(notSent(flinks.OpRefresh)) },
			unavailable(down), func(s *fixture) time.Time {
				return s.status().Refresh.LastResult.Time.Add(time.Minute + time.Second - 1)
			},
		},

		"there is no login yet": {newUnlinked, func(*fixture) {}, connect(v1alpha1.ReasonConnectRequired), nil},
		"there is no login yet, the instance is not ready": {
			newUnlinked, func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotReady },
			unavailable(v1alpha1.ReasonInstanceNotReady), nil,
		},
		"there was just linked":       {newUnlinked, func(s *fixture) { s.finish() }, working, nil},
		"it was linked, and is found": {newUnlinked, func(s *fixture) { s.finish(); s.observed(s.now) }, lifecycle.LinkView{State: lifecycle.LinkDone}, nil},
		"it was linked, and Flinks is down": {
			newUnlinked, func(s *fixture) { s.finish(); s.observeFails(noAnswer(flinks.OpObserve)) },
			unavailable(down), func(s *fixture) time.Time { return s.status().NextObserveTime.Time },
		},
		"not looked at yet": {newFixture, func(s *fixture) { s.edit(byGateway) }, working, nil},

		"wrong password":           {newWanted, rejected(flinks.CodeInvalidPassword), connect(v1alpha1.ReasonCredentialsRejected), nil},
		"locked":                   {newWanted, rejected(flinks.CodeDisabledLogin), connect(v1alpha1.ReasonLoginLocked), nil},
		"the bank wants something": {newWanted, rejected(flinks.CodeNewAccount), connect(v1alpha1.ReasonBankActionRequired), nil},
		"the credentials are too old": {
			newWanted, func(s *fixture) { s.pass(31 * 24 * time.Hour); s.wait() }, connect(unanswered), nil,
		},
		"wrong password, and a webhook": {newWanted, func(s *fixture) { rejected(flinks.CodeInvalidPassword)(s); s.notify() }, working, nil},
		"wrong password, then through Connect": {
			newWanted, func(s *fixture) {
				rejected(flinks.CodeInvalidPassword)(s)
				s.finish()
				s.observeFails(replay(flinks.CodeInvalidPassword))
			},
			working, nil,
		},
		"wrong password, then through Connect, in vain": {
			newWanted, func(s *fixture) {
				rejected(flinks.CodeInvalidPassword)(s)
				s.finish()
				s.observeFails(replay(flinks.CodeInvalidPassword))
				s.pass(5 * time.Minute)
			},
			connect(v1alpha1.ReasonCredentialsRejected), nil,
		},

		"not answered": {newWanted, func(*fixture) {}, start(unanswered), nil},
		"the night brought nothing": {
			newLinked, func(s *fixture) {
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
					st.Reconnect = &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonNightlyRefreshFailed}
				})
			},
			start(v1alpha1.ReasonNightlyRefreshFailed), nil,
		},
		"not answered, and a webhook":     {newWanted, func(s *fixture) { s.notify() }, working, nil},
		"a webhook that was not acted on": {newWanted, func(s *fixture) { s.notify(); s.pass(2 * time.Minute) }, start(unanswered), nil},
		"pressed":                         {newWanted, func(s *fixture) { s.click() }, working, nil},
		"clicked, and not acted on":       {newWanted, func(s *fixture) { s.click(); s.pass(2 * time.Minute) }, start(unanswered), nil},
		"pressed, by a clock that is fast": {
			newWanted, func(s *fixture) {
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
					st.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, Time: *ago(s, -2*time.Minute)}
				})
			},
			start(unanswered), nil,
		},
		"pressed, and the limits do not allow it": {
			newWanted, func(s *fixture) {
				s.click()
				s.Live = lifecycle.Deferral{Until: s.now.Add(time.Hour), Reason: down}
				s.wait()
			},
			unavailable(down), func(s *fixture) time.Time { return s.status().GatewayRequest.Time.Add(time.Minute) },
		},
		"the call is under way": {newWanted, func(s *fixture) { s.click(); s.claim() }, working, nil},
		"the claim was lost": {
			newWanted, func(s *fixture) { s.click(); s.claim(); s.pass(5 * time.Minute) },
			lifecycle.LinkView{State: lifecycle.LinkWait, Reason: unanswered}, holdEnd,
		},
		"the answer was lost": {
			newWanted, func(s *fixture) { s.click(); s.refreshFails(noAnswer(flinks.OpRefresh)) },
			lifecycle.LinkView{State: lifecycle.LinkWait, Reason: unanswered}, holdEnd,
		},
		"the answer was lost, and is looked for": {
			newWanted, func(s *fixture) {
				s.click()
				s.refreshFails(noAnswer(flinks.OpRefresh))
				s.passUntil(s.status().Refresh.NotBefore)
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.LastError = nil })
			},
			working, nil,
		},
		"the answer was lost, and Flinks is down": {
			newWanted, func(s *fixture) {
				s.click()
				s.refreshFails(noAnswer(flinks.OpRefresh))
				s.passUntil(s.status().Refresh.NotBefore)
				s.observeFails(noAnswer(flinks.OpObserve))
			},
			unavailable(down), func(s *fixture) time.Time { return s.status().NextObserveTime.Time },
		},
		"let in": {newWanted, func(s *fixture) { s.click(); s.refreshSucceeds() }, working, nil},
		"let in, and done": {newWanted, func(s *fixture) {
			s.click()
			s.refreshSucceeds()
			s.collected(flinks.AccountsDetail{LastRefresh: s.now})
		}, lifecycle.LinkView{State: lifecycle.LinkDone}, nil},
		"asked":                {newWanted, func(s *fixture) { s.click(); s.gatewayAsks() }, lifecycle.LinkView{State: lifecycle.LinkResume, Reason: mfa}, nil},
		"asked, and a webhook": {newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); s.notify() }, lifecycle.LinkView{State: lifecycle.LinkResume, Reason: mfa}, nil},
		"asked, and answered":  {newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); s.finish() }, working, nil},
		"asked, and answered, in Flinks' own time": {
			newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); s.finish(); olderData(s) }, working, nil,
		},
		"asked, and answered, and found": {
			newWanted, func(s *fixture) {
				s.click()
				s.gatewayAsks()
				s.pass(time.Minute)
				s.finish()
				s.observed(s.now)
				s.collected(flinks.AccountsDetail{LastRefresh: s.now})
			},
			lifecycle.LinkView{State: lifecycle.LinkDone}, nil,
		},
		"asked, but the session could not be sealed": {
			newWanted, func(s *fixture) {
				s.click()
				s.refreshes(lifecycle.Outcome{Authorization: &flinks.Authorization{State: flinks.ChallengePending}})
			},
			lifecycle.LinkView{State: lifecycle.LinkWait, Reason: mfa}, holdEnd,
		},
		"asked, and the question is over": {
			newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); s.pass(8 * time.Minute); s.wait() },
			lifecycle.LinkView{State: lifecycle.LinkWait, Reason: v1alpha1.ReasonLinkExpired}, holdEnd,
		},
		"asked, and the session is over": {
			newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); s.pass(10 * time.Minute); s.wait() },
			start(v1alpha1.ReasonLinkExpired), nil,
		},
		"asked, and the question is over, by a status of before": {
			newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); s.pass(10 * time.Minute) }, start(mfa), nil,
		},
		"five sessions in vain": {
			newWanted, func(s *fixture) { s.attend(20*time.Hour, 4*time.Hour, 3*time.Hour, 2*time.Hour, time.Hour) },
			lifecycle.LinkView{State: lifecycle.LinkWait, Reason: unanswered},
			func(s *fixture) time.Time { return ago(s, 20*time.Hour).Add(24*time.Hour + time.Second - 1) },
		},
		"five sessions in vain, some of them yesterday": {
			newWanted, func(s *fixture) { s.attend(25*time.Hour, 4*time.Hour, 3*time.Hour, 2*time.Hour, time.Hour) }, start(unanswered), nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := row.from(t)
			row.arrange(s)
			if row.until != nil {
				row.want.Until = row.until(s)
			}
			got := lifecycle.ViewLink(s.now, s.Inputs)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if _, ok := lifecycle.RequestRefresh(s.now, s.Inputs); ok != (got.State == lifecycle.LinkStart) {
				t.Errorf("a click is taken: %v", ok)
			}
			if !got.Until.IsZero() {
				s.now = got.Until
				if again := lifecycle.ViewLink(s.now, s.Inputs); again == got {
					t.Errorf("the page says the same at %v", got.Until)
				}
			}
		})
	}
}

func holdEnd(s *fixture) time.Time { return notBefore(s).Time }
