package reconcile

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestKilledAnywhere kills the manager before and after every API write and every
// Flinks call of the main job, and lets another take over. Whatever happens, there
// is never a second live session, the person is asked no more often than requested,
// and the login is deleted before its object goes.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, job := range []job{
		{user: "greatday_nomfa"},
		{user: "Greatday"},
		{user: "Greatday", handouts: true},
		{user: "Greatday", handouts: true, async: true},
	} {
		reference := mainJob(t, job, nil)
		t.Logf("%s: %d effects: %v", job, len(reference), reference)
		for at := 1; at <= len(reference); at++ {
			for _, committed := range []bool{false, true} {
				name := fmt.Sprintf("%s/%02d %s committed=%v", job, at, reference[at-1], committed)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					mainJob(t, job, func(e *effects) { e.killAt, e.committed = at, committed })
				})
			}
		}
		fmt.Fprintf(os.Stderr, "killing the manager of %s at %d places\n", job, 2*len(reference))
	}
}

// job is one login, and whether links and sessions are handed out in Secrets, and live sessions begun
// with AuthorizeAsync.
type job struct {
	user     string
	handouts bool
	async    bool
}

func (j job) String() string {
	s := j.user
	if j.handouts {
		s += " with Secrets"
	}
	if j.async {
		s += " in the background"
	}
	return s
}

func (j job) spec(c *v1alpha1.BankConnection) {
	if j.handouts {
		inSecret(c)
		handOff(c)
	}
}

// mainJob binds, refreshes on request, has a person answer the bank, and deletes.
// It returns the effects of the first manager.
func mainJob(t *testing.T, j job, interfere func(*effects)) []string {
	h := newHarness(t)
	h.boot(interfere)
	first := h.effects
	if j.async {
		h.async()
	}
	login := h.seed(j.user)
	h.connect("acme", login, j.spec)

	requests := 0
	deadline := h.clock.Now().Add(12 * time.Hour)
	for !h.gone("acme") && h.clock.Now().Before(deadline) {
		h.runUntil(time.Minute, h.effects.isKilled)
		if h.effects.isKilled() {
			h.boot(nil)
			h.poke("acme")
			continue
		}
		h.assertOneSession()
		h.assertHandoutsKnown()
		requests += h.applicationActs(login, requests)
	}
	if !h.gone("acme") {
		t.Fatalf("not done after 12 hours: %+v", h.get("acme").Status)
	}
	state, _ := h.sim.Login(login)
	if !state.Deleted {
		t.Error("the object went, the login did not")
	}
	if state.LiveOpened > requests || state.Prompts > requests {
		t.Errorf("%d requests led to %d live sessions and %d prompts", requests, state.LiveOpened, state.Prompts)
	}
	h.assertOneSession()
	h.expectHeld("acme-login", false)
	return first.names
}

// assertOneSession asserts that there never were two live sessions, nor an attempt at a second.
func (h *harness) assertOneSession() {
	h.t.Helper()
	if stats := h.sim.LiveStats(); stats.MaxPerLogin > 1 || len(stats.Overlaps) != 0 {
		h.t.Fatalf("overlapping live sessions: %+v", stats)
	}
}

// applicationActs does what the application around the operator does: it asks for refreshes
// until one succeeds, sends the person to the link, and then deletes. It returns
// the number of requests it made.
func (h *harness) applicationActs(login string, requests int) int {
	h.t.Helper()
	if h.gone("acme") {
		return 0
	}
	c := h.get("acme")
	switch {
	case !c.DeletionTimestamp.IsZero():
		h.poke("acme")
	case h.link(c) != "":
		if h.sim.OpenSessions(login) == 0 {
			break
		}
		h.answer(h.link(c))
	case c.Status.Binding == nil || open(c):
		// The operator is at work.
	case c.Status.LastHandledRequest == nil || c.Status.LastHandledRequest.Result != v1alpha1.RequestSucceeded:
		h.request("acme", fmt.Sprintf("request %d", requests))
		return 1
	case c.Spec.SessionHandOff != nil && (c.Status.Session == nil || c.Status.Session.IssueTime == nil):
		// It will be handed out.
	case len(c.Status.Accounts) > 0:
		h.assertHandedOut(c)
		h.delete("acme")
	}
	return 0
}

// open reports whether a live session is under way or being waited out.
func open(c *v1alpha1.BankConnection) bool {
	if c.Status.Refresh == nil {
		return false
	}
	working := []v1alpha1.RefreshState{v1alpha1.RefreshClaimed, v1alpha1.RefreshUnknown, v1alpha1.RefreshCollecting}
	return slices.Contains(working, c.Status.Refresh.State)
}

// assertHandedOut asserts that the application has its session, and that no link is
// left of a person who came back.
func (h *harness) assertHandedOut(c *v1alpha1.BankConnection) {
	h.t.Helper()
	if (h.secret(sessionSecret) != nil) != (c.Spec.SessionHandOff != nil) {
		h.t.Errorf("session: %+v", c.Status.Session)
	}
	if h.secret(linkSecret) != nil {
		h.t.Error("the link is still there")
	}
}
