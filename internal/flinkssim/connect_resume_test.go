package flinkssim

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConnectResume(t *testing.T) {
	h := newHarness(t)
	id := h.SeedLogin(SeedOptions{Username: "Greatday", LastRefresh: start.Add(-48 * time.Hour)})
	request := h.authorize(liveCall(id)).requestID()
	accounts := []string{stableGUID("account", id, "0", "0"), stableGUID("account", id, "2", "0")}
	got, err := Person{}.Answer(t.Context(), h.connectURL(
		"requestId", request, "redirectUrl", "https://app.test/", "tag", "t-1",
		"resumeSelectedAccounts", strings.Join(accounts, ","), "accountSelectorEnable", "true", "scheduleRefresh", "true"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(accounts, got.AccountIDs); diff != "" || got.LoginID != id || got.RequestID != request {
		t.Errorf("got %+v", got)
	}
	landed, _ := url.Parse(got.RedirectURL)
	if l := landed.Query(); l.Get("requestId") != request || l.Get("accountId") != strings.Join(accounts, ",") || l.Get("tag") != "t-1" {
		t.Errorf("got %s", got.RedirectURL)
	}
	if slices.Contains(got.Events, "COMPONENT_LOAD_ACCOUNT_SELECTION") {
		t.Error("the selector must be skipped")
	}
	state, _ := h.Login(id)
	if !state.Scheduled || state.Tag != "t-1" || !state.LastRefresh.Equal(start) || state.LiveOpened != 1 {
		t.Errorf("got %+v", state)
	}
}

// Which data an answer opens is one of the points on which the documents differ: that of
// a new cached session, here, and all of it.
func TestConnectResumeIsFollowedByACachedSession(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	request := h.resumed("Greatday", "resumeSelectedAccounts", stableGUID("account", id, "0", "0"))
	wantCode(t, h.details(request), 400, codeSessionNonexistent)
	wantCode(t, h.authorize(mfaCall(request, "What city were you born in?", "Montreal")), 400, codeSessionNonexistent)
	h.pass(time.Minute)
	cached := h.authorize(cachedCall(id)).requestID()
	wantCode(t, h.details(cached), 202, codeOperationPending)
	if d := decodeDetails(t, h.poll(cached)); len(d.Accounts) != 3 {
		t.Errorf("got %d accounts, want all: only a filter limits them", len(d.Accounts))
	}
}

func TestConnectResumeOfADeadSession(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	request := h.authorize(liveCall(id)).requestID()
	wantPage(t, h.connectURL("requestId", request), stateMFA, "APP_MOUNTED", "COMPONENT_LOAD_MFA")
	h.pass(idleLife)
	wantPage(t, h.connectURL("requestId", request), stateSessionExpired, "APP_MOUNTED", "SESSION_EXPIRED")
	wantPage(t, h.connectURL("requestId", "unknown"), stateSessionExpired)
	_, err := Person{}.Answer(t.Context(), h.connectURL("requestId", request))
	var page *PageError
	if !errors.As(err, &page) || page.State != stateSessionExpired || page.Code != codeSessionExpired {
		t.Errorf("got %v", err)
	}
	if e := h.last(); e.Endpoint != "Connect" || e.Mode != modeResume || e.Committed {
		t.Errorf("got %+v", e)
	}
}

func TestConnectResumeTwiceAndAfterTheAnswer(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	request := h.authorize(liveCall(id)).requestID()
	wantPage(t, h.connectURL("requestId", request), stateMFA)
	wantPage(t, h.connectURL("requestId", request), stateMFA)
	if state, _ := h.Login(id); state.Prompts != 1 {
		t.Errorf("got %d prompts: opening the page again asks no question again", state.Prompts)
	}
	if _, err := (Person{}).Answer(t.Context(), h.connectURL("requestId", request)); err != nil {
		t.Fatal(err)
	}
	wantPage(t, h.connectURL("requestId", request), stateDone)
}

func TestConnectResumeKeepsTheSessionAlive(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	request := h.authorize(liveCall(id)).requestID()
	for range 3 {
		h.pass(idleLife - time.Second)
		wantPage(t, h.connectURL("requestId", request), stateMFA)
	}
	if _, err := (Person{}).Answer(t.Context(), h.connectURL("requestId", request)); err != nil {
		t.Error(err)
	}
}

// TestEachAnswerRenewsTheIdleTime: a person opens the link in minute 7, chooses in
// minute 14 and gives the code in minute 21.
func TestEachAnswerRenewsTheIdleTime(t *testing.T) {
	h := newHarness(t)
	id := h.seed("sim_textorcall")
	request := h.authorize(liveCall(id)).requestID()
	h.pass(7 * time.Minute)
	w, err := Person{}.Begin(t.Context(), h.connectURL("requestId", request))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{stateMFA, stateMFA, stateDone} {
		if got := w.State(); got != want || w.Done() != (want == stateDone) {
			t.Errorf("got page %q, want %q", got, want)
		}
		if w.Done() {
			break
		}
		if n := h.OpenSessions(id); n != 1 {
			t.Errorf("got %d open sessions", n)
		}
		h.pass(7 * time.Minute)
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Result(); got.LoginID != id {
		t.Errorf("got %+v", got)
	}
	if state, _ := h.Login(id); state.Prompts != 2 || state.Answers != 2 || !state.LastRefresh.Equal(h.Now()) {
		t.Errorf("got %+v", state)
	}
}

func TestAnAnswerAfterTheIdleTimeComesTooLate(t *testing.T) {
	h := newHarness(t)
	request := h.authorize(liveCall(h.seed("sim_textorcall"))).requestID()
	w, err := Person{}.Begin(t.Context(), h.connectURL("requestId", request))
	if err != nil {
		t.Fatal(err)
	}
	h.pass(idleLife - time.Second)
	if err := w.Next(t.Context()); err != nil || w.State() != stateMFA {
		t.Fatalf("got page %q, %v", w.State(), err)
	}
	h.pass(idleLife)
	if err := w.Next(t.Context()); err != nil || w.State() != stateSessionExpired {
		t.Errorf("got page %q, %v", w.State(), err)
	}
	var page *PageError
	if err := w.Next(t.Context()); !errors.As(err, &page) || page.Code != codeSessionExpired {
		t.Errorf("got %v", err)
	}
}

func TestConnectWrongAnswers(t *testing.T) {
	wrong := map[string][]string{"What city were you born in?": {"Toronto"}}
	h := newHarness(t)
	id := h.seed("Greatday")
	request := h.authorize(liveCall(id)).requestID()
	_, err := Person{Answers: wrong}.Answer(t.Context(), h.connectURL("requestId", request))
	var page *PageError
	if !errors.As(err, &page) || page.State != stateFailed || page.Code != codeInvalidAnswer {
		t.Errorf("got %v", err)
	}

	again := newHarness(t, func(k *Knobs) { k.SecurityResponseFinal = false })
	id = again.seed("Greatday")
	request = again.authorize(liveCall(id)).requestID()
	got, err := Person{Answers: wrong}.Answer(t.Context(), again.connectURL("requestId", request))
	if !errors.As(err, &page) || page.State != stateMFA || !slices.Contains(got.Events, "COMPONENT_LOAD_MFA_RETRY") {
		t.Errorf("got %v, events %v", err, got.Events)
	}
	if _, err := (Person{}).Answer(t.Context(), again.connectURL("requestId", request)); err != nil {
		t.Error(err)
	}
}
