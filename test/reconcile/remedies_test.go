package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestOnlyThePersonHelps: where the bank says no for good, it is asked once, the person
// is called once, and nothing moves until it is asked for or the person has acted.
func TestOnlyThePersonHelps(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user, reason, remedy string
		prepare              func(*harness)
	}{
		"login locked":         {"test_disabled_account", "LoginLocked", "must call the bank", nil},
		"something to sign":    {"sim_newaccount", "BankActionRequired", "must sign in at the bank's own site", nil},
		"credentials rejected": {"greatday_nomfa", "CredentialsRejected", "must link the bank again", changePassword},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.connect("acme", h.seed(tt.user), scheduled(time.Hour))
			h.run(time.Second)
			if tt.prepare != nil {
				tt.prepare(h)
			}
			h.run(20 * day)
			h.expect("acme", "UserActionRequired=True "+tt.reason, "Authorized=False "+tt.reason, "Stalled=")
			if n := len(h.liveAttempts()); n != 1 {
				t.Errorf("the bank was asked %d times", n)
			}
			if n := strings.Count(h.drainEvents(), tt.reason); n != 1 {
				t.Errorf("the person was called %d times", n)
			}
			if e := h.get("acme").Status.LastError; e == nil || !strings.Contains(e.Remedy, tt.remedy) {
				t.Errorf("lastError: %+v", e)
			}

			h.request("acme", "they say it is done")
			h.run(day)
			h.expect("acme", "UserActionRequired=True "+tt.reason)
			if n := len(h.liveAttempts()); n != 2 {
				t.Errorf("one request led to %d live sessions", n-1)
			}
			if told := h.drainEvents(); told != "" {
				t.Errorf("told again: %s", told)
			}

			h.sim.SeedLogin(flinkssim.SeedOptions{Username: tt.user, LastRefresh: h.clock.Now()})
			h.runUntil(2*day, func() bool { return h.get("acme").Status.Reconnect == nil })
			h.expect("acme", noActionRequired, "Ready=True Refreshed", "Authorized=True Authorized")
			if h.get("acme").Status.LastError != nil || h.get("acme").Status.NextRefreshTime == nil {
				t.Errorf("status: %+v", h.get("acme").Status)
			}
		})
	}
}

func changePassword(h *harness) { h.sim.SetBankPassword("greatday_nomfa", "changed at the bank") }

// TestQuestionAfterQuestion: while a link is out there is no other; once it expired, a
// request makes another one, to another session.
func TestQuestionAfterQuestion(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("sim_otp_every_time")
	h.connect("acme", login)
	h.run(time.Second)
	h.request("acme", "1")
	h.run(time.Second)
	first := h.get("acme").Status.Reconnect.Link.URL

	h.request("acme", "2")
	h.run(time.Minute)
	c := h.get("acme")
	if c.Status.LastHandledRequest.Reason != "SessionOpen" || c.Status.Reconnect.Link.URL != first {
		t.Errorf("status: %+v", c.Status)
	}
	h.run(30 * time.Minute)
	h.expect("acme", "UserActionRequired=True LinkExpired")
	h.request("acme", "3")
	h.run(time.Second)
	h.expect("acme", "UserActionRequired=True MFARequired")
	c = h.get("acme")
	if second := c.Status.Reconnect; second.Link.URL == "" || second.Link.URL == first || second.Question.IssueCount != 2 {
		t.Errorf("the second link: %+v", second)
	}
	if state, _ := h.sim.Login(login); state.Prompts != 2 {
		t.Errorf("the person was asked %d times", state.Prompts)
	}
	h.assertOneSession()
}
