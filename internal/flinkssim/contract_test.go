package flinkssim

import (
	"strings"
	"testing"
)

const (
	unauthorizedKey   = `{"HttpStatusCode":401,"Message":"You must provide a valid auth key","FlinksCode":"UNAUTHORIZED"}`
	unauthorizedToken = `{"HttpStatusCode":401,"Message":"You must provide a valid authorize token","FlinksCode":"UNAUTHORIZED"}`
	unknownLogin      = `{"HttpStatusCode":400,"Message":"The LoginId provided is either invalid or does not belong to the CustomerId","FlinksCode":"INVALID_LOGIN"}`
	loginNotFound     = `{"HttpStatusCode":401,"Message":"LoginId not found or invalid","FlinksCode":"UNAUTHORIZED"}`
	invalidRequest    = `{"HttpStatusCode":401,"Message":"The request is invalid.","FlinksCode":"INVALID_REQUEST"}`
	noSession         = `{"HttpStatusCode":400,"Message":"Inputs session id or card if were not found.","FlinksCode":"SESSION_NONEXISTENT"}`
	authorizedOK      = `{"Links":[{"rel":"AccountsDetail","href":"/GetAccountsDetail","example":null},
		{"rel":"AccountsSummary","href":"/GetAccountsSummary","example":null}],
		"HttpStatusCode":200,
		"Login":{"Username":"greatday_nomfa","IsScheduledRefresh":false,"LastRefresh":"` + startText + `","Type":"Personal","Id":"$login"},
		"InstitutionId":14,"Institution":"FlinksCapital","RequestId":"$request"}`
	challenged = `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"HttpStatusCode":203,
		"SecurityChallenges":[{"Type":"QuestionAndAnswer","Prompt":"What city were you born in?"}],
		"Institution":"FlinksCapital","RequestId":"$request"}`
	pendingDetails = `{"FlinksCode":"OPERATION_PENDING",
		"Links":[{"rel":"GetAccountsDetailAsync","href":"/GetAccountsDetailAsync","example":"/GetAccountsDetailAsync/$request"}],
		"HttpStatusCode":202,"Message":"Your operation is still processing","RequestId":"$request"}`
)

// bankRefusal returns a 401 of the bank session with the code of the bank.
func bankRefusal(code string) string {
	return `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"HttpStatusCode":401,
		"FlinksCode":"` + code + `","Institution":"FlinksCapital","RequestId":"$request"}`
}

// contract is what the endpoints answer, whole bodies as published.
var contract = []struct {
	name   string
	user   string // seeded before
	call   func(h *harness, loginID string) answer
	status int
	body   string
}{
	{
		name: "GenerateAuthorizeToken with another key",
		call: func(h *harness, _ string) answer {
			return h.call("POST", "GenerateAuthorizeToken", "{}", "flinks-auth-key", "no")
		},
		status: 401, body: unauthorizedKey,
	},
	{
		name:   "Authorize without a token",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.call("POST", "Authorize", cachedCall(id)) },
		status: 401, body: unauthorizedToken,
	},
	{
		name:   "Authorize with the secret instead of a token",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.authorizeWith("secret", cachedCall(id)) },
		status: 401, body: unauthorizedToken,
	},
	{
		name:   "Authorize cached",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.authorize(cachedCall(id)) },
		status: 200, body: authorizedOK,
	},
	{
		name: "Authorize cached, a name in another case",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.authorize(`{"loginid":"` + id + `","MostRecentCached":true}`)
		},
		status: 401, body: invalidRequest,
	},
	{
		name: "Authorize cached, the boolean as text",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.authorize(`{"LoginId":"` + id + `","MostRecentCached":"true"}`)
		},
		status: 401, body: invalidRequest,
	},
	{
		name: "Authorize cached, a field without a value",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.authorize(`{"LoginId":"` + id + `","MostRecentCached":true,"Tag":null}`)
		},
		status: 401, body: invalidRequest,
	},
	{
		name: "Authorize cached, not as JSON",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.call("POST", "Authorize", cachedCall(id), "flinks-auth-key", h.MintAuthorizeToken(), "Content-Type", "text/plain")
		},
		status: 401, body: invalidRequest,
	},
	{
		name: "Authorize cached by username",
		user: DefaultUsername,
		call: func(h *harness, _ string) answer {
			return h.authorize(`{"Institution":"FlinksCapital","username":"GREATDAY_nomfa","Password":"Everyday","MostRecentCached":true}`)
		},
		status: 200, body: authorizedOK,
	},
	{
		name:   "Authorize live without a question",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.authorize(liveCall(id)) },
		status: 200, body: authorizedOK,
	},
	{
		name:   "Authorize live with a question",
		user:   "Greatday",
		call:   func(h *harness, id string) answer { return h.authorize(liveCall(id)) },
		status: 203, body: challenged,
	},
	{
		name:   "Authorize first link with a question",
		call:   func(h *harness, _ string) answer { return h.authorize(linkCall("Greatday", "Everyday")) },
		status: 203, body: challenged,
	},
	{
		name:   "Authorize an unknown login",
		call:   func(h *harness, _ string) answer { return h.authorize(cachedCall(newGUID())) },
		status: 401, body: loginNotFound,
	},
	{
		name:   "Authorize an unknown login live",
		call:   func(h *harness, _ string) answer { return h.authorize(liveCall(newGUID())) },
		status: 401, body: loginNotFound,
	},
	{
		name:   "Authorize a login without saying which mode",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.authorize(`{"LoginId":"` + id + `"}`) },
		status: 401, body: invalidRequest,
	},
	{
		name:   "Authorize with what is not JSON",
		call:   func(h *harness, _ string) answer { return h.authorize(`LoginId=1`) },
		status: 401, body: invalidRequest,
	},
	{
		name:   "Authorize with an unknown RequestId",
		call:   func(h *harness, _ string) answer { return h.authorize(`{"RequestId":"` + newGUID() + `"}`) },
		status: 400, body: noSession,
	},
	{
		name:   "Authorize live, disabled login",
		user:   "test_disabled_account",
		call:   func(h *harness, id string) answer { return h.authorize(liveCall(id)) },
		status: 401, body: bankRefusal("DISABLED_LOGIN"),
	},
	{
		name:   "Authorize live, bank not reachable",
		user:   "test_service_unavailable",
		call:   func(h *harness, id string) answer { return h.authorize(liveCall(id)) },
		status: 400, body: `{"HttpStatusCode":400,"Message":"","FlinksCode":"RETRY_LATER"}`,
	},
	{
		name:   "Authorize first link with a wrong password",
		call:   func(h *harness, _ string) answer { return h.authorize(linkCall("Greatday", "Tuesday")) },
		status: 400, body: `{"HttpStatusCode":400,"Message":"The card number (username) or password provided is invalid","FlinksCode":"INVALID_LOGIN"}`,
	},
	{
		name:   "Authorize throttled",
		user:   "sim_throttle",
		call:   func(h *harness, id string) answer { return h.authorize(cachedCall(id)) },
		status: 401, body: `{"HttpStatusCode":401,"Message":"Too many requests.","FlinksCode":"TOO_MANY_REQUESTS"}`,
	},
	{
		name:   "Authorize live, internal fault",
		user:   "sim_aggregation_error",
		call:   func(h *harness, id string) answer { return h.authorize(liveCall(id)) },
		status: 500, body: `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"HttpStatusCode":500,
				"FlinksCode":"AGGREGATION_ERROR","Institution":"FlinksCapital","RequestId":"$request"}`,
	},
	{
		name:   "Authorize live, institution off",
		user:   "sim_disabled_institution",
		call:   func(h *harness, id string) answer { return h.authorize(liveCall(id)) },
		status: 405, body: `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"HttpStatusCode":405,
				"FlinksCode":"DISABLED_INSTITUTION","Institution":"FlinksCapital","RequestId":"$request"}`,
	},
	{
		name:   "GetAccountsDetail without a key",
		call:   func(h *harness, _ string) answer { return h.call("POST", "GetAccountsDetail", `{"RequestId":"x"}`) },
		status: 401, body: unauthorizedKey,
	},
	{
		name:   "GetAccountsDetail with an unknown RequestId",
		call:   func(h *harness, _ string) answer { return h.details(newGUID()) },
		status: 400, body: noSession,
	},
	{
		name: "GetAccountsDetail without a RequestId",
		call: func(h *harness, _ string) answer {
			return h.call("POST", "GetAccountsDetail", `{}`, "x-api-key", "api")
		},
		status: 401, body: invalidRequest,
	},
	{
		name:   "GetAccountsDetail before the session is authorised",
		user:   "Greatday",
		call:   func(h *harness, id string) answer { return h.details(h.authorize(liveCall(id)).requestID()) },
		status: 401, body: bankRefusal("UNAUTHORIZED"),
	},
	{
		name:   "GetAccountsDetail right after a live success",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.details(h.authorize(liveCall(id)).requestID()) },
		status: 202, body: pendingDetails,
	},
	{
		name: "GetAccountsDetail dispatched",
		user: "test_dispatched",
		call: func(h *harness, id string) answer {
			r := h.authorize(liveCall(id)).requestID()
			h.authorize(mfaCall(r, "What city were you born in?", "Montreal"))
			return h.details(r)
		},
		status: 202, body: `{"FlinksCode":"OPERATION_DISPATCHED",
				"Links":[{"rel":"GetAccountsDetailAsync","href":"/GetAccountsDetailAsync","example":"/GetAccountsDetailAsync/$request"}],
				"HttpStatusCode":202,"Message":"Your operations had been dispatched to background process for long running jobs","RequestId":"$request"}`,
	},
	{
		name:   "DeleteCard",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.deleteCard(id) },
		status: 200, body: `"Login deleted"`,
	},
	{
		name:   "DeleteCard without a key",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.call("DELETE", "DeleteCard/"+id, "") },
		status: 401, body: unauthorizedKey,
	},
	{
		name: "DeleteCard with the secret key",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.call("DELETE", "DeleteCard/"+id, "", "flinks-auth-key", "secret")
		},
		status: 401, body: unauthorizedKey,
	},
	{
		name:   "DeleteCard of a login that is being processed",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { h.authorize(liveCall(id)); return h.deleteCard(id) },
		status: 400, body: `{"HttpStatusCode":400,"Message":"Call still processing","FlinksCode":"CARD_IN_USE"}`,
	},
	{
		name:   "DeleteCard of an unknown login",
		call:   func(h *harness, _ string) answer { return h.deleteCard(newGUID()) },
		status: 404,
	},
	{
		name: "DeleteCard under another customerId looks like gone",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.send("DELETE", h.url+"/v3/"+newGUID()+"/BankingServices/DeleteCard/"+id, "", "x-api-key", "api")
		},
		status: 404,
	},
	{
		name:   "DeleteCard with a line end behind the id looks like gone",
		user:   DefaultUsername,
		call:   func(h *harness, id string) answer { return h.deleteCard(id + "%0A") },
		status: 404,
	},
	{
		name: "SetScheduledRefresh answers a bare string",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.call("PATCH", "SetScheduledRefresh", `{"loginId":"`+id+`","isActivated":true}`, "x-api-key", "api")
		},
		status: 200, body: `"LoginId $login has now been activated for automatic refresh"`,
	},
	{
		name: "SetScheduledRefresh of an unknown login",
		call: func(h *harness, _ string) answer {
			return h.call("PATCH", "SetScheduledRefresh", `{"LoginId":"`+newGUID()+`","IsActivated":true}`, "x-api-key", "api")
		},
		status: 400, body: unknownLogin,
	},
	{
		name: "SetScheduledRefresh without the flag",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.call("PATCH", "SetScheduledRefresh", `{"LoginId":"`+id+`"}`, "x-api-key", "api")
		},
		status: 401, body: invalidRequest,
	},
	{
		name: "SetScheduledRefresh by query",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.call("PATCH", "SetScheduledRefresh?LoginId="+id+"&IsActivated=false", "", "x-api-key", "api")
		},
		status: 401, body: invalidRequest,
	},
	{
		name: "SetScheduledRefresh of a login that is being processed",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			h.authorize(liveCall(id))
			return h.call("PATCH", "SetScheduledRefresh", `{"loginId":"`+id+`","isActivated":true}`, "x-api-key", "api")
		},
		status: 400, body: `{"HttpStatusCode":400,"Message":"Call still processing","FlinksCode":"CARD_IN_USE"}`,
	},
	{
		name: "SetScheduledRefresh with the secret key",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.call("PATCH", "SetScheduledRefresh", `{"loginId":"`+id+`","isActivated":true}`, "flinks-auth-key", "secret")
		},
		status: 401, body: unauthorizedKey,
	},
	{
		name: "GetMFAQuestions with the secret key",
		call: func(h *harness, _ string) answer {
			return h.call("GET", "GetMFAQuestions/"+newGUID(), "", "flinks-auth-key", "secret")
		},
		status: 401, body: unauthorizedKey,
	},
	{
		name: "AnswerMFAQuestions is not enabled",
		call: func(h *harness, _ string) answer {
			return h.call("PATCH", "AnswerMFAQuestions", `{}`, "x-api-key", "api")
		},
		status: 500, body: `{"HttpStatusCode":500,"Message":"","FlinksCode":"METHOD_NOT_AVAILABLE"}`,
	},
	{
		name: "GetAccountsDetailAsync without a 202 before",
		user: DefaultUsername,
		call: func(h *harness, id string) answer {
			return h.poll(h.authorize(cachedCall(id)).requestID())
		},
		status: 401, body: invalidRequest,
	},
	{
		name: "GetNightlyRefreshStatus with the wrong kind of key",
		call: func(h *harness, _ string) answer {
			return h.call("GET", "GetNightlyRefreshStatus", "", "x-api-key", "api")
		},
		status: 401, body: unauthorizedKey,
	},
	{
		name: "GetNightlyRefreshStatus without ineligible logins",
		user: DefaultUsername,
		call: func(h *harness, _ string) answer {
			return h.call("GET", "GetNightlyRefreshStatus", "", "Authorization", "Bearer bearer")
		},
		status: 200, body: `{"HttpStatusCode":200,"IneligibleCards":[]}`,
	},
	{
		name: "Institutions",
		call: func(h *harness, _ string) answer {
			return h.call("GET", "Institutions?skip=0&take=1000", "", "x-api-key", "api")
		},
		status: 200, body: `{"Data":[{"Id":14,"Localizations":[
				{"Language":"en","Name":"FlinksCapital","Urls":[{"Type":"Login","Url":"https://flinks.com"}]},
				{"Language":"fr","Name":"FlinksCapital","Urls":[{"Type":"Login","Url":"https://flinks.com"}]}],
				"Status":"Enabled","Country":"Canada"}],"Count":1}`,
	},
	{
		name:   "AuthorizeAsync is not enabled",
		call:   func(h *harness, _ string) answer { return h.call("POST", "AuthorizeAsync", "{}") },
		status: 500, body: `{"HttpStatusCode":500,"Message":"","FlinksCode":"METHOD_NOT_AVAILABLE"}`,
	},
}

func TestContract(t *testing.T) {
	for _, tt := range contract {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			loginID := ""
			if tt.user != "" {
				loginID = h.seed(tt.user)
			}
			wantAnswer(t, tt.call(h, loginID), tt.status, tt.body, loginID)
		})
	}
}

func TestGenerateAuthorizeToken(t *testing.T) {
	h := newHarness(t)
	got := h.call("POST", "GenerateAuthorizeToken", "", "flinks-auth-key", "secret")
	wantAnswer(t, got, 200, `{"HttpStatusCode":200,"Token":"`+got.field("Token")+`"}`, "")
	other := h.send("POST", h.url+"/v3/"+newGUID()+"/BankingServices/GenerateAuthorizeToken", "", "flinks-auth-key", "secret")
	wantAnswer(t, other, 401, unauthorizedKey, "")
}

func TestUnknownPathsAnswerHTML(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{"/v3/x/BankingServices/Nothing", "/v1/", "/favicon.ico", "/knobs", "/journal", "/v3/knobs"} {
		got := h.send("GET", h.url+path, "")
		if got.status != 404 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: got %d %s, want a 404 in HTML", path, got.status, got.header.Get("Content-Type"))
		}
	}
	if got := h.call("GET", "Authorize", ""); got.status != 404 {
		t.Errorf("GET Authorize: got %d, want 404", got.status)
	}
}

func TestCredentialsWithinReach(t *testing.T) {
	s := New(Options{})
	c := s.Credentials()
	if c.Instance != "toolbox" || c.CustomerID != ToolboxCustomerID {
		t.Errorf("got %s and %s", c.Instance, c.CustomerID)
	}
	if c.SecretKey == "" || c.APIKey == "" || c.BearerToken == "" || c.SecretKey == c.APIKey {
		t.Error("keys must be generated, each its own")
	}
}
