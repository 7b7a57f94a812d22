package lifecycle_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// gateway makes links that can be told apart.
func gateway() *lifecycle.Gateway { return gatewayWith("k1", "k1") }

// gatewayWith is one whose links are signed with a key, and that knows some keys.
func gatewayWith(signer string, known ...string) *lifecycle.Gateway {
	return &lifecycle.Gateway{
		SigningKey: signer, KnowsKey: func(id string) bool { return slices.Contains(known, id) },
		Link: func(c lifecycle.LinkClaims) string {
			return fmt.Sprintf("https://connect.example.com/c/%s-%t-%d-%d", c.KeyID, c.Connects, c.Issued.Unix(), c.Expires.Unix())
		},
	}
}

func byGateway(spec *v1alpha1.BankConnectionSpec) {
	spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkGateway}}
}

// newUnlinked returns a connection whose login does not exist yet.
func newUnlinked(t testing.TB) *fixture {
	t.Helper()
	s := newFixture(t)
	s.Gateway = gateway()
	s.edit(byGateway)
	s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound)
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
		Link:          lifecycle.SessionLink{SealedSession: "sealed"},
	})
}

func (s *fixture) attend(times ...time.Duration) {
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		if st.Refresh == nil {
			st.Refresh = &v1alpha1.RefreshStatus{}
		}
		for _, d := range times {
			st.Internal.AttendedTimes = append(st.Internal.AttendedTimes, *ago(s, d))
		}
	})
}

// viewRow is a connection, and what a customer who opens its link finds. until is what the
// row wants of Until: from then on, the page says something else.
type viewRow struct {
	from    func(testing.TB) *fixture
	arrange func(s *fixture)
	want    lifecycle.LinkView
	until   func(s *fixture) time.Time
}

// viewWithoutObserve returns what the page would show if no observe were requested: a click waits for
// the observe.
func viewWithoutObserve(s *fixture) lifecycle.LinkState {
	in := s.Inputs
	in.Connection = in.Connection.DeepCopy()
	if g := in.Connection.Status.Internal.GatewayRequest; g != nil && g.Action == v1alpha1.GatewayObserve {
		in.Connection.Status.Internal.GatewayRequest = nil
	}
	return lifecycle.ViewLink(s.now, in).State
}

func (row viewRow) check(t *testing.T) {
	s := row.from(t)
	row.arrange(s)
	if row.until != nil {
		row.want.Until = row.until(s)
	}
	got := lifecycle.ViewLink(s.now, s.Inputs)
	if diff := cmp.Diff(row.want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if _, ok := lifecycle.RequestRefresh(s.now, s.Inputs); ok != (viewWithoutObserve(s) == lifecycle.LinkStart) {
		t.Errorf("a click is taken: %v", ok)
	}
	if !got.Until.IsZero() {
		s.now = got.Until
		if again := lifecycle.ViewLink(s.now, s.Inputs); again == got {
			t.Errorf("the page says the same at %v", got.Until)
		}
	}
}

const (
	mfa         = v1alpha1.ReasonMFARequired
	notAnswered = v1alpha1.ReasonQuestionUnanswered
	down        = v1alpha1.ReasonFlinksUnavailable
)

var (
	working = lifecycle.LinkView{State: lifecycle.LinkWorking}
	done    = lifecycle.LinkView{State: lifecycle.LinkDone}
)

func isBlocked(reason string) lifecycle.LinkView {
	return lifecycle.LinkView{State: lifecycle.LinkBlocked, Reason: reason}
}

func connects(reason string) lifecycle.LinkView {
	return lifecycle.LinkView{State: lifecycle.LinkConnect, Reason: reason}
}

func canStart(reason string) lifecycle.LinkView {
	return lifecycle.LinkView{State: lifecycle.LinkStart, Reason: reason}
}

func unreachable(reason string) lifecycle.LinkView {
	return lifecycle.LinkView{State: lifecycle.LinkUnavailable, Reason: reason}
}

// rejected arranges a live session that a customer starts and Flinks ends with a code.
func rejected(code flinks.Code) func(*fixture) {
	return func(s *fixture) { s.click(); s.refreshFails(refusal(flinks.OpRefresh, code, true)) }
}

// TestViewThatIsBlocked: only the platform can help.
func TestViewThatIsBlocked(t *testing.T) {
	for name, row := range map[string]viewRow{
		"not asked to act":                {newLinked, func(*fixture) {}, done, nil},
		"not asked to act, and a webhook": {newLinked, func(s *fixture) { s.notify() }, done, nil},
		"going":                           {newWanted, func(s *fixture) { s.delete() }, isBlocked(""), nil},
		"suspended":                       {newWanted, suspend, isBlocked(v1alpha1.ReasonSuspended), nil},
		"a duplicate":                     {newWanted, func(s *fixture) { s.Duplicate = true }, isBlocked(v1alpha1.ReasonDuplicateLogin), nil},
		"not served": {
			newWanted, func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonNamespaceNotAllowed },
			isBlocked(v1alpha1.ReasonNamespaceNotAllowed), nil,
		},
		"the login is gone": {newWanted, func(s *fixture) { s.observeFails(gone()) }, isBlocked(v1alpha1.ReasonLoginGone), nil},
		"the Secret is gone": {
			newWanted, func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) },
			isBlocked(v1alpha1.ReasonSecretNotFound), nil,
		},
		"Flinks rejects what is asked": {
			newWanted, func(s *fixture) {
				s.pass(time.Hour)
				s.observeFails(refusal(flinks.OpObserve, flinks.CodeInvalidRequest, false))
			},
			isBlocked(v1alpha1.ReasonRequestRejected), nil,
		},
		"links no longer lead to a gateway": {
			newWanted, func(s *fixture) { s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.Reconnect = nil }) }, isBlocked(""), nil,
		},
		"a policy that can never work": {
			newWanted, func(s *fixture) {
				s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = cron("never") })
			},
			canStart(notAnswered), nil,
		},
	} {
		t.Run(name, row.check)
	}
}

// TestViewDuringAnOutage: the instance, Flinks or the bank gives no usable answer.
func TestViewDuringAnOutage(t *testing.T) {
	for name, row := range map[string]viewRow{
		"the instance is not ready": {
			newWanted, func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotReady },
			unreachable(v1alpha1.ReasonInstanceNotReady), nil,
		},
		"the keys are gone": {
			newWanted, func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonInstanceNotReady) },
			unreachable(v1alpha1.ReasonInstanceNotReady), nil,
		},
		"Flinks is down": {
			newWanted, func(s *fixture) { s.pass(time.Hour); s.observeFails(noAnswer(flinks.OpObserve)) },
			unreachable(down), func(s *fixture) time.Time { return s.status().NextObserveTime.Time },
		},
		"Flinks wants a pause": {
			newWanted, func(s *fixture) { s.click(); s.refreshFails(throttled(time.Hour)) },
			unreachable(down), holdEnd,
		},
		"the bank is down": {
			newWanted, rejected(flinks.CodeRetryLater),
			unreachable(down), func(s *fixture) time.Time {
				return s.status().Refresh.LastResult.AnswerTime.Add(5*time.Minute + time.Second - 1)
			},
		},
		"the bank was down": {
			newWanted, func(s *fixture) { rejected(flinks.CodeRetryLater)(s); s.pass(5*time.Minute + time.Second) }, canStart(notAnswered), nil,
		},
		"the bank was down when it was last observed": {
			newWanted, func(s *fixture) {
				rejected(flinks.CodeRetryLater)(s)
				s.pass(time.Hour)
				s.observeFails(replay(flinks.CodeRetryLater))
			},
			canStart(notAnswered), nil,
		},
		"nothing was sent": {
			newWanted, func(s *fixture) { s.click(); s.refreshFails(notSent(flinks.OpRefresh)) },
			unreachable(down), func(s *fixture) time.Time {
				return s.status().Refresh.LastResult.AnswerTime.Add(time.Minute + time.Second - 1)
			},
		},
	} {
		t.Run(name, row.check)
	}
}

// TestViewWithoutALogin: a customer links their bank for the first time.
func TestViewWithoutALogin(t *testing.T) {
	for name, row := range map[string]viewRow{
		"there is no login yet": {newUnlinked, func(*fixture) {}, connects(v1alpha1.ReasonConnectRequired), nil},
		"there is no login yet, the instance is not ready": {
			newUnlinked, func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotReady },
			unreachable(v1alpha1.ReasonInstanceNotReady), nil,
		},
		"there was just linked":       {newUnlinked, func(s *fixture) { s.finish() }, working, nil},
		"it was linked, and is found": {newUnlinked, func(s *fixture) { s.finish(); s.observed(s.now) }, done, nil},
		"it was linked, and Flinks is down": {
			newUnlinked, func(s *fixture) { s.finish(); s.observeFails(noAnswer(flinks.OpObserve)) },
			unreachable(down), func(s *fixture) time.Time { return s.status().NextObserveTime.Time },
		},
		"not looked at yet": {newFixture, func(s *fixture) { s.edit(byGateway) }, working, nil},
	} {
		t.Run(name, row.check)
	}
}

// TestViewThatConnects: a customer has to go through all of Flinks Connect.
func TestViewThatConnects(t *testing.T) {
	for name, row := range map[string]viewRow{
		"wrong password":           {newWanted, rejected(flinks.CodeInvalidPassword), connects(v1alpha1.ReasonCredentialsRejected), nil},
		"locked":                   {newWanted, rejected(flinks.CodeDisabledLogin), connects(v1alpha1.ReasonLoginLocked), nil},
		"the bank wants something": {newWanted, rejected(flinks.CodeNewAccount), connects(v1alpha1.ReasonBankActionRequired), nil},
		"the credentials are too old": {
			newWanted, func(s *fixture) { s.pass(31 * 24 * time.Hour); s.wait() }, connects(notAnswered), nil,
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
			connects(v1alpha1.ReasonCredentialsRejected), nil,
		},
	} {
		t.Run(name, row.check)
	}
}

// TestViewThatStarts: a click has the bank asked again.
func TestViewThatStarts(t *testing.T) {
	for name, row := range map[string]viewRow{
		"not answered": {newWanted, func(*fixture) {}, canStart(notAnswered), nil},
		"the night brought nothing": {
			newLinked, func(s *fixture) {
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
					st.Reconnect = &v1alpha1.ReconnectStatus{Reason: v1alpha1.ReasonNightlyRefreshFailed}
				})
			},
			canStart(v1alpha1.ReasonNightlyRefreshFailed), nil,
		},
		"not answered, and a webhook":     {newWanted, func(s *fixture) { s.notify() }, working, nil},
		"a webhook that was not acted on": {newWanted, func(s *fixture) { s.notify(); s.pass(2 * time.Minute) }, canStart(notAnswered), nil},
		"pressed":                         {newWanted, func(s *fixture) { s.click() }, working, nil},
		"clicked, and not acted on":       {newWanted, func(s *fixture) { s.click(); s.pass(2 * time.Minute) }, canStart(notAnswered), nil},
		"pressed, by a clock that is fast": {
			newWanted, func(s *fixture) {
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
					st.Internal.GatewayRequest = &v1alpha1.GatewayRequest{Action: v1alpha1.GatewayRefresh, RequestTime: *ago(s, -2*time.Minute)}
				})
			},
			canStart(notAnswered), nil,
		},
		"pressed, and the limits do not allow it": {
			newWanted, func(s *fixture) {
				s.click()
				s.Live = lifecycle.Deferral{Until: s.now.Add(time.Hour), Reason: down}
				s.wait()
			},
			unreachable(down), func(s *fixture) time.Time { return s.status().Internal.GatewayRequest.RequestTime.Add(time.Minute) },
		},
	} {
		t.Run(name, row.check)
	}
}

// TestViewOfASession: a live session is under way, or its end is unknown.
func TestViewOfASession(t *testing.T) {
	for name, row := range map[string]viewRow{
		"the call is under way": {newWanted, func(s *fixture) { s.click(); s.claim() }, working, nil},
		"the claim was lost": {
			newWanted, func(s *fixture) { s.click(); s.claim(); s.pass(5 * time.Minute) },
			lifecycle.LinkView{State: lifecycle.LinkWait, Reason: notAnswered}, holdEnd,
		},
		"the answer was lost": {
			newWanted, func(s *fixture) { s.click(); s.refreshFails(noAnswer(flinks.OpRefresh)) },
			lifecycle.LinkView{State: lifecycle.LinkWait, Reason: notAnswered}, holdEnd,
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
			unreachable(down), func(s *fixture) time.Time { return s.status().NextObserveTime.Time },
		},
		"let in": {newWanted, func(s *fixture) { s.click(); s.refreshSucceeds() }, working, nil},
		"let in, and done": {newWanted, func(s *fixture) {
			s.click()
			s.refreshSucceeds()
			s.collected(flinks.AccountsDetail{LastRefresh: s.now})
		}, done, nil},
	} {
		t.Run(name, row.check)
	}
}

// TestViewOfAQuestion: the bank asked, or may not be asked yet.
func TestViewOfAQuestion(t *testing.T) {
	for name, row := range map[string]viewRow{
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
			done, nil,
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
			canStart(v1alpha1.ReasonLinkExpired), nil,
		},
		"asked, and the question is over, by a status of before": {
			newWanted, func(s *fixture) { s.click(); s.gatewayAsks(); s.pass(10 * time.Minute) }, canStart(mfa), nil,
		},
		"five sessions in vain": {
			newWanted, func(s *fixture) { s.attend(20*time.Hour, 4*time.Hour, 3*time.Hour, 2*time.Hour, time.Hour) },
			lifecycle.LinkView{State: lifecycle.LinkWait, Reason: notAnswered},
			func(s *fixture) time.Time { return ago(s, 20*time.Hour).Add(24*time.Hour + time.Second - 1) },
		},
		"five sessions in vain, some of them yesterday": {
			newWanted, func(s *fixture) { s.attend(25*time.Hour, 4*time.Hour, 3*time.Hour, 2*time.Hour, time.Hour) }, canStart(notAnswered), nil,
		},
	} {
		t.Run(name, row.check)
	}
}

func holdEnd(s *fixture) time.Time { return notBefore(s).Time }
