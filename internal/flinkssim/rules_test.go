package flinkssim

import (
	"strings"
	"testing"
	"time"
)

// The tests here are the rules of behaviour that everything else rests on, one
// test each, in the order of the contract.

func TestRule1LoginIDIsTheBankLogin(t *testing.T) {
	h := newHarness(t)
	link := func(username, language string) string {
		t.Helper()
		body := strings.Replace(linkCall(username, "Everyday"), "{", `{"Language":"`+language+`",`, 1)
		got := h.authorize(body)
		wantCode(t, got, 200, "")
		h.pass(time.Minute)
		return got.loginID()
	}
	first := link("greatday_nomfa", "en")
	if again := link("GREATDAY_NOMFA", "en"); again != first {
		t.Error("the same username in another case must be the same login")
	}
	if french := link("greatday_nomfa", "fr"); french == first {
		t.Error("another language must be another login")
	}
	if other := link("greatday_nomfa+2", "en"); other == first {
		t.Error("another username must be another login")
	}
	wantCode(t, h.deleteCard(first), 200, "")
	relinked := link("greatday_nomfa", "en")
	if relinked == first {
		t.Error("linking after DeleteCard must give a new login")
	}
	wantAnswer(t, h.authorize(cachedCall(first)), 401, loginNotFound, first)

	same := New(Options{Clock: h.clock}).SeedLogin(SeedOptions{})
	elsewhere := New(Options{Clock: h.clock, Instance: "acme-ca"}).SeedLogin(SeedOptions{})
	if same != first || elsewhere == first {
		t.Error("a LoginId must be stable over restarts, and belong to its instance")
	}
}

func TestRule1PasswordChangeKeepsTheLogin(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	h.SetBankPassword(DefaultUsername, "Everynight")
	wantCode(t, h.authorize(liveCall(id)), 400, codeInvalidLogin)
	relinked := h.authorize(linkCall(DefaultUsername, "Everynight"))
	if relinked.loginID() != id {
		t.Errorf("got another login after a password change: %s", relinked.body)
	}
	h.pass(time.Minute)
	wantCode(t, h.authorize(liveCall(id)), 200, "")
}

func TestRule2CachedReplaysTheLastOutcome(t *testing.T) {
	h := newHarness(t)
	id := h.SeedLogin(SeedOptions{Username: "test_disabled_account", LastRefresh: start.Add(-48 * time.Hour)})
	wantCode(t, h.authorize(cachedCall(id)), 200, "")
	live := h.authorize(liveCall(id))
	wantCode(t, live, 401, codeDisabledLogin)

	replay := h.authorize(cachedCall(id))
	wantAnswer(t, replay, 401, bankRefusal("DISABLED_LOGIN"), id)
	if replay.requestID() == live.requestID() {
		t.Error("a cached call must make a RequestId of its own")
	}
	wantCode(t, h.details(replay.requestID()), 401, codeUnauthorized)
	wantCode(t, h.details(live.requestID()), 401, codeUnauthorized)
}

// The case that sends people to support: data exists, and cached Authorize says
// QUESTION_NOT_FOUND.
func TestRule2CachedDuringAndAfterAnUnansweredQuestion(t *testing.T) {
	h := newHarness(t)
	id := h.SeedLogin(SeedOptions{Username: "Greatday", LastRefresh: start.Add(-48 * time.Hour)})
	wantCode(t, h.authorize(liveCall(id)), 203, "")
	during := h.authorize(cachedCall(id))
	wantAnswer(t, during, 401, bankRefusal("QUESTION_NOT_FOUND"), id)
	h.pass(idleLife)
	after := h.authorize(cachedCall(id))
	wantAnswer(t, after, 401, bankRefusal("QUESTION_NOT_FOUND"), id)
	wantCode(t, h.details(after.requestID()), 200, "")
	if n := h.OpenSessions(id); n != 0 {
		t.Errorf("got %d open sessions, want none: cached calls open none", n)
	}
}

func TestRule2CachedSuccessIsNotFreshness(t *testing.T) {
	h := newHarness(t)
	old := h.SeedLogin(SeedOptions{LastRefresh: start.Add(-48 * time.Hour)})
	if got := h.authorize(cachedCall(old)); !strings.Contains(got.body, `"LastRefresh":"2026-03-02T10:20:30.1234567"`) {
		t.Errorf("got %s, want the refresh of two days ago", got.body)
	}
	never := h.SeedLogin(SeedOptions{Username: "greatday_nomfa+never", NeverRefreshed: true})
	if got := h.authorize(cachedCall(never)); !strings.Contains(got.body, `"LastRefresh":"0001-01-01T00:00:00"`) {
		t.Errorf("got %s, want year 1", got.body)
	}
}

func TestRule3OneLiveSessionPerLogin(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	first := h.authorize(liveCall(id))
	wantCode(t, first, 203, "")
	second := h.authorize(liveCall(id))
	wantAnswer(t, second, 401, bankRefusal("CONCURRENT_SESSION"), id)
	wantCode(t, h.authorize(linkCall("greatday", "Everyday")), 401, codeConcurrentSession)
	other := h.seed("Greatday+other")
	wantCode(t, h.authorize(liveCall(other)), 203, "")

	stats := h.LiveStats()
	if stats.MaxPerLogin != 1 || stats.Refused != 2 || stats.MaxInstance != 2 || len(stats.Overlaps) != 2 {
		t.Errorf("got %+v", stats)
	}
	if state, _ := h.Login(id); state.LiveOpened != 1 || state.LiveRefused != 2 || state.Prompts != 1 {
		t.Errorf("got %+v", state)
	}
}

func TestRule3TheLockEnds(t *testing.T) {
	tests := []struct {
		name string
		user string
		end  func(h *harness, id string)
	}{
		{"at 8 minutes idle", "Greatday", func(h *harness, _ string) { h.pass(idleLife) }},
		{"at a failure", "Greatday", func(h *harness, id string) {
			r, _ := h.WaitingRequestID(id)
			h.authorize(mfaCall(r, "What city were you born in?", "Toronto"))
		}},
		{"at data completion", DefaultUsername, func(h *harness, _ string) { h.pass(10 * time.Second) }},
		{"at completion after an answer", "Greatday", func(h *harness, id string) {
			_ = h.CompleteMFA(id)
			h.pass(10 * time.Second)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			id := h.seed(tt.user)
			h.authorize(liveCall(id))
			wantCode(t, h.authorize(liveCall(id)), 401, codeConcurrentSession)
			tt.end(h, id)
			if n := h.OpenSessions(id); n != 0 {
				t.Errorf("got %d open sessions, want none", n)
			}
			if got := h.authorize(liveCall(id)); got.code() == codeConcurrentSession {
				t.Error("the lock did not end")
			}
		})
	}
}

func TestRule4ProcessingAfterALiveSuccess(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	request := h.authorize(liveCall(id)).requestID()
	wantCode(t, h.details(request), 202, codeOperationPending)
	wantCode(t, h.poll(request), 202, codeOperationPending)
	wantCode(t, h.deleteCard(id), 400, codeCardInUse)
	h.pass(10 * time.Second)
	wantCode(t, h.poll(request), 200, "")
	wantCode(t, h.deleteCard(id), 200, "")
	wantCode(t, h.poll(request), 400, codeSessionNonexistent)
}

func TestRule4DeleteWaitsForAnOpenQuestion(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	h.authorize(liveCall(id))
	wantCode(t, h.deleteCard(id), 400, codeCardInUse)
	h.pass(idleLife)
	wantCode(t, h.deleteCard(id), 200, "")
}

func TestRule5FirstDetailsAreNotThereYet(t *testing.T) {
	h := newHarness(t)
	id := h.authorize(linkCall(DefaultUsername, "Everyday")).loginID()
	h.pass(time.Hour)
	cached := h.authorize(cachedCall(id)).requestID()
	wantCode(t, h.details(cached), 202, codeOperationPending)
	wantCode(t, h.poll(cached), 200, "")
	next := h.authorize(cachedCall(id)).requestID()
	wantCode(t, h.details(next), 200, "")
}

func TestRule6RequestIDsPerish(t *testing.T) {
	const prompt = "What city were you born in?"
	h := newHarness(t)
	id := h.seed("Greatday")
	request := h.authorize(liveCall(id)).requestID()
	h.pass(idleLife - time.Second)
	wantCode(t, h.authorize(`{"RequestId":"`+request+`","SecurityResponses":{}}`), 203, "")
	h.pass(idleLife - time.Second) // every touch starts the 8 minutes again
	wantCode(t, h.authorize(mfaCall(request, "another", "x")), 401, codeUnknownChallengeKey)
	h.pass(idleLife)
	expired := h.authorize(mfaCall(request, prompt, "Montreal"))
	wantAnswer(t, expired, 400, `{"HttpStatusCode":400,"Message":"","FlinksCode":"SESSION_EXPIRED"}`, id)
	h.pass(expiredLife)
	wantCode(t, h.authorize(mfaCall(request, prompt, "Montreal")), 400, codeSessionNonexistent)
}

func TestRule6DataCallsWithinTheLifeOfARequestID(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	unasked := h.authorize(cachedCall(id)).requestID()
	h.pass(idleLife)
	wantCode(t, h.details(unasked), 400, codeSessionExpired)
	h.pass(expiredLife)
	wantCode(t, h.details(unasked), 400, codeSessionNonexistent)
}

// The final answer of GetAccountsDetail ends the RequestId; one that says to wait does
// not, and neither does a summary.
func TestRule6TheDetailsEndTheRequestID(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	request := h.authorize(liveCall(id)).requestID()
	wantCode(t, h.details(request), 202, codeOperationPending)
	h.pass(10 * time.Second)
	summary := h.call("POST", "GetAccountsSummary", `{"RequestId":"`+request+`"}`, "x-api-key", "api")
	wantCode(t, summary, 200, "")
	wantCode(t, h.poll(request), 200, "")
	for _, again := range []answer{
		h.poll(request), h.details(request), h.authorize(mfaCall(request, "", "")),
		h.call("POST", "GetAccountsSummary", `{"RequestId":"`+request+`"}`, "x-api-key", "api"),
	} {
		wantAnswer(t, again, 400, noSession, id)
	}
	wantCode(t, h.details(h.authorize(cachedCall(id)).requestID()), 200, "")
}

func TestRule6ProcessingEndsAfter30Minutes(t *testing.T) {
	h := newHarness(t)
	id := h.seed("test_pending")
	request := h.authorize(liveCall(id)).requestID()
	wantCode(t, h.authorize(mfaCall(request, "What city were you born in?", "Montreal")), 200, "")
	wantCode(t, h.details(request), 202, codeOperationPending)
	for range 29 {
		h.pass(time.Minute)
		wantCode(t, h.poll(request), 202, codeOperationPending)
	}
	h.pass(time.Minute)
	wantCode(t, h.poll(request), 400, codeSessionExpired)
	h.pass(expiredLife)
	wantCode(t, h.poll(request), 400, codeSessionNonexistent)
}

func TestRule7TokensAreSingleUse(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	token := h.MintAuthorizeToken()
	request := h.authorizeWith(token, liveCall(id)).requestID()
	wantAnswer(t, h.authorizeWith(token, cachedCall(id)), 401, unauthorizedToken, id)
	spent := h.MintAuthorizeToken()
	h.authorizeWith(spent, cachedCall(id))
	answer := mfaCall(request, "What city were you born in?", "Montreal")
	wantAnswer(t, h.authorizeWith(spent, answer), 401, unauthorizedToken, id)
	wantCode(t, h.authorizeWith(token, answer), 200, "")
}

func TestRule7ARefusedCallSpendsItsTokenToo(t *testing.T) {
	h := newHarness(t)
	token := h.MintAuthorizeToken()
	wantAnswer(t, h.authorizeWith(token, cachedCall(newGUID())), 401, loginNotFound, "")
	wantAnswer(t, h.authorizeWith(token, cachedCall(h.seed(DefaultUsername))), 401, unauthorizedToken, "")
}

func TestRule7TokensBelongToTheirCustomer(t *testing.T) {
	h := newHarness(t)
	elsewhere := h.url + "/v3/" + newGUID() + "/BankingServices/Authorize"
	got := h.send("POST", elsewhere, cachedCall(h.seed(DefaultUsername)), "flinks-auth-key", h.MintAuthorizeToken())
	wantAnswer(t, got, 401, unauthorizedToken, "")
}

func TestRule7OnlyItsOwnTokenAnswersForASession(t *testing.T) {
	h := newHarness(t)
	request := h.authorize(liveCall(h.seed("sim_textorcall"))).requestID()
	choice := mfaCall(request, "How do you want to receive your code?", "Text ***-***-4242")
	wantAnswer(t, h.authorizeWith(h.MintAuthorizeToken(), choice), 401, unauthorizedToken, "")
	wantCode(t, h.authorize(choice), 203, "")
	wantCode(t, h.authorize(mfaCall(request, "Enter the code we sent to ***-***-4242.", "135790")), 200, "")
}

func TestRule7TokensExpireUnused(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	token, late := h.MintAuthorizeToken(), h.MintAuthorizeToken()
	h.pass(15*time.Minute - time.Second)
	wantCode(t, h.authorizeWith(token, cachedCall(id)), 200, "")
	h.pass(time.Second)
	wantAnswer(t, h.authorizeWith(late, cachedCall(id)), 401, unauthorizedToken, id)
}

func TestRule8DeleteTwice(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	wantAnswer(t, h.deleteCard(id), 200, `"Login deleted"`, id)
	wantAnswer(t, h.deleteCard(id), 404, "", id)
	wantAnswer(t, h.authorize(cachedCall(id)), 401, loginNotFound, id)
	if state, ok := h.Login(id); !ok || !state.Deleted {
		t.Error("the test oracle must remember a deleted login")
	}
}

func TestRule10ConnectDrivesTheSameSessions(t *testing.T) {
	h := newHarness(t)
	id := h.seed("Greatday")
	request := h.authorize(liveCall(id)).requestID()
	result, err := Person{}.Answer(t.Context(), h.connectURL("requestId", request))
	if err != nil {
		t.Fatal(err)
	}
	if result.LoginID != id || result.RequestID != request {
		t.Errorf("got %+v", result)
	}
	cached := h.authorize(cachedCall(id)).requestID()
	wantCode(t, h.details(cached), 202, codeOperationPending)
	h.pass(time.Minute)
	wantCode(t, h.poll(cached), 200, "")
}
