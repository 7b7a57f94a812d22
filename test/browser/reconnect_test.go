package browser

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
	"github.com/flinks-operator/flinks-operator/test/browser/connect"
)

// TestReconnect answers the bank, with every kind of question.
func TestReconnect(t *testing.T) {
	t.Parallel()
	for _, username := range []string{
		"Greatday", "sim_multichoice", "sim_multianswer", "sim_image", "sim_textorcall", "sim_triple", "sim_otp_every_time",
	} {
		t.Run(username, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			login, link := s.returning("acme", username)
			p := s.openLink(link, chromium.Options{})
			p.state("Start")
			if n := s.opened(login); n != 0 {
				t.Fatalf("opening the page opened %d sessions", n)
			}
			p.Screenshot("start")
			p.Click("#go")
			p.toTheBank()
			b := p.bank(s.flinks, username)
			if state := b.State(); state != connect.MFA {
				t.Fatalf("the bank shows %q, want its question", state)
			}
			p.Read("h1", "Your bank has a question")
			p.Screenshot("resume-" + username)
			b.Pass()
			s.expectDone(p, login, 1)
		})
	}
}

// TestReconnectWithoutAQuestion: the bank asks nothing when the customer starts the refresh.
func TestReconnectWithoutAQuestion(t *testing.T) {
	t.Parallel()
	s := newFixture(t, func(k *flinkssim.Knobs) { k.LiveLatency = 3 * time.Second })
	login, link := s.returning("acme", flinkssim.DefaultUsername)
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.state("Working")
	p.Screenshot("working")
	p.state("Done")
	p.Screenshot("done")
	s.ready("acme")
	s.expectOpened(login, 1)
}

// TestAWrongAnswer ends the session at the bank. The page says so, and Flinks
// Connect offers another try, which is another session.
func TestAWrongAnswer(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "sim_otp_every_time")
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.toTheBank()
	b := p.bank(s.flinks, "sim_otp_every_time")
	b.State()
	b.Answers["Enter the code we sent to ***-***-4242."] = []string{"000000"}
	b.Answer()
	p.Read("#status", "did not accept the answer")
	p.Screenshot("wrong-answer")
	clear(b.Answers)
	b.StartAgain()
	b.Pass()
	s.expectDone(p, login, 2)
}

// TestAWrongAnswerThatMayBeRepeated stays in the same session.
func TestAWrongAnswerThatMayBeRepeated(t *testing.T) {
	t.Parallel()
	s := newFixture(t, func(k *flinkssim.Knobs) { k.SecurityResponseFinal = false })
	login, link := s.returning("acme", "sim_multichoice")
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.toTheBank()
	b := p.bank(s.flinks, "")
	b.State()
	b.Answers["Which branch do you use?"] = []string{"Airport"}
	b.Answer()
	if state := b.State(); state != connect.MFA {
		t.Fatalf("the bank shows %q, want its question again", state)
	}
	clear(b.Answers)
	b.Pass()
	s.expectDone(p, login, 1)
}

// TestTheBankIsDown says so, and does not try again by itself.
func TestTheBankIsDown(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "test_service_unavailable")
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.state("Unavailable")
	p.Screenshot("unavailable")
	p.Click("#go") // to look again, which is no second session
	p.state("Unavailable")
	s.expectOpened(login, 1)
}

// TestThePasswordChanged: Flinks has the old one, so that all of Connect is needed.
func TestThePasswordChanged(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "greatday_nomfa+changed", func(o *flinkssim.SeedOptions) { o.LastCode = "INVALID_LOGIN" })
	s.Sim.SetBankPassword("greatday_nomfa+changed", "Newer")
	p := s.openLink(link, chromium.Options{})
	p.state("Connect")
	p.Screenshot("connect-again")
	p.Click("#go")
	b := p.bank(s.flinks, "greatday_nomfa+changed")
	b.Password = "Newer"
	b.Pass()
	p.state("Done")
	s.ready("acme")
	if s.loginID("acme") != login {
		t.Error("the login must be the same")
	}
}

// TestAnotherLogin must not take the place of the one that the connection has.
func TestAnotherLogin(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	login, link := s.returning("acme", "greatday_nomfa+mine", func(o *flinkssim.SeedOptions) { o.LastCode = "INVALID_LOGIN" })
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.bank(s.flinks, "greatday_nomfa+another").Pass()
	p.state("OtherLogin")
	p.Screenshot("other-login")
	if s.loginID("acme") != login {
		t.Error("the login must be the same")
	}
	p.Click("#go") // and with the right one it goes on
	p.state("Connect")
	p.Click("#go")
	p.bank(s.flinks, "greatday_nomfa+mine").Pass()
	p.state("Done")
	s.ready("acme")
}

// TestAnotherLoginByTheLandingPage: from there, too, a person finds their way back.
func TestAnotherLoginByTheLandingPage(t *testing.T) {
	t.Parallel()
	s := newFixture(t, func(k *flinkssim.Knobs) { k.JSRedirectIgnored = true })
	login, link := s.returning("acme", "greatday_nomfa+mine", func(o *flinkssim.SeedOptions) { o.LastCode = "INVALID_LOGIN" })
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.bank(s.flinks, "greatday_nomfa+another").Pass()
	p.state("Confirm") // Flinks Connect had no tag that would show where the login comes from.
	p.accessible()
	p.Click("#go")
	p.state("OtherLogin")
	if p.Address() != s.gateway+"/landed" {
		t.Error("what Flinks put into the address must be gone")
	}
	p.Click("#go")
	p.state("Connect")
	p.Click("#go")
	p.bank(s.flinks, "greatday_nomfa+mine").Pass()
	p.state("Confirm")
	p.Click("#go")
	p.state("Done")
	if address := p.Address(); address != link+"?done" {
		t.Error("the page must be that of the link again")
	}
	s.ready("acme")
	if s.loginID("acme") != login {
		t.Error("the login must be the same")
	}
}

// TestTheSessionEndsWhileThePageIsOpen: eight minutes go by before the button is
// pressed, and eight before the bank is answered.
func TestTheSessionEndsWhileThePageIsOpen(t *testing.T) {
	s := newFixture(t)
	login, link := s.returning("acme", "sim_multichoice")
	p := s.openLink(link, chromium.Options{})
	p.Click("#go")
	p.toTheBank()
	b := p.bank(s.flinks, "sim_multichoice")
	b.State()
	s.clock.Advance(9 * time.Minute)
	b.Answer()
	p.state("Ended")
	p.Screenshot("session-ended")
	p.Click("#go")
	p.state("Start")
	p.Click("#go")
	p.toTheBank()
	p.bank(s.flinks, "sim_multichoice").Pass()
	s.expectDone(p, login, 2)
}
