package flinkssim

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// knobTests turns one knob at a time away from the strictest reading and looks at what
// that changes; the strictest ones are held by the other tests. A knob without a row
// here fails TestEveryKnobIsTested.
var knobTests = []struct {
	knob, value string
	check       func(t *testing.T, h *harness)
}{
	{"authorizeTokenTTL", "30m", func(t *testing.T, h *harness) {
		id, token, late := h.seed(DefaultUsername), h.MintAuthorizeToken(), h.MintAuthorizeToken()
		h.pass(30*time.Minute - time.Second)
		wantCode(t, h.authorizeWith(token, cachedCall(id)), 200, "")
		h.pass(time.Second)
		wantCode(t, h.authorizeWith(late, cachedCall(id)), 401, codeUnauthorized)
	}},
	{"requireAuthorizeToken", "false", func(t *testing.T, h *harness) {
		wantCode(t, h.call("POST", "Authorize", cachedCall(h.seed(DefaultUsername))), 200, "")
		wantPage(t, h.url+"/v2/?demo=true", stateInstitutions)
		request := h.authorize(liveCall(h.seed("Greatday"))).requestID()
		wantPage(t, h.url+"/v2/?requestId="+request, stateMFA)
	}},
	{"requireXApiKey", "false", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		wantCode(t, h.call("POST", "GetAccountsDetail", `{"RequestId":"`+request+`"}`), 200, "")
	}},
	{"cardCredential", "secretKey", func(t *testing.T, h *harness) {
		id := h.seed(DefaultUsername)
		wantCode(t, h.deleteCard(id), 401, codeUnauthorized)
		wantAnswer(t, h.call("DELETE", "DeleteCard/"+id, "", "flinks-auth-key", "secret"), 200, `"Login deleted"`, "")
	}},
	{"cardCredential", "either", func(t *testing.T, h *harness) {
		body := `{"LoginId":"` + h.seed(DefaultUsername) + `","IsActivated":true}`
		wantCode(t, h.call("PATCH", "SetScheduledRefresh", body, "x-api-key", "api"), 200, "")
		wantCode(t, h.call("PATCH", "SetScheduledRefresh", body, "flinks-auth-key", "secret"), 200, "")
		wantCode(t, h.call("PATCH", "SetScheduledRefresh", body), 401, codeUnauthorized)
	}},
	{"mfaToken", "both", func(t *testing.T, h *harness) {
		token := h.MintAuthorizeToken()
		request := h.authorizeWith(token, liveCall(h.seed("sim_textorcall"))).requestID()
		wantCode(t, h.authorizeWith(token, mfaCall(request, "How do you want to receive your code?", "Text ***-***-4242")), 203, "")
		another := h.MintAuthorizeToken()
		code := mfaCall(request, "Enter the code we sent to ***-***-4242.", "135790")
		wantCode(t, h.authorizeWith(another, code), 200, "")
		wantCode(t, h.authorizeWith(another, code), 401, codeAlreadyAuthorized)
	}},
	{"mfaToken", "new", func(t *testing.T, h *harness) {
		token := h.MintAuthorizeToken()
		request := h.authorizeWith(token, liveCall(h.seed("Greatday"))).requestID()
		answer := mfaCall(request, "What city were you born in?", "Montreal")
		wantCode(t, h.authorizeWith(token, answer), 401, codeUnauthorized)
		wantCode(t, h.authorizeWith(h.MintAuthorizeToken(), answer), 200, "")
	}},
	{"acceptBearerOnAuthorize", "true", func(t *testing.T, h *harness) {
		got := h.call("POST", "Authorize", cachedCall(h.seed(DefaultUsername)), "Authorization", "Bearer bearer")
		wantCode(t, got, 200, "")
	}},
	{"resumeToken", ResumeTokenSession, func(t *testing.T, h *harness) {
		token := h.MintAuthorizeToken()
		bare := h.url + "/v2/?requestId=" + h.authorizeWith(token, liveCall(h.seed("Greatday"))).requestID()
		wantPage(t, bare, stateTokenInvalid)
		if _, err := (Person{}).Answer(t.Context(), bare+"&authorizeToken="+token); err != nil {
			t.Error(err)
		}
	}},
	{"resumeToken", ResumeTokenNone, func(t *testing.T, h *harness) {
		bare := h.url + "/v2/?requestId=" + h.authorize(liveCall(h.seed("Greatday"))).requestID()
		wantPage(t, bare, stateMFA)
		if _, err := (Person{}).Answer(t.Context(), bare); err != nil {
			t.Error(err)
		}
		wantPage(t, h.url+"/v2/?demo=true", stateTokenInvalid)
	}},
	{"connectTokenSpentOnOpen", "false", func(t *testing.T, h *harness) {
		opened := h.connectURL()
		wantPage(t, opened, stateInstitutions)
		wantPage(t, opened, stateInstitutions)
		if _, err := (Person{Password: "typo"}).Link(t.Context(), opened); err == nil {
			t.Fatal("want a refusal")
		}
		if _, err := (Person{}).Link(t.Context(), opened); err != nil {
			t.Errorf("a typing error must not cost the token: %v", err)
		}
		wantPage(t, opened, stateTokenInvalid)
	}},
	{"lenientBodies", "true", func(t *testing.T, h *harness) {
		id := h.seed(DefaultUsername)
		odd := `{"loginid":"` + strings.ToUpper(id) + `","mostRecentCached":"true","Tag":null}`
		wantCode(t, h.call("POST", "Authorize", odd, "flinks-auth-key", h.MintAuthorizeToken(), "Content-Type", "text/plain"), 200, "")
		request := h.authorize(liveCall(h.seed("Greatday"))).requestID()
		h.turn("mfaToken", mfaTokenBoth)
		wantCode(t, h.rawAnswers(request, `{"What city were you born in?":"Montreal"}`), 200, "")
		got := h.call("PATCH", "SetScheduledRefresh?LoginId="+id+"&IsActivated=true", "", "x-api-key", "api")
		wantAnswer(t, got, 200, `"LoginId $login has now been activated for automatic refresh"`, id)
	}},
	{"saveDefault", "true", func(t *testing.T, h *harness) {
		body := strings.Replace(linkCall(DefaultUsername, DefaultPassword), `,"Save":true`, "", 1)
		id := h.authorize(body).loginID()
		h.pass(time.Hour)
		wantCode(t, h.authorize(liveCall(id)), 200, "")
	}},

	{"authorizeUnknown", AuthorizeUnknownInvalidLogin, func(t *testing.T, h *harness) {
		wantAnswer(t, h.authorize(cachedCall(newGUID())), 400, unknownLogin, "")
		wantAnswer(t, h.authorize(liveCall(newGUID())), 400, unknownLogin, "")
	}},
	{"authorizeUnknown", AuthorizeUnknownInvalidRequest, func(t *testing.T, h *harness) {
		id := newGUID()
		wantAnswer(t, h.authorize(cachedCall(id)), 401,
			`{"HttpStatusCode":401,"Message":"The login '$login' is invalid.","FlinksCode":"INVALID_REQUEST"}`, id)
	}},
	{"deleteUnknown", DeleteUnknownNotFound404, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 404,
			`{"HttpStatusCode":404,"Message":"The LoginId provided is either invalid or does not belong to the CustomerId"}`, "")
	}},
	{"deleteUnknown", DeleteUnknownInvalidLogin400, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 400, unknownLogin, "")
	}},
	{"deleteUnknown", DeleteUnknownInvalidLogin401, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 401, strings.Replace(unknownLogin, "400", "401", 1), "")
	}},
	{"deleteUnknown", DeleteUnknownInvalidRequest400, func(t *testing.T, h *harness) {
		id := newGUID()
		wantAnswer(t, h.deleteCard(id), 400,
			`{"HttpStatusCode":400,"Message":"The login '$login' is invalid.","FlinksCode":"INVALID_REQUEST"}`, id)
	}},
	{"deleteUnknown", DeleteUnknownInvalidRequest401, func(t *testing.T, h *harness) {
		id := newGUID()
		wantAnswer(t, h.deleteCard(id), 401,
			`{"HttpStatusCode":401,"Message":"The login '$login' is invalid.","FlinksCode":"INVALID_REQUEST"}`, id)
	}},
	{"deleteUnknown", DeleteUnknownString200, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 200, `"Invalid LoginId"`, "")
	}},
	{"deleteUnknown", DeleteUnknownString400, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 400, `"Invalid LoginId"`, "")
	}},
	{"deleteUnknown", DeleteUnknownObject200, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 200, `{"StatusCode":200,"Message":"Invalid LoginId"}`, "")
	}},
	{"deleteCardBody", "object", func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(h.seed(DefaultUsername)), 200, `{"StatusCode":200,"Message":"Login deleted"}`, "")
	}},
	{"setScheduledRefreshBody", "object", func(t *testing.T, h *harness) {
		id := h.seed(DefaultUsername)
		got := h.call("PATCH", "SetScheduledRefresh", `{"LoginId":"`+id+`","IsActivated":true}`, "x-api-key", "api")
		wantAnswer(t, got, 200, `{"statusCode":200,"message":"LoginId $login has now been activated for automatic refresh"}`, id)
	}},
	{"scheduleWhileInUse", "true", func(t *testing.T, h *harness) {
		id := h.seed(DefaultUsername)
		h.authorize(liveCall(id))
		wantCode(t, h.deleteCard(id), 400, codeCardInUse)
		wantCode(t, h.call("PATCH", "SetScheduledRefresh", `{"LoginId":"`+id+`","IsActivated":true}`, "x-api-key", "api"), 200, "")
	}},
	{"invalidLoginStatus", "401", func(t *testing.T, h *harness) {
		wantAnswer(t, h.authorize(linkCall("Greatday", "x")), 401, `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],
			"HttpStatusCode":401,"Message":"The card number (username) or password provided is invalid",
			"FlinksCode":"INVALID_LOGIN","Institution":"FlinksCapital","RequestId":"$request"}`, "")
		h.turn("authorizeUnknown", AuthorizeUnknownInvalidLogin)
		wantAnswer(t, h.authorize(cachedCall(newGUID())), 401, strings.Replace(unknownLogin, "400", "401", 1), "")
	}},
	{"invalidRequestStatus", "400", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize("{"), 400, codeInvalidRequest)
	}},
	{"sessionExpiredStatus", "401", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		h.pass(idleLife)
		wantAnswer(t, h.details(request), 401, bankRefusal("SESSION_EXPIRED"), "")
	}},
	{"throttleStatus", "429", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize(cachedCall(h.seed("sim_throttle"))), 429, codeTooManyRequests)
	}},
	{"throttleStatus", "403", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize(liveCall(h.seed("sim_throttle"))), 403, codeTooManyRequests)
	}},
	{"throttleRetryAfter", "90s", func(t *testing.T, h *harness) {
		if got := h.authorize(cachedCall(h.seed("sim_throttle"))).header.Get("Retry-After"); got != "90" {
			t.Errorf("got Retry-After %q, want 90", got)
		}
	}},
	{"retryLaterStatus", "401", func(t *testing.T, h *harness) {
		wantAnswer(t, h.authorize(liveCall(h.seed("test_service_unavailable"))), 401, bankRefusal("RETRY_LATER"), "")
	}},
	{"securityResponseFinal", "false", func(t *testing.T, h *harness) {
		const prompt = "What city were you born in?"
		token := h.MintAuthorizeToken()
		request := h.authorizeWith(token, liveCall(h.seed("Greatday"))).requestID()
		wrong := h.authorizeWith(token, mfaCall(request, prompt, "Toronto"))
		wantAnswer(t, wrong, 401, `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"HttpStatusCode":401,
			"FlinksCode":"INVALID_SECURITY_RESPONSE","SecurityChallenges":[{"Type":"QuestionAndAnswer","Prompt":"`+prompt+`"}],
			"Institution":"FlinksCapital","RequestId":"$request"}`, "")
		wantCode(t, h.authorizeWith(token, mfaCall(request, prompt, "Montreal")), 200, "")
	}},
	{"securityResponseCode", "INVALID_SECURITY_RESPONSE_NO_RETRY", func(t *testing.T, h *harness) {
		token := h.MintAuthorizeToken()
		request := h.authorizeWith(token, liveCall(h.seed("Greatday"))).requestID()
		wantCode(t, h.authorizeWith(token, mfaCall(request, "What city were you born in?", "x")), 401, codeInvalidAnswerNoRetry)
	}},
	{"maintenanceCode", "BANK_MAINTENANCE_RETRY_LATER", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize(liveCall(h.seed("sim_maintenance"))), 401, "BANK_MAINTENANCE_RETRY_LATER")
	}},
	{"maintenanceCode", "BANK_MAINTENENACE_RETRY_LATER", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize(liveCall(h.seed("sim_maintenance"))), 401, "BANK_MAINTENENACE_RETRY_LATER")
	}},
	{"wrongPasswordCode", "INVALID_PASSWORD", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize(linkCall("Greatday", "x")), 401, codeInvalidPassword)
	}},
	{"statementsLink", "true", func(t *testing.T, h *harness) {
		if got := h.authorize(cachedCall(h.seed(DefaultUsername))); !strings.Contains(got.body, `"rel":"Statements"`) {
			t.Errorf("got %s", got.body)
		}
	}},
	{"institutionNameField", "true", func(t *testing.T, h *harness) {
		if got := h.authorize(cachedCall(h.seed(DefaultUsername))); !strings.Contains(got.body, `"InstitutionName":"FlinksCapital"`) {
			t.Errorf("got %s", got.body)
		}
	}},

	{"retentionDays", "10", func(t *testing.T, h *harness) {
		id := h.SeedLogin(SeedOptions{LastRefresh: start.Add(-11 * 24 * time.Hour)})
		cached := h.authorize(cachedCall(id))
		wantCode(t, cached, 200, "")
		if d := decodeDetails(t, h.details(cached.requestID())); len(d.Accounts) != 0 {
			t.Errorf("got %d accounts after the retention", len(d.Accounts))
		}
	}},
	{"credentialDays", "5", func(t *testing.T, h *harness) {
		id := h.SeedLogin(SeedOptions{CredentialsSavedAt: start.Add(-6 * 24 * time.Hour)})
		wantCode(t, h.authorize(liveCall(id)), 400, codeInvalidLogin)
		wantCode(t, h.authorize(linkCall(DefaultUsername, DefaultPassword)), 200, "")
		h.pass(time.Hour)
		wantCode(t, h.authorize(liveCall(id)), 200, "")
	}},
	{"refreshRenewsCredentials", "true", func(t *testing.T, h *harness) {
		id := h.SeedLogin(SeedOptions{CredentialsSavedAt: start.Add(-29 * 24 * time.Hour)})
		wantCode(t, h.authorize(liveCall(id)), 200, "")
		h.pass(29 * 24 * time.Hour)
		wantCode(t, h.authorize(liveCall(id)), 200, "")
	}},
	{"accountIdDays", "10", func(t *testing.T, h *harness) {
		if !h.accountIDsChange(11) || h.accountIDsChange(9) {
			t.Error("account ids must change with the first success after the ten days, and only then")
		}
	}},
	{"accountIdDays", "0", func(t *testing.T, h *harness) {
		if h.accountIDsChange(1000) {
			t.Error("account ids must stay")
		}
	}},
	{"requestIdAfterDetails", "pollable", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed(DefaultUsername))).requestID()
		wantCode(t, h.details(request), 202, codeOperationPending)
		h.pass(10 * time.Second)
		for range 3 { // every read starts the 8 minutes again
			wantCode(t, h.poll(request), 200, "")
			h.pass(idleLife - time.Second)
		}
		wantCode(t, h.details(request), 200, "")
		h.pass(idleLife)
		wantCode(t, h.details(request), 400, codeSessionExpired)
	}},
	{"requestIdAfterReconnect", "usable", func(t *testing.T, h *harness) {
		request := h.resumed("Greatday")
		wantCode(t, h.details(request), 202, codeOperationPending)
	}},
	{"failedSessionsReadable", "true", func(t *testing.T, h *harness) {
		replay := h.authorize(cachedCall(h.SeedLogin(SeedOptions{LastCode: codeDisabledLogin})))
		wantCode(t, replay, 401, codeDisabledLogin)
		wantCode(t, h.details(replay.requestID()), 200, "")
	}},
	{"idleOutReplay", "SESSION_EXPIRED", func(t *testing.T, h *harness) {
		id := h.seed("Greatday")
		h.authorize(liveCall(id))
		h.pass(idleLife - time.Second)
		wantCode(t, h.authorize(cachedCall(id)), 401, codeQuestionNotFound)
		h.pass(time.Second)
		wantCode(t, h.authorize(cachedCall(id)), 400, codeSessionExpired)
	}},
	{"pollUnasked", "true", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		wantCode(t, h.poll(request), 200, "")
	}},
	{"tagScope", TagScopeLogin, func(t *testing.T, h *harness) {
		linked, err := Person{}.Link(t.Context(), h.connectURL("tag", "t-1"))
		if err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		h.details(linked.RequestID)
		h.lastTag(t, linked.LoginID, "t-1")
	}},
	{"resumeFiltersData", "true", func(t *testing.T, h *harness) {
		h.turn("requestIdAfterReconnect", requestIDUsable)
		account := stableGUID("account", h.seed("Greatday"), "0", "0")
		request := h.resumed("Greatday", "resumeSelectedAccounts", account)
		h.details(request)
		h.pass(time.Minute)
		if d := decodeDetails(t, h.poll(request)); len(d.Accounts) != 1 || d.Accounts[0].ID != account {
			t.Errorf("got %d accounts, want the one of the earlier selection", len(d.Accounts))
		}
	}},
	{"accountsFilterIgnored", "true", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		body := `{"RequestId":"` + request + `","AccountsFilter":["` + newGUID() + `"]}`
		if d := decodeDetails(t, h.call("POST", "GetAccountsDetail", body, "x-api-key", "api")); len(d.Accounts) < 2 {
			t.Errorf("got %d accounts, want all of the login", len(d.Accounts))
		}
	}},
	{"authorizeAsync", "true", func(t *testing.T, h *harness) {
		wantCode(t, h.async(liveCall(h.seed(DefaultUsername))), 202, "")
	}},
	{"asyncDuration", "1m", func(t *testing.T, h *harness) {
		h.turn("authorizeAsync", "true")
		request := h.async(liveCall(h.seed(DefaultUsername))).requestID()
		h.pass(59 * time.Second)
		wantCode(t, h.pollAuthorize(request), 202, "")
		h.pass(time.Second)
		wantCode(t, h.pollAuthorize(request), 200, "")
	}},
	{"swapCategoryAndType", "true", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		if a := decodeDetails(t, h.details(request)).Accounts[0]; a.Category != "Chequing" || a.Type != "Operations" {
			t.Errorf("got category %s and type %s", a.Category, a.Type)
		}
	}},

	{"classicConnect", "true", func(t *testing.T, h *harness) {
		for _, form := range []string{"/?", "/v2/?", "/v2?", "/Credential/14?", "/v2/Credential/14?"} {
			if _, err := (Person{}).Link(t.Context(), strings.Replace(h.connectURL(), "/v2/?", form, 1)); err != nil {
				t.Errorf("%s: %v", form, err)
			}
			h.pass(time.Hour)
		}
	}},
	{"reconnectEnabled", "false", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed("Greatday"))).requestID()
		if _, err := (Person{}).Answer(t.Context(), h.connectURL("requestId", request)); !errors.Is(err, ErrNotResumed) {
			t.Errorf("got %v: without reconnect the requestId must be ignored", err)
		}
	}},
	{"jsRedirectIgnored", "true", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed(DefaultUsername))).requestID()
		got := h.send("GET", h.connectURL("redirectUrl", "https://app.test/", "jsRedirect", "true", "requestId", request), "")
		if !strings.Contains(got.body, `navigate = "top"`) {
			t.Error("the page must go to redirectUrl all the same")
		}
	}},
	{"redirectLoginId", "true", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed(DefaultUsername))).requestID()
		got := h.send("GET", h.connectURL("requestId", request), "")
		if !strings.Contains(got.body, `"loginId":`) {
			t.Errorf("the event must name the login: %s", got.body)
		}
	}},
	{"nightlyWorks", "true", func(t *testing.T, h *harness) {
		h.SeedLogin(SeedOptions{Scheduled: true})
		if n := h.RunNightly(); n != 1 {
			t.Errorf("tried %d logins", n)
		}
	}},
	{"webhookHeader", HeaderSignature, func(t *testing.T, h *harness) {
		r := newReceiver(t)
		if err := h.SetWebhook(Webhook{URL: r.url, Secret: "s"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.SendWebhook(t.Context(), h.seed(DefaultUsername), WebhookKYC); err != nil {
			t.Fatal(err)
		}
		if !h.last().HasHeader(HeaderSignature) || h.last().HasHeader(HeaderAuthenticityKey) {
			t.Errorf("got headers %v", h.last().Headers)
		}
	}},

	{"concurrencyLock", "false", func(t *testing.T, h *harness) {
		id := h.seed("Greatday")
		wantCode(t, h.authorize(liveCall(id)), 203, "")
		wantCode(t, h.authorize(liveCall(id)), 203, "")
		if n := h.MaxConcurrentLive(); n != 2 {
			t.Errorf("got %d live sessions at once, want 2", n)
		}
		if o := h.LiveStats().Overlaps; len(o) != 1 || o[0].Refused || o[0].LoginID != id || o[0].Open != 2 {
			t.Errorf("got overlaps %+v", o)
		}
	}},
	{"processingDuration", "0s", func(t *testing.T, h *harness) {
		id := h.seed(DefaultUsername)
		h.authorize(liveCall(id))
		wantCode(t, h.deleteCard(id), 200, "")
	}},
	{"firstDetailsPending", "false", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed(DefaultUsername))).requestID()
		h.pass(10 * time.Second)
		wantCode(t, h.details(request), 200, "")
	}},
	{"liveLatency", "3m30s", func(t *testing.T, h *harness) {
		if d := h.liveLatency(h.logins[h.seed(DefaultUsername)]); d != 210*time.Second {
			t.Errorf("got %v", d)
		}
	}},
	{"slowLatency", "4m", func(t *testing.T, h *harness) {
		if d := h.liveLatency(h.logins[h.seed("sim_slow")]); d != 4*time.Minute {
			t.Errorf("got %v", d)
		}
	}},
}

// accountIDsChange reports whether the account ids are others after a success that
// follows so many days without one.
func (h *harness) accountIDsChange(days int) bool {
	h.t.Helper()
	id := h.SeedLogin(SeedOptions{LastRefresh: h.Now().Add(-time.Duration(days) * 24 * time.Hour)})
	before := h.logins[id].accountID(0)
	wantCode(h.t, h.authorize(liveCall(id)), 200, "")
	h.pass(time.Hour)
	return h.logins[id].accountID(0) != before
}

// resumed returns the RequestId of a live session that a person went on with in Connect.
func (h *harness) resumed(username string, params ...string) string {
	h.t.Helper()
	request := h.authorize(liveCall(h.seed(username))).requestID()
	if _, err := (Person{}).Answer(h.t.Context(), h.connectURL(append(params, "requestId", request)...)); err != nil {
		h.t.Fatal(err)
	}
	return request
}

// lastTag checks the tag that comes with the data of a new cached session.
func (h *harness) lastTag(t *testing.T, loginID, want string) {
	t.Helper()
	got := h.details(h.authorize(cachedCall(loginID)).requestID())
	wantCode(t, got, 200, "")
	if tag := got.field("Tag"); tag != want {
		t.Errorf("got tag %q, want %q", tag, want)
	}
}

func TestEachKnob(t *testing.T) {
	for _, tt := range knobTests {
		t.Run(tt.knob+"="+tt.value, func(t *testing.T) {
			h := newHarness(t, (*Knobs).Strict)
			h.turn(tt.knob, tt.value)
			tt.check(t, h)
		})
	}
}

func TestEveryKnobIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, tt := range knobTests {
		tested[tt.knob] = true
	}
	for field := range reflect.TypeFor[Knobs]().Fields() {
		if name := field.Tag.Get("json"); !tested[name] {
			t.Errorf("knob %s has no test", name)
		}
	}
}

// TestEveryValueIsTested: a knob that is a word or a status has a row for each value
// but the strictest, which all other tests run with.
func TestEveryValueIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, tt := range knobTests {
		tested[tt.knob+"="+tt.value] = true
	}
	for _, shape := range DeleteUnknownShapes()[1:] {
		if !tested["deleteUnknown="+shape] {
			t.Errorf("deleteUnknown=%s has no test", shape)
		}
	}
	for _, shape := range AuthorizeUnknownShapes()[1:] {
		if !tested["authorizeUnknown="+shape] {
			t.Errorf("authorizeUnknown=%s has no test", shape)
		}
	}
}
