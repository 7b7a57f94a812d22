package lifecycle_test

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// reissue lets so many links follow the first one by themselves.
func reissue(most int32) func(*v1alpha1.BankConnectionSpec) {
	return func(spec *v1alpha1.BankConnectionSpec) {
		spec.Reconnect = &v1alpha1.ReconnectSpec{OnExpiry: v1alpha1.Reissue, MaxReissues: &most}
	}
}

// untilRefresh carries out decisions until one is a refresh. It reports false if there is
// none for d.
func (s *fixture) untilRefresh(d time.Duration, observe func(s *fixture)) bool {
	s.t.Helper()
	for end := s.now.Add(d); s.now.Before(end); {
		switch a := lifecycle.Decide(s.now, s.Inputs).(type) {
		case lifecycle.Refresh:
			return true
		case lifecycle.Observe:
			observe(s)
		case lifecycle.RevokeSecret:
			s.record(lifecycle.Outcome{Action: a, Delivery: lifecycle.Delivery{SecretName: lifecycle.DeliveredSecretName(s.Connection, a.Secret)}})
		default:
			s.wait()
		}
		next, ok := s.next()
		if !ok {
			return false
		}
		s.now = next
	}
	return false
}

// TestReissue: a link that the customer did not use is followed by as many as the spec says, each
// half an hour after the last at the earliest, whatever an observe shows; then it is
// up to a request.
func TestReissue(t *testing.T) {
	for name, observe := range map[string]func(s *fixture){"older data": olderData, "the question": unanswered} {
		t.Run(name, func(t *testing.T) {
			s := newAsked(t, reissue(2))
			for issued := int32(1); issued <= 3; issued++ {
				if got := s.status().Reconnect.Question.IssueCount; got != issued {
					t.Fatalf("%d links were issued, not %d", got, issued)
				}
				asked := s.now
				if again := s.untilRefresh(24*time.Hour, observe); again != (issued <= 2) {
					t.Fatalf("after link %d there is another one: %v", issued, again)
				}
				if issued > 2 {
					break
				}
				if d := s.now.Sub(asked); d < 29*time.Minute || d > 35*time.Minute {
					t.Errorf("the customer is asked again after %v", d)
				}
				s.decides(lifecycle.Refresh{})
				s.refreshAsks()
			}
			if s.status().NextRefreshTime != nil {
				t.Error("another one is planned")
			}
			if n := len(s.status().Internal.UnattendedTimes); n != 2 {
				t.Errorf("%d of two count as unattended", n)
			}
			s.request("2")
			s.decides(lifecycle.Refresh{Request: "2"})
		})
	}
}

// TestReissueIsPlanned as soon as the link has expired, and comes when it says.
func TestReissueIsPlanned(t *testing.T) {
	s := newAsked(t, reissue(1))
	if s.status().NextRefreshTime != nil {
		t.Error("a reissue is planned while the link works")
	}
	s.passUntil(s.status().Reconnect.Question.ExpirationTime)
	s.wait()
	planned := s.status().NextRefreshTime
	if planned == nil {
		t.Fatal("no reissue is planned")
	}
	late := 2*time.Minute + 10*time.Second // The last poll for the customer's answer.
	if !s.untilRefresh(24*time.Hour, olderData) || s.now.Before(planned.Time) || s.now.Sub(planned.Time) > late {
		t.Errorf("it was planned for %v and comes at %v", planned, s.now)
	}
}

// TestReissueWaitsForTheLastWord: the customer may have answered after the last poll.
func TestReissueWaitsForTheLastWord(t *testing.T) {
	s := newAsked(t, reissue(1))
	s.passUntil(s.status().Reconnect.Question.ExpirationTime)
	s.wait()
	s.passUntil(s.status().NextRefreshTime)
	s.restart()
	s.decides(observes)
	s.observed(s.now.Add(-time.Minute))
	if s.status().Refresh.State != v1alpha1.RefreshCollecting || s.status().Reconnect != nil {
		t.Errorf("the answer was not found: %+v", s.status().Refresh)
	}
}

// TestNoReissue goes through what stands against one.
func TestNoReissue(t *testing.T) {
	one := reissue(1)
	for name, row := range map[string]struct {
		spec    func(*v1alpha1.BankConnectionSpec)
		arrange func(s *fixture)
		observe func(s *fixture)
	}{
		"not wanted":          {func(*v1alpha1.BankConnectionSpec) {}, nil, olderData},
		"suspended":           {one, suspend, olderData},
		"duplicate":           {one, func(s *fixture) { s.Duplicate = true }, olderData},
		"instance not ready":  {one, func(s *fixture) { s.Instance.Problem = v1alpha1.ReasonInstanceNotReady }, olderData},
		"policy invalid":      {one, func(s *fixture) { s.edit(neverFires) }, olderData},
		"login gone":          {one, nil, func(s *fixture) { s.observeFails(gone()) }},
		"Secret missing":      {one, nil, func(s *fixture) { s.problem(lifecycle.Observe{}, v1alpha1.ReasonSecretNotFound) }},
		"answered wrongly":    {one, nil, func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidSecurityResponse)) }},
		"credentials refused": {one, func(s *fixture) { s.pass(time.Hour) }, func(s *fixture) { s.observeFails(replay(flinks.CodeInvalidPassword)) }},
		"no link was issued": {one, func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Question.IssueCount = 0 })
		}, olderData},
		"as many as allowed": {one, func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Question.IssueCount = 2 })
		}, olderData},
		"link of unknown age": {one, func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Reconnect.Question.IssueTime = nil })
		}, olderData},
		"binding lost": {one, func(s *fixture) {
			s.corrupt(func(st *v1alpha1.BankConnectionStatus) { st.Binding, st.Reconnect = nil, nil })
		}, olderData},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAsked(t, row.spec)
			if row.arrange != nil {
				row.arrange(s)
			}
			s.wait()
			if s.untilRefresh(5*24*time.Hour, row.observe) {
				t.Errorf("the customer is asked again %v after %v", s.now, s.status().Refresh.StartTime)
			}
		})
	}
}

func neverFires(spec *v1alpha1.BankConnectionSpec) { spec.RefreshPolicy = cron("0 0 31 2 *") }

// TestReissueOfAPlan: a plan that was edited into a status starts nothing.
func TestReissueOfAPlan(t *testing.T) {
	s := newAsked(t, reissue(1))
	s.pass(8 * time.Minute)
	s.wait()
	s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
		st.NextRefreshTime = ago(s, time.Hour)
		st.Refresh.State = v1alpha1.RefreshFailed
	})
	if a := lifecycle.Decide(s.now, s.Inputs); lifecycle.Is[lifecycle.Refresh](a) {
		t.Error("an edited plan starts a live session")
	}
}

// TestReissueWaitsForTheWindow of the policy.
func TestReissueWaitsForTheWindow(t *testing.T) {
	p := cron("50 20 * * 1-5")
	p.AllowedWindows = office()
	s := atNoon(t, p)
	s.edit(reissue(1))
	s.wait()
	s.now = torontoTime(t, "2031-01-15 20:45")
	s.request("1")
	s.refreshAsks()
	if !s.untilRefresh(48*time.Hour, olderData) {
		t.Fatal("the customer is not asked again")
	}
	if earliest := torontoTime(t, "2031-01-16 09:00"); s.now.Before(earliest) || s.now.After(earliest.Add(10*time.Minute)) {
		t.Errorf("the customer is asked again at %v", s.now)
	}
}

// TestReissueThatFails: a session that did not reach the bank is repeated, one that may
// have reached it is not.
func TestReissueThatFails(t *testing.T) {
	for name, row := range map[string]struct {
		err   *flinks.Error
		again bool
	}{
		"not sent":         {notSent(flinks.OpRefresh), true},
		"no token":         {refusal(flinks.OpGenerateAuthorizeToken, flinks.CodeTooManyRequests, false), true},
		"another's":        {concurrent(), true},
		"the bank is away": {refusal(flinks.OpRefresh, flinks.CodeRetryLater, true), false},
		"answer lost":      {noAnswer(flinks.OpRefresh), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAsked(t, reissue(1))
			if !s.untilRefresh(time.Hour, olderData) {
				t.Fatal("there is no reissue")
			}
			s.refreshFails(row.err)
			if again := s.untilRefresh(24*time.Hour, olderData); again != row.again {
				t.Errorf("there is another one: %v", again)
			}
		})
	}
}

// TestReissueKeepsTheLimit of three unattended live sessions in 24 hours.
func TestReissueKeepsTheLimit(t *testing.T) {
	s := newAsked(t, reissue(10))
	var starts []time.Time
	for range 8 {
		if !s.untilRefresh(48*time.Hour, olderData) {
			t.Fatal("there are no more")
		}
		starts = append(starts, s.now)
		s.refreshAsks()
	}
	for i := 3; i < len(starts); i++ {
		if d := starts[i].Sub(starts[i-3]); d < 24*time.Hour {
			t.Errorf("four within %v", d)
		}
	}
}

// TestReissueOfASchedule: a scheduled connection waits for its customer as well, and
// follows its schedule once they came back.
func TestReissueOfASchedule(t *testing.T) {
	s := newScheduled(t)
	s.edit(reissue(1))
	s.wait()
	s.passUntil(s.status().NextRefreshTime)
	s.refreshAsks()
	if !s.untilRefresh(time.Hour, olderData) {
		t.Fatal("there is no reissue")
	}
	s.refreshAsks()
	if s.untilRefresh(30*24*time.Hour, olderData) {
		t.Fatal("the customer is asked a third time")
	}
	s.observed(s.now)
	s.collected(flinks.AccountsDetail{Accounts: someAccounts, LastRefresh: s.now})
	if next := s.status().NextRefreshTime; next == nil || next.Sub(s.now) < 24*time.Hour {
		t.Errorf("the next refresh is planned for %v", next)
	}
}
