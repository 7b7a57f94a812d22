package browser

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/browser"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestReconnect answers the bank, with every kind of question.
func TestReconnect(t *testing.T) {
	t.Parallel()
	for _, username := range []string{
		"Greatday", "sim_multichoice", "sim_multianswer", "sim_image", "sim_textorcall", "sim_triple", "sim_otp_every_time",
	} {
		t.Run(username, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			login, link := s.returning("acme", username)
			v := s.visit(link, browser.PageOptions{})
			v.state("Start")
			if n := s.opened(login); n != 0 {
				t.Fatalf("opening the page opened %d sessions", n)
			}
			v.picture("start")
			v.click("#go")
			v.toTheBank()
			b := v.bank(s.flinks, username)
			if state := b.state(); state != bankMFA {
				t.Fatalf("the bank shows %q, want its question", state)
			}
			v.read("h1", "Your bank has a question")
			v.picture("resume-" + username)
			b.pass()
			v.state("Done")
			s.ready("acme")
			if n := s.opened(login); n != 1 {
				t.Errorf("got %d sessions, want one", n)
			}
		})
	}
}

// TestReconnectWithoutAQuestion: the bank asks nothing when somebody is there.
func TestReconnectWithoutAQuestion(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(k *flinkssim.Knobs) { k.LiveLatency = 3 * time.Second })
	login, link := s.returning("acme", flinkssim.DefaultUsername)
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.state("Working")
	v.picture("working")
	v.state("Done")
	v.picture("done")
	s.ready("acme")
	if n := s.opened(login); n != 1 {
		t.Errorf("got %d sessions, want one", n)
	}
}

// TestAWrongAnswer ends the session at the bank. The page says so, and Flinks
// Connect offers another try, which is another session.
func TestAWrongAnswer(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "sim_otp_every_time")
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.toTheBank()
	b := v.bank(s.flinks, "sim_otp_every_time")
	b.state()
	b.answers["Enter the code we sent to ***-***-4242."] = []string{"000000"}
	b.answer()
	v.read("#status", "did not accept the answer")
	v.picture("wrong-answer")
	clear(b.answers)
	b.startAgain()
	b.pass()
	v.state("Done")
	s.ready("acme")
	if n := s.opened(login); n != 2 {
		t.Errorf("got %d sessions, want two", n)
	}
}

// TestAWrongAnswerThatMayBeRepeated stays in the same session.
func TestAWrongAnswerThatMayBeRepeated(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(k *flinkssim.Knobs) { k.SecurityResponseFinal = false })
	login, link := s.returning("acme", "sim_multichoice")
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.toTheBank()
	b := v.bank(s.flinks, "")
	b.state()
	b.answers["Which branch do you use?"] = []string{"Airport"}
	b.answer()
	if state := b.state(); state != bankMFA {
		t.Fatalf("the bank shows %q, want its question again", state)
	}
	clear(b.answers)
	b.answer()
	v.state("Done")
	s.ready("acme")
	if n := s.opened(login); n != 1 {
		t.Errorf("got %d sessions, want one", n)
	}
}

// TestTheBankIsDown says so, and does not try again by itself.
func TestTheBankIsDown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "test_service_unavailable")
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.state("Unavailable")
	v.picture("unavailable")
	v.click("#go") // to look again, which is no second session
	v.state("Unavailable")
	if n := s.opened(login); n != 1 {
		t.Errorf("got %d sessions, want one", n)
	}
}

// TestThePasswordChanged: Flinks has the old one, so that all of Connect is needed.
func TestThePasswordChanged(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "greatday_nomfa+changed", func(o *flinkssim.SeedOptions) { o.LastCode = "INVALID_LOGIN" })
	s.Sim.SetBankPassword("greatday_nomfa+changed", "Newer")
	v := s.visit(link, browser.PageOptions{})
	v.state("Connect")
	v.picture("connect-again")
	v.click("#go")
	b := v.bank(s.flinks, "greatday_nomfa+changed")
	b.password = "Newer"
	b.pass()
	v.state("Done")
	s.ready("acme")
	if s.loginID("acme") != login {
		t.Error("the login must be the same")
	}
}

// TestAnotherLogin must not take the place of the one that the connection has.
func TestAnotherLogin(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	login, link := s.returning("acme", "greatday_nomfa+mine", func(o *flinkssim.SeedOptions) { o.LastCode = "INVALID_LOGIN" })
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.bank(s.flinks, "greatday_nomfa+somebody").pass()
	v.state("OtherLogin")
	v.picture("other-login")
	if s.loginID("acme") != login {
		t.Error("the login must be the same")
	}
	v.click("#go") // and with the right one it goes on
	v.state("Connect")
	v.click("#go")
	v.bank(s.flinks, "greatday_nomfa+mine").pass()
	v.state("Done")
	s.ready("acme")
}

// TestAnotherLoginByTheLandingPage: from there, too, a person finds their way back.
func TestAnotherLoginByTheLandingPage(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(k *flinkssim.Knobs) { k.JSRedirectIgnored = true })
	login, link := s.returning("acme", "greatday_nomfa+mine", func(o *flinkssim.SeedOptions) { o.LastCode = "INVALID_LOGIN" })
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.bank(s.flinks, "greatday_nomfa+somebody").pass()
	v.state("OtherLogin")
	if v.address() != s.gateway+"/landed" {
		t.Error("what Flinks put into the address must be gone")
	}
	v.click("#go")
	v.state("Connect")
	v.click("#go")
	v.bank(s.flinks, "greatday_nomfa+mine").pass()
	v.state("Done")
	if address := v.address(); address != link {
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
	s := newScene(t)
	login, link := s.returning("acme", "sim_multichoice")
	v := s.visit(link, browser.PageOptions{})
	v.click("#go")
	v.toTheBank()
	b := v.bank(s.flinks, "sim_multichoice")
	b.state()
	s.clock.Advance(9 * time.Minute)
	b.answer()
	v.state("Ended")
	v.picture("session-ended")
	v.click("#go")
	v.state("Start")
	v.click("#go")
	v.toTheBank()
	v.bank(s.flinks, "sim_multichoice").pass()
	v.state("Done")
	s.ready("acme")
	if n := s.opened(login); n != 2 {
		t.Errorf("got %d sessions, want two", n)
	}
}
