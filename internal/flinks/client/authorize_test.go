package client_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// outcome is a call's result or error in comparable form.
type outcome struct {
	Auth  flinks.Authorization
	Error flinks.Error
}

// failure returns a definite answer: what the table rows below share.
func failure(status int, code flinks.Code, class flinks.Class) outcome {
	return outcome{Error: flinks.Error{HTTPStatus: status, Code: code, Class: class, Delivery: flinks.Answered}}
}

// inSession adds what a body with a RequestId gives.
func (o outcome) inSession(t *testing.T) outcome {
	o.Error.InSession, o.Error.RequestID = true, request(t)
	return o
}

func (o outcome) at(bank string) outcome {
	o.Error.Institution = bank
	return o
}

func ambiguous(status int, code flinks.Code, class flinks.Class) outcome {
	o := failure(status, code, class)
	o.Error.Delivery = flinks.Ambiguous
	return o
}

const bankLinks = `"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],`

// answer is one of Flinks, and what the client makes of it.
type answer struct {
	status int
	body   string
	want   outcome
}

// authorized returns the result of the answer liveOK.
func authorized(t *testing.T) flinks.Authorization {
	return flinks.Authorization{
		State: flinks.Authorized, RequestID: request(t), Institution: "FlinksCapital", InstitutionID: 14,
		LastRefresh: time.Date(2020, 4, 15, 22, 46, 3, 169058500, time.UTC),
	}
}

func challenged(t *testing.T, types ...flinks.ChallengeType) outcome {
	return outcome{Auth: flinks.Authorization{State: flinks.ChallengePending, RequestID: request(t), Institution: "FlinksCapital", Challenges: types}}
}

// session returns the body of an error in a session.
func session(status, code string) string {
	return `{` + bankLinks + `"HttpStatusCode":` + status + `,"FlinksCode":"` + code + `","Institution":"FlinksCapital","RequestId":"` + rawRequest + `"}`
}

func TestAuthorizeSuccess(t *testing.T) {
	okLogin := authorized(t)
	never, scheduled := okLogin, okLogin
	never.LastRefresh, scheduled.ScheduledRefresh = time.Time{}, true
	with := func(part, other string) string { return strings.Replace(liveOK, part, other, 1) }
	unreadable := ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown)

	expectAuthorize(t, map[string]answer{
		"200":                          {200, liveOK, outcome{Auth: okLogin}},
		"200 with byte order mark":     {200, "\uFEFF" + liveOK, outcome{Auth: okLogin}},
		"200 in other case":            {200, strings.NewReplacer("RequestId", "requestId", "Login\"", "login\"", "LastRefresh", "lastRefresh").Replace(liveOK), outcome{Auth: okLogin}},
		"200 with numbers as strings":  {200, strings.NewReplacer(":200,", `:"200",`, ":14,", `:"14",`).Replace(liveOK), outcome{Auth: okLogin}},
		"200 never refreshed":          {200, with("2020-04-15T22:46:03.1690585", "0001-01-01T00:00:00"), outcome{Auth: never}},
		"200 without date":             {200, with(`"LastRefresh":"2020-04-15T22:46:03.1690585",`, ""), outcome{Auth: never}},
		"200 with null date":           {200, with(`"2020-04-15T22:46:03.1690585"`, "null"), outcome{Auth: never}},
		"200 with zone":                {200, with("03.1690585", "03.1690585Z"), outcome{Auth: okLogin}},
		"200 scheduled":                {200, with(`Refresh":false`, `Refresh":true`), outcome{Auth: scheduled}},
		"200 with odd date":            {200, with("2020-04-15T22:46:03.1690585", "yesterday"), unreadable},
		"200 with date as number":      {200, with(`"2020-04-15T22:46:03.1690585"`, "1586990763"), unreadable},
		"200 without login":            {200, `{"HttpStatusCode":200,"RequestId":"` + rawRequest + `"}`, unreadable},
		"200 about another login":      {200, with(rawLogin, otherRequest), unreadable},
		"200 without session":          {200, with(rawRequest, ""), unreadable},
		"200 with odd session":         {200, with(rawRequest, "1243d6b0-"), unreadable},
		"200 with the empty session":   {200, with(rawRequest, "00000000-0000-0000-0000-000000000000"), unreadable},
		"200 with login as string":     {200, `{"HttpStatusCode":200,"Login":"x","RequestId":"` + rawRequest + `"}`, unreadable},
		"200 with code OK":             {200, with(`"InstitutionId"`, `"FlinksCode":"OK","InstitutionId"`), outcome{Auth: okLogin}},
		"200 with null code":           {200, with(`"InstitutionId"`, `"FlinksCode":null,"InstitutionId"`), outcome{Auth: okLogin}},
		"200 that is a 401":            {200, session("401", "INVALID_PASSWORD"), failure(200, "INVALID_PASSWORD", "user").inSession(t).at("FlinksCapital")},
		"200 that is a 401, no code":   {200, with(`Code":200`, `Code":401`), failure(200, "NO_CODE", "unknown").inSession(t).at("FlinksCapital")},
		"200 that is a 500, no code":   {200, with(`Code":200`, `Code":500`), unreadable},
		"200 that is a 203":            {200, strings.Replace(challengeBody(`"QuestionAndAnswer"`), "203", "200", 1), challenged(t, flinks.ChallengeQuestionAndAnswer)},
		"200 with good body, bad code": {200, with(`"InstitutionId"`, `"FlinksCode":"DISABLED_LOGIN","InstitutionId"`), failure(200, "DISABLED_LOGIN", "user").inSession(t).at("FlinksCapital")},
		"206":                          {206, liveOK, ambiguous(206, flinks.CodeUnreadable, flinks.ClassUnknown)},
		"202":                          {202, `{"HttpStatusCode":202,"RequestId":"` + rawRequest + `"}`, failure(202, "OPERATION_PENDING", "pending").inSession(t)},
		"202 dispatched":               {202, `{"FlinksCode":"OPERATION_DISPATCHED","HttpStatusCode":202,"Message":"Your operations had been dispatched to background process for long running jobs","RequestId":"` + rawRequest + `"}`, failure(202, "OPERATION_DISPATCHED", "pending").inSession(t)},
	})
}

func TestAuthorizeChallenge(t *testing.T) {
	unreadable := ambiguous(203, flinks.CodeUnreadable, flinks.ClassUnknown)

	expectAuthorize(t, map[string]answer{
		"203":                       {203, challengeBody(`"QuestionAndAnswer"`), challenged(t, flinks.ChallengeQuestionAndAnswer)},
		"203 several":               {203, challengeBody(`"TextOrCall"`, `"MultipleChoice"`, `"TextOrCall"`), challenged(t, flinks.ChallengeTextOrCall, flinks.ChallengeMultipleChoice)},
		"203 all kinds":             {203, challengeBody(`"QuestionAndAnswer"`, `"MultipleChoice"`, `"MultipleChoiceMultipleAnswers"`, `"ImageSelection"`, `"TextOrCall"`), challenged(t, "QuestionAndAnswer", "MultipleChoice", "MultipleChoiceMultipleAnswers", "ImageSelection", "TextOrCall")},
		"203 unknown kinds":         {203, challengeBody(`"TrustedDevice"`, `null`, `"`+rawLogin+`"`, `7`), challenged(t, flinks.ChallengeOther)},
		"203 without challenges":    {203, `{"HttpStatusCode":203,"Institution":"FlinksCapital","RequestId":"` + rawRequest + `"}`, challenged(t)},
		"203 without session":       {203, strings.Replace(challengeBody(`"TextOrCall"`), rawRequest, "", 1), unreadable},
		"203 with wrong challenges": {203, `{"HttpStatusCode":203,"SecurityChallenges":"x","RequestId":"` + rawRequest + `"}`, unreadable},
	})
}

func TestAuthorizeRefused(t *testing.T) {
	expectAuthorize(t, map[string]answer{
		"401 token":               {401, `{"HttpStatusCode":401,"Message":"You must provide a valid authorize token","FlinksCode":"UNAUTHORIZED"}`, failure(401, "UNAUTHORIZED", "instance")},
		"401 token, no code":      {401, `{"HttpStatusCode":401,"Message":"You must provide a valid authorize token"}`, failure(401, "UNAUTHORIZED", "instance")},
		"401 unknown login text":  {401, `{"HttpStatusCode":401,"Message":"LoginId not found or invalid","FlinksCode":"UNAUTHORIZED"}`, failure(401, "UNAUTHORIZED", "gone")},
		"401 unknown login, bare": {401, `{"HttpStatusCode":401,"Message":"LoginId not found or invalid"}`, failure(401, "UNAUTHORIZED", "gone")},
		"401 bank refused":        {401, session("401", "UNAUTHORIZED"), failure(401, "UNAUTHORIZED", "user").inSession(t).at("FlinksCapital")},
		"401 denied":              {401, `{"HttpStatusCode":401,"FlinksCode":"ACCESS_DENIED"}`, failure(401, "ACCESS_DENIED", "instance")},
		"401 denied by the bank":  {401, session("401", "ACCESS_DENIED"), failure(401, "ACCESS_DENIED", "user").inSession(t).at("FlinksCapital")},
		"401 login gone":          {401, `{"HttpStatusCode":401,"Message":"The LoginId provided is either invalid or does not belong to the CustomerId","FlinksCode":"INVALID_LOGIN"}`, failure(401, "INVALID_LOGIN", "gone")},
		"400 login gone":          {400, `{"HttpStatusCode":400,"FlinksCode":"INVALID_LOGIN"}`, failure(400, "INVALID_LOGIN", "gone")},
		"401 credentials":         {401, session("401", "INVALID_LOGIN"), failure(401, "INVALID_LOGIN", "user").inSession(t).at("FlinksCapital")},
		"400 credentials by text": {400, `{"HttpStatusCode":400,"Message":"The card number (username) or password provided is invalid","FlinksCode":"INVALID_LOGIN"}`, failure(400, "INVALID_LOGIN", "user")},
		"400 login is invalid":    {400, `{"HttpStatusCode":400,"Message":"The login '` + rawLogin + `' is invalid.","FlinksCode":"INVALID_REQUEST"}`, failure(400, "INVALID_REQUEST", "gone")},
		"400 request":             {400, `{"HttpStatusCode":400,"Message":"Institution is missing","FlinksCode":"INVALID_REQUEST","ValidationDetails":{"x":["y"]}}`, failure(400, "INVALID_REQUEST", "config")},
		"401 empty session":       {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED","RequestId":"00000000-0000-0000-0000-000000000000"}`, failure(401, "UNAUTHORIZED", "instance")},
		"401 null session":        {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED","RequestId":null}`, failure(401, "UNAUTHORIZED", "instance")},
		"401 concurrent":          {401, session("401", "CONCURRENT_SESSION"), failure(401, "CONCURRENT_SESSION", "transient").inSession(t).at("FlinksCapital")},
		"401 question":            {401, session("401", "QUESTION_NOT_FOUND"), failure(401, "QUESTION_NOT_FOUND", "user").inSession(t).at("FlinksCapital")},
		"401 maintenance":         {401, session("401", "BANK MAINTENANCE_RETRY_LATER"), failure(401, "BANK_MAINTENANCE_RETRY_LATER", "transient").inSession(t).at("FlinksCapital")},
		"405 bank off":            {405, session("405", "DISABLED_INSTITUTION"), failure(405, "DISABLED_INSTITUTION", "transient").inSession(t).at("FlinksCapital")},
		"401 already authorized":  {401, session("401", "ALREADY_AUTHORIZED"), outcome{Auth: flinks.Authorization{State: flinks.Authorized, RequestID: request(t), Institution: "FlinksCapital"}}},
		"already, no session":     {401, `{"HttpStatusCode":401,"FlinksCode":"ALREADY_AUTHORIZED"}`, failure(401, "UNRECOGNIZED", "unknown")},
		"401 unknown code":        {401, session("401", rawLogin), failure(401, "UNRECOGNIZED", "unknown").inSession(t).at("FlinksCapital")},
		"401 code of our own":     {401, session("401", "NOT_SENT"), failure(401, "UNRECOGNIZED", "unknown").inSession(t).at("FlinksCapital")},
		"401 code as number":      {401, `{"HttpStatusCode":401,"FlinksCode":17}`, failure(401, "UNRECOGNIZED", "unknown")},
		"401 code OK":             {401, `{"HttpStatusCode":401,"FlinksCode":"OK"}`, failure(401, "UNAUTHORIZED", "instance")},
		"401 no code, in session": {401, `{"HttpStatusCode":401,"RequestId":"` + rawRequest + `"}`, failure(401, "NO_CODE", "unknown").inSession(t)},
		"401 with odd login":      {401, `{"HttpStatusCode":401,"Login":7,"FlinksCode":"NEW_ACCOUNT"}`, failure(401, "NEW_ACCOUNT", "user")},
		"404 envelope":            {404, `{"HttpStatusCode":404}`, failure(404, "NO_CODE", "unknown")},
	})
}

func TestAuthorizeThrottled(t *testing.T) {
	expectAuthorize(t, map[string]answer{
		"401 throttled":       {401, `{"HttpStatusCode":401,"FlinksCode":"TOO_MANY_REQUESTS"}`, failure(401, "TOO_MANY_REQUESTS", "throttled")},
		"403 throttled":       {403, `{"HttpStatusCode":403,"FlinksCode":"TOO_MANY_REQUESTS"}`, failure(403, "TOO_MANY_REQUESTS", "throttled")},
		"429 throttled":       {429, `{"HttpStatusCode":429,"FlinksCode":"TOO_MANY_REQUESTS"}`, failure(429, "TOO_MANY_REQUESTS", "throttled")},
		"429 no code":         {429, `{"HttpStatusCode":429}`, failure(429, "TOO_MANY_REQUESTS", "throttled")},
		"429 bare":            {429, ``, failure(429, "TOO_MANY_REQUESTS", "throttled")},
		"429 with other code": {429, session("429", "RETRY_LATER"), failure(429, "RETRY_LATER", "transient").inSession(t).at("FlinksCapital")},
	})
}

func TestAuthorizeServerError(t *testing.T) {
	expectAuthorize(t, map[string]answer{
		"500 aggregation":   {500, session("500", "AGGREGATION_ERROR"), failure(500, "AGGREGATION_ERROR", "transient").inSession(t).at("FlinksCapital")},
		"500 not available": {500, `{"HttpStatusCode":500,"FlinksCode":"METHOD_NOT_AVAILABLE"}`, failure(500, "METHOD_NOT_AVAILABLE", "config")},
		"500 no code":       {500, `{"HttpStatusCode":500,"Message":"oops"}`, ambiguous(500, flinks.CodeServerError, flinks.ClassTransient)},
		"500 unknown code":  {500, `{"HttpStatusCode":500,"FlinksCode":"OOPS"}`, failure(500, "UNRECOGNIZED", "unknown")},
		"503 text":          {503, `unavailable`, ambiguous(503, flinks.CodeServerError, flinks.ClassTransient)},
		"401 of a gateway":  {401, `{"statusCode":401,"message":"Access denied"}`, ambiguous(401, flinks.CodeUnreadable, flinks.ClassUnknown)},
	})
}

// expectAuthorize makes both calls of Authorize, once for each answer.
func expectAuthorize(t *testing.T, tests map[string]answer) {
	t.Helper()
	for name, tt := range tests {
		for _, op := range []flinks.Operation{flinks.OpObserve, flinks.OpRefresh} {
			t.Run(name+"/"+string(op), func(t *testing.T) {
				s := serve(t, reply(tt.status, tt.body))
				c := client(t, flinksclient.Options{})
				call := c.Observe
				if op == flinks.OpRefresh {
					call = c.Refresh
				}
				auth, err := call(t.Context(), endpoint(t, s.URL), token(t), login(t))
				got, want := outcome{Auth: auth}, tt.want
				if err != nil {
					got.Error = *asError(t, err)
				}
				if want.Error.Code != "" {
					want.Error.Op = op
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				if n := len(s.requests()); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		}
	}
}

func challengeBody(types ...string) string {
	var list []string
	for _, kind := range types {
		list = append(list, `{"Type":`+kind+`,"Prompt":"What shape do people like most?"}`)
	}
	return `{` + bankLinks + `"HttpStatusCode":203,"SecurityChallenges":[` + strings.Join(list, ",") +
		`],"Institution":"FlinksCapital","RequestId":"` + rawRequest + `"}`
}

// Every code of the catalogue, sent by every operation, in and out of session.
func TestEveryCodeReachesTheCallerByClass(t *testing.T) {
	for _, o := range operations {
		t.Run(string(o.op), func(t *testing.T) {
			for _, row := range flinks.Catalogue() {
				for _, inSession := range []bool{false, true} {
					checkCode(t, o, string(row.Code), inSession)
				}
			}
		})
	}
}

func checkCode(t *testing.T, o operation, code string, inSession bool) {
	t.Helper()
	want := flinks.Lookup(code, inSession)
	if want.Class == flinks.ClassSuccess {
		return // the status decides; see the tables
	}
	nameless := o.op == flinks.OpGenerateAuthorizeToken && want.Class == flinks.ClassGone // It names no login.
	if want.Ours || nameless {
		want = flinks.Lookup("UNRECOGNIZED", false)
	}
	body := `{"HttpStatusCode":401,"FlinksCode":"` + code + `"`
	if inSession {
		body += `,"RequestId":"` + rawRequest + `"`
	}
	s := serve(t, reply(http.StatusUnauthorized, body+`}`))
	defer s.Close()
	err := o.run(t, client(t, flinksclient.Options{}), endpoint(t, s.URL))
	pendingIsNoError := want.Class == flinks.ClassPending && (o.op == flinks.OpGetAccountsDetail || o.op == flinks.OpGetAccountsDetailAsync)
	if pendingIsNoError {
		if err != nil {
			t.Errorf("%s: %v", code, err)
		}
		return
	}
	e := asError(t, err)
	if e.Code != want.Code || e.Class != want.Class || e.InSession != inSession || e.Delivery != flinks.Answered || e.Op != o.op {
		t.Errorf("%s, in session %t: %v", code, inSession, e)
	}
}

func TestInstitutionIsSanitised(t *testing.T) {
	tests := map[string]string{
		"FlinksCapital":                                 "FlinksCapital",
		"Caisse Desjardins (Québec)":                    "Caisse Desjardins (Québec)",
		"BMO & Co. - O'Neil_2":                          "BMO & Co. - O'Neil_2",
		strings.Repeat("a", 64):                         "", // hexadecimal digits in a row may be an identifier
		strings.Repeat("z", 64):                         strings.Repeat("z", 64),
		strings.Repeat("z", 65):                         "",
		rawLogin:                                        "",
		"Bank " + rawLogin:                              "",
		"Bank " + strings.ReplaceAll(rawLogin, "-", ""): "",
		"<b>Bank</b>":                                   "",
		"Bank\\nBank":                                   "",
		"Bank/../etc":                                   "",
		"银行":                                            "",
		"user@bank.ca":                                  "",
	}
	for name, want := range tests {
		s := serve(t, reply(http.StatusOK, strings.Replace(liveOK, `"Institution":"FlinksCapital"`, `"Institution":"`+name+`"`, 1)))
		got, err := client(t, flinksclient.Options{}).Observe(t.Context(), endpoint(t, s.URL), token(t), login(t))
		if err != nil || got.Institution != want {
			t.Errorf("%q: %q, want %q (%v)", name, got.Institution, want, err)
		}
	}
}
