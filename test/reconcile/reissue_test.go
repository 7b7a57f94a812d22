package reconcile

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

func reissues(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect = &v1alpha1.ReconnectSpec{
		OnExpiry: v1alpha1.Reissue, Link: v1alpha1.LinkSpec{Destination: v1alpha1.LinkInSecret},
	}
}

// TestReissue: of a link that is not used there is a second one, half an hour later
// and in the Secret of the first, and no third. A restart changes nothing.
func TestReissue(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.ask(reissues)
	asked := h.clock.Now()
	if !h.runUntil(2*time.Hour, func() bool { return h.get("acme").Status.Reconnect.Question.IssueCount == 2 }) {
		t.Fatalf("no second link: %+v", h.get("acme").Status)
	}
	if d := h.clock.Since(asked); d < 30*time.Minute || d > 35*time.Minute {
		t.Errorf("the person is asked again after %v", d)
	}
	if h.secret(linkSecret) == nil {
		t.Error("there is no link")
	}
	for range 5 {
		h.boot(nil)
		h.poke("acme")
		h.run(3 * 24 * time.Hour)
	}
	if state, _ := h.sim.Login(login); state.Prompts != 2 {
		t.Errorf("the person was asked %d times", state.Prompts)
	}
	h.assertOneSession()
	if c := h.get("acme"); c.Status.NextRefreshTime != nil || c.Status.Reconnect.Question.IssueCount != 2 || h.secret(linkSecret) != nil {
		t.Errorf("status: %+v", c.Status)
	}
}

// TestReissueAfterAnAnswer: no reissue follows an answer.
func TestReissueAfterAnAnswer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.ask(reissues)
	h.run(5 * time.Minute)
	h.answer(string(h.secret(linkSecret).Data["url"]))
	h.run(24 * time.Hour)
	if state, _ := h.sim.Login(login); state.Prompts > 1 || state.LiveOpened != 1 {
		t.Errorf("asked %d times in %d sessions", state.Prompts, state.LiveOpened)
	}
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
}
