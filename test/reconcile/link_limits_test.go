package reconcile

import (
	"errors"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestTokensOfOneLink are bounded, and the bound is over after an hour.
func TestTokensOfOneLink(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	connect := func() int {
		made := 0
		for range 40 {
			_, err := v.service.Connect(h.ctx(), v.visit)
			if err == nil {
				made++
			} else if !errors.Is(err, linkapi.ErrUnavailable) {
				t.Fatal(err)
			}
			h.clock.SetTime(h.clock.Now().Add(time.Second))
		}
		return made
	}
	if got := connect(); got != 20 {
		t.Errorf("%d tokens", got)
	}
	h.clock.SetTime(h.clock.Now().Add(time.Hour))
	if got := connect(); got != 20 {
		t.Errorf("%d tokens an hour later", got)
	}
	if got := h.calls()["GenerateAuthorizeToken"]; got != 40 {
		t.Errorf("%d calls", got)
	}
}

// TestGuessesOfOneLink are bounded: each costs Flinks a token and an observe.
func TestGuessesOfOneLink(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	seen := map[linkapi.State]int{}
	for range 60 {
		view, err := v.service.Finish(h.ctx(), v.visit, linkapi.NewIdentifier(strangeLogin), linkapi.Identifier{})
		if err != nil {
			t.Fatal(err)
		}
		seen[view.State]++
		h.clock.SetTime(h.clock.Now().Add(11 * time.Second))
	}
	if seen[linkapi.StateNotVerified] != 30 || seen[linkapi.StateWait] != 30 || h.calls()["Authorize cached"] != 30 {
		t.Errorf("%v, %v", seen, h.calls())
	}
	if h.instanceReason() == v1alpha1.ReasonFlinksUnavailable {
		t.Error("the guesses are blamed on Flinks")
	}
}

// TestPagesThatWait ask as often as they like, and Flinks is asked at its own pace.
func TestPagesThatWait(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	if err := h.sim.SetKnobs(func(k *flinkssim.Knobs) { k.ProcessingDuration = 5 * time.Minute }); err != nil {
		t.Fatal(err)
	}
	v := h.awaitLogin()
	login := v.links("greatday_nomfa")
	h.sim.ResetJournal()
	for range 50 {
		v.finishes(login, linkapi.StateWorking)
		h.clock.SetTime(h.clock.Now().Add(2 * time.Second))
	}
	calls := h.calls()
	if asked := calls["GetAccountsDetail"] + calls["GetAccountsDetailAsync"]; asked > 11 || asked < 8 || calls["Authorize cached"] != 0 {
		t.Errorf("calls: %v", calls)
	}
}

// TestPagesThatWaitForAKnownLogin cost an observe every ten seconds at most, next to
// those with which the leader waits for an answer anyway.
func TestPagesThatWaitForAKnownLogin(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.askOverdue()
	v := h.openLink()
	v.starts(linkapi.StateWorking)
	h.run(time.Second)
	h.sim.ResetJournal()
	for range 30 {
		v.finishes(login, linkapi.StateWorking)
		h.run(2 * time.Second)
	}
	if calls := h.calls(); calls["Authorize cached"] > 14 || calls["Authorize live"] != 0 {
		t.Errorf("calls: %v", calls)
	}
}

// TestFlinksDoesNotHelp: the page says so, and goes on when Flinks does.
func TestFlinksDoesNotHelp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault flinkssim.Fault
		want  linkapi.State
	}{
		"no tokens":              {flinkssim.Fault{Endpoint: "GenerateAuthorizeToken", Status: 503}, linkapi.StateUnavailable},
		"no answer":              {flinkssim.Fault{Endpoint: "Authorize", Drop: flinkssim.DropBeforeCommit}, linkapi.StateUnavailable},
		"no answer of its own":   {flinkssim.Fault{Endpoint: "Authorize", Status: 502, BodyKind: flinkssim.BodyHTML}, linkapi.StateUnavailable},
		"throttled":              {flinkssim.Fault{Endpoint: "Authorize", FlinksCode: "TOO_MANY_REQUESTS"}, linkapi.StateUnavailable},
		"a session is open":      {flinkssim.Fault{Endpoint: "Authorize", FlinksCode: "CONCURRENT_SESSION"}, linkapi.StateWorking},
		"no data":                {flinkssim.Fault{Endpoint: "GetAccountsDetail", Status: 500}, linkapi.StateUnavailable},
		"the session is over":    {flinkssim.Fault{Endpoint: "GetAccountsDetail", FlinksCode: "SESSION_EXPIRED"}, linkapi.StateWorking},
		"it was never there":     {flinkssim.Fault{Endpoint: "GetAccountsDetail", FlinksCode: "SESSION_NONEXISTENT"}, linkapi.StateWorking},
		"the card is in use":     {flinkssim.Fault{Endpoint: "GetAccountsDetail", FlinksCode: "CARD_IN_USE"}, linkapi.StateWorking},
		"the bank cannot be had": {flinkssim.Fault{Endpoint: "Authorize", FlinksCode: "RETRY_LATER"}, linkapi.StateUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			v := h.awaitLogin()
			login := v.links("greatday_nomfa")
			v.withoutSession()
			if err := h.sim.InjectFault(tc.fault); err != nil {
				t.Fatal(err)
			}
			v.finishes(login, tc.want)
			h.sim.ClearFaults()
			h.clock.SetTime(h.clock.Now().Add(15 * time.Minute))
			v.awaitSecret(login)
		})
	}
}

// withoutSession lets the browser name no session, at a Flinks whose tags belong to logins: the
// proof is in a session that the operator opens.
func (v *openedLink) withoutSession() {
	v.t.Helper()
	v.knobs(func(k *flinkssim.Knobs) { k.TagScope = flinkssim.TagScopeLogin })
	v.session = ""
}

// TestReportedSessionMeetsTrouble: a session whose data alone has the tag is asked again while it
// lives, and one that is lost is given up for another.
func TestReportedSessionMeetsTrouble(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault flinkssim.Fault
		want  linkapi.State
	}{
		"no data":             {flinkssim.Fault{Endpoint: "GetAccountsDetail", Status: 500}, linkapi.StateUnavailable},
		"no answer":           {flinkssim.Fault{Endpoint: "GetAccountsDetail", Drop: flinkssim.DropBeforeCommit}, linkapi.StateUnavailable},
		"the card is in use":  {flinkssim.Fault{Endpoint: "GetAccountsDetail", FlinksCode: "CARD_IN_USE"}, linkapi.StateWorking},
		"throttled":           {flinkssim.Fault{Endpoint: "GetAccountsDetail", FlinksCode: "TOO_MANY_REQUESTS"}, linkapi.StateUnavailable},
		"the session is over": {flinkssim.Fault{Endpoint: "GetAccountsDetail", FlinksCode: "SESSION_EXPIRED"}, linkapi.StateBlocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			v := h.awaitLogin()
			login := v.links("greatday_nomfa")
			h.clock.SetTime(h.clock.Now().Add(time.Minute))
			if err := h.sim.InjectFault(tc.fault); err != nil {
				t.Fatal(err)
			}
			if view, err := v.service.Finish(h.ctx(), v.visit, linkapi.NewIdentifier(login), linkapi.NewIdentifier(v.session)); err != nil || view.State != linkapi.StateWorking && view.State != tc.want {
				t.Fatalf("the page shows %+v, %v", view, err)
			}
			h.sim.ClearFaults()
			h.clock.SetTime(h.clock.Now().Add(2 * time.Minute))
			if tc.want == linkapi.StateBlocked {
				if view := v.waits(login); view.State != tc.want || h.calls()["Authorize cached"] == 0 {
					t.Errorf("the page shows %+v after %v", view, h.calls())
				}
				return
			}
			v.awaitSecret(login)
		})
	}
}

// TestKeysAreRefused: that is the trouble of the instance.
func TestKeysAreRefused(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	if err := h.sim.InjectFault(flinkssim.Fault{Endpoint: "GenerateAuthorizeToken", Status: 401, FlinksCode: "UNAUTHORIZED"}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.service.Connect(h.ctx(), v.visit); !errors.Is(err, linkapi.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	v.frames()
}

// TestPressesThatMeetOtherWrites are made of the object as it is.
func TestPressesThatMeetOtherWrites(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.askOverdue()
	met := 0
	v := h.openLink(func(e *effects) {
		e.before = func(name string) {
			if name != "update BankConnection/status" || met == 2 {
				return
			}
			met++
			h.annotate("acme", "example.com/met", time.Duration(met).String())
		}
	})
	v.starts(linkapi.StateWorking)
	if g := h.get("acme").Status.Internal.GatewayRequest; met != 2 || g == nil || g.Action != v1alpha1.GatewayRefresh {
		t.Errorf("met %d, request %+v", met, g)
	}
}
