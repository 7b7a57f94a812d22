package flinkssim

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestEachKnob turns one knob at a time and looks at what it changes. A knob
// without a row here fails TestEveryKnobIsTested.
var knobTests = []struct {
	knob, value string
	check       func(t *testing.T, h *harness)
}{
	{"authorizeTokenTTL", "15m", func(t *testing.T, h *harness) {
		token := h.MintAuthorizeToken()
		h.pass(15 * time.Minute)
		wantCode(t, h.authorizeWith(token, cachedCall(h.seed(DefaultUsername))), 401, codeUnauthorized)
	}},
	{"requireAuthorizeToken", "false", func(t *testing.T, h *harness) {
		wantCode(t, h.call("POST", "Authorize", cachedCall(h.seed(DefaultUsername))), 200, "")
	}},
	{"requireXApiKey", "false", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		wantCode(t, h.call("POST", "GetAccountsDetail", `{"RequestId":"`+request+`"}`), 200, "")
	}},
	{"mfaToken", "same", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed("Greatday"))).requestID()
		wantCode(t, h.authorize(mfaCall(request, "What city were you born in?", "Montreal")), 401, codeUnauthorized)
	}},
	{"mfaToken", "new", func(t *testing.T, h *harness) {
		token := h.MintAuthorizeToken()
		request := h.authorizeWith(token, liveCall(h.seed("Greatday"))).requestID()
		answer := mfaCall(request, "What city were you born in?", "Montreal")
		wantCode(t, h.authorizeWith(token, answer), 401, codeUnauthorized)
		wantCode(t, h.authorize(answer), 200, "")
	}},
	{"acceptBearerOnAuthorize", "true", func(t *testing.T, h *harness) {
		got := h.call("POST", "Authorize", cachedCall(h.seed(DefaultUsername)), "Authorization", "Bearer bearer")
		wantCode(t, got, 200, "")
	}},
	{"invalidLoginStatus", "400", func(t *testing.T, h *harness) {
		wantAnswer(t, h.authorize(cachedCall(newGUID())), 400,
			strings.Replace(unknownLogin, `"HttpStatusCode":401`, `"HttpStatusCode":400`, 1), "")
		wantAnswer(t, h.authorize(linkCall("Greatday", "x")), 400, `{"HttpStatusCode":400,
			"Message":"The card number (username) or password provided is invalid","FlinksCode":"INVALID_LOGIN"}`, "")
	}},
	{"invalidRequestStatus", "400", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize("{"), 400, codeInvalidRequest)
	}},
	{"sessionExpiredStatus", "400", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		h.pass(idleLife)
		wantAnswer(t, h.details(request), 400, `{"HttpStatusCode":400,"Message":"","FlinksCode":"SESSION_EXPIRED"}`, "")
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
	{"retryLaterStatus", "400", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize(liveCall(h.seed("test_service_unavailable"))), 400, codeRetryLater)
	}},
	{"securityResponseFinal", "false", func(t *testing.T, h *harness) {
		const prompt = "What city were you born in?"
		request := h.authorize(liveCall(h.seed("Greatday"))).requestID()
		wrong := h.authorize(mfaCall(request, prompt, "Toronto"))
		wantAnswer(t, wrong, 401, `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"HttpStatusCode":401,
			"FlinksCode":"INVALID_SECURITY_RESPONSE","SecurityChallenges":[{"Type":"QuestionAndAnswer","Prompt":"`+prompt+`"}],
			"Institution":"FlinksCapital","RequestId":"$request"}`, "")
		wantCode(t, h.authorize(mfaCall(request, prompt, "Montreal")), 200, "")
	}},
	{"securityResponseCode", "INVALID_SECURITY_RESPONSE_NO_RETRY", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed("Greatday"))).requestID()
		wantCode(t, h.authorize(mfaCall(request, "What city were you born in?", "x")), 401, codeInvalidAnswerNoRetry)
	}},
	{"maintenanceCode", "BANK MAINTENANCE_RETRY_LATER", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize(liveCall(h.seed("sim_maintenance"))), 401, "BANK MAINTENANCE_RETRY_LATER")
	}},
	{"wrongPasswordCode", "INVALID_PASSWORD", func(t *testing.T, h *harness) {
		wantCode(t, h.authorize(linkCall("Greatday", "x")), 401, codeInvalidPassword)
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
		wantCode(t, h.authorize(liveCall(id)), 401, codeInvalidLogin)
		wantCode(t, h.authorize(linkCall(DefaultUsername, DefaultPassword)), 200, "")
		h.pass(time.Hour)
		wantCode(t, h.authorize(liveCall(id)), 200, "")
	}},
	{"accountIdDays", "90", func(t *testing.T, h *harness) {
		ids := func(last time.Time) string {
			id := h.SeedLogin(SeedOptions{LastRefresh: last})
			return decodeDetails(t, h.details(h.authorize(cachedCall(id)).requestID())).Accounts[0].ID
		}
		if ids(start) == ids(start.Add(-89*24*time.Hour)) {
			t.Error("account ids must change")
		}
	}},
	{"requestIdAfterDetails", "ends", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		wantCode(t, h.details(request), 200, "")
		wantCode(t, h.poll(request), 400, codeSessionNonexistent)
	}},
	{"swapCategoryAndType", "true", func(t *testing.T, h *harness) {
		request := h.authorize(cachedCall(h.seed(DefaultUsername))).requestID()
		if a := decodeDetails(t, h.details(request)).Accounts[0]; a.Category != "Chequing" || a.Type != "Operations" {
			t.Errorf("got category %s and type %s", a.Category, a.Type)
		}
	}},
	{"setScheduledRefreshBody", "object", func(t *testing.T, h *harness) {
		id := h.seed(DefaultUsername)
		got := h.call("PATCH", "SetScheduledRefresh", `{"LoginId":"`+id+`","IsActivated":true}`, "x-api-key", "api")
		wantAnswer(t, got, 200, `{"statusCode":200,"message":"LoginId $login has now been activated for automatic refresh"}`, id)
	}},
	{"deleteUnknown", DeleteUnknownString200, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 200, `"Invalid LoginId"`, "")
	}},
	{"deleteUnknown", DeleteUnknownInvalidLogin401, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 401, unknownLogin, "")
	}},
	{"deleteUnknown", DeleteUnknownInvalidRequest400, func(t *testing.T, h *harness) {
		id := newGUID()
		wantAnswer(t, h.deleteCard(id), 400,
			`{"HttpStatusCode":400,"Message":"The login '$login' is invalid.","FlinksCode":"INVALID_REQUEST"}`, id)
	}},
	{"deleteUnknown", DeleteUnknownNotFound404, func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(newGUID()), 404,
			`{"HttpStatusCode":404,"Message":"The LoginId provided is either invalid or does not belong to the CustomerId"}`, "")
	}},
	{"deleteCardBody", "string", func(t *testing.T, h *harness) {
		wantAnswer(t, h.deleteCard(h.seed(DefaultUsername)), 200, `"Login deleted"`, "")
	}},
	{"reconnectEnabled", "false", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed("Greatday"))).requestID()
		query := url.Values{"requestId": {request}, "demo": {"true"}, "authorizeToken": {h.MintAuthorizeToken()}}
		if _, err := (Person{}).Answer(t.Context(), h.url+"/v2/?"+query.Encode()); err == nil {
			t.Error("without reconnect the requestId must be ignored")
		}
	}},
	{"nightlyWorks", "false", func(t *testing.T, h *harness) {
		h.SeedLogin(SeedOptions{Scheduled: true})
		if n := h.RunNightly(); n != 0 {
			t.Errorf("tried %d logins", n)
		}
	}},
	{"saveDefault", "false", func(t *testing.T, h *harness) {
		body := strings.Replace(linkCall(DefaultUsername, DefaultPassword), `,"Save":true`, "", 1)
		id := h.authorize(body).loginID()
		h.pass(time.Hour)
		wantCode(t, h.authorize(liveCall(id)), 401, codeInvalidLogin)
	}},
	{"statementsLink", "false", func(t *testing.T, h *harness) {
		if got := h.authorize(cachedCall(h.seed(DefaultUsername))); strings.Contains(got.body, "Statements") {
			t.Errorf("got %s", got.body)
		}
	}},
	{"institutionNameField", "false", func(t *testing.T, h *harness) {
		if got := h.authorize(cachedCall(h.seed(DefaultUsername))); strings.Contains(got.body, "InstitutionName") {
			t.Errorf("got %s", got.body)
		}
	}},
	{"requireTokenToResume", "true", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed("Greatday"))).requestID()
		bare := h.url + "/v2/?requestId=" + request
		wantPage(t, bare, stateTokenInvalid)
		if _, err := (Person{}).Answer(t.Context(), bare+"&authorizeToken="+h.MintAuthorizeToken()); err != nil {
			t.Error(err)
		}
	}},
	{"jsRedirectIgnored", "true", func(t *testing.T, h *harness) {
		request := h.authorize(liveCall(h.seed(DefaultUsername))).requestID()
		got := h.send("GET", h.connectURL("redirectUrl", "https://app.test/", "jsRedirect", "true", "requestId", request), "")
		if !strings.Contains(got.body, `navigate = "top"`) {
			t.Error("the page must go to redirectUrl all the same")
		}
	}},
	{"redirectLoginId", "false", func(t *testing.T, h *harness) {
		got, err := Person{}.Link(t.Context(), h.connectURL("redirectUrl", "https://app.test/", "jsRedirect", "true"))
		if err != nil || got.LoginID != "" {
			t.Errorf("got %+v, %v, want no loginId", got, err)
		}
		if landed, _ := url.Parse(got.RedirectURL); landed.Query().Get("loginId") == "" {
			t.Errorf("got url %q, want the loginId in it", got.RedirectURL)
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

func TestEachKnob(t *testing.T) {
	for _, tt := range knobTests {
		t.Run(tt.knob+"="+tt.value, func(t *testing.T) {
			h := newHarness(t, func(k *Knobs) {
				if err := k.Set(tt.knob, tt.value); err != nil {
					t.Fatal(err)
				}
			})
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

func TestKnobsAsText(t *testing.T) {
	k := DefaultKnobs()
	raw, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	var back Knobs
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if back != k {
		t.Errorf("got %+v, want %+v", back, k)
	}
	if !strings.Contains(string(raw), `"authorizeTokenTTL":"30m0s"`) {
		t.Errorf("got %s", raw)
	}
}

func TestImpossibleKnobs(t *testing.T) {
	for _, tt := range []struct{ knob, value string }{
		{"authorizeTokenTTL", "0s"}, {"mfaToken", "none"}, {"invalidLoginStatus", "404"}, {"invalidRequestStatus", "500"},
		{"sessionExpiredStatus", "200"}, {"throttleStatus", "503"}, {"retryLaterStatus", "503"},
		{"securityResponseCode", "OK"}, {"maintenanceCode", "CLOSED"}, {"wrongPasswordCode", "NO"},
		{"requestIdAfterDetails", "maybe"}, {"setScheduledRefreshBody", "xml"}, {"deleteUnknown", "500"},
		{"deleteCardBody", "xml"}, {"webhookHeader", "Authorization"}, {"retentionDays", "-1"}, {"liveLatency", "-1s"},
	} {
		k := DefaultKnobs()
		if err := k.Set(tt.knob, tt.value); err != nil {
			t.Errorf("setting %s: %v", tt.knob, err)
		}
		if k.Validate() == nil {
			t.Errorf("%s=%s must be refused", tt.knob, tt.value)
		}
		s := New(Options{})
		if s.SetKnobs(func(now *Knobs) { *now = k }) == nil || s.Knobs() != DefaultKnobs() {
			t.Errorf("%s=%s must leave the knobs as they were", tt.knob, tt.value)
		}
	}
	k := DefaultKnobs()
	for _, tt := range []struct{ knob, value string }{{"nothing", "1"}, {"throttleStatus", "many"}, {"requireXApiKey", "perhaps"}} {
		if k.Set(tt.knob, tt.value) == nil {
			t.Errorf("%s=%s must be refused", tt.knob, tt.value)
		}
	}
}
