package client_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

const (
	liveOK = `{"Links":[{"rel":"AccountsDetail","href":"/GetAccountsDetail","example":null},
          {"rel":"AccountsSummary","href":"/GetAccountsSummary","example":null},
          {"rel":"Statements","href":"/GetStatements","example":null}],
 "HttpStatusCode":200,
 "InstitutionName":"FlinksCapital",
 "Login":{"Username":"Greatday","IsScheduledRefresh":false,
          "LastRefresh":"2020-04-15T22:46:03.1690585","Type":"Personal",
          "Id":"b0debb48-f9f1-46c6-80a4-08d7dd88d478"},
 "InstitutionId":14,"Institution":"FlinksCapital",
 "RequestId":"006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"}`
	tokenOK   = `{"HttpStatusCode":200,"Token":"d65f1adb-8ebc-48dc-be8b-20c773ba1565"}`
	nightlyOK = `{"HttpStatusCode":200,"IneligibleCards":[]}`
)

var goodAnswers = map[flinks.Operation]string{
	flinks.OpGenerateAuthorizeToken:  tokenOK,
	flinks.OpObserve:                 liveOK,
	flinks.OpRefresh:                 liveOK,
	flinks.OpPollRefresh:             liveOK,
	flinks.OpGetAccountsDetail:       accountsOK,
	flinks.OpGetAccountsDetailAsync:  accountsOK,
	flinks.OpDeleteCard:              `{"StatusCode":200,"Message":"deleted"}`,
	flinks.OpSetScheduledRefresh:     `"LoginId ` + rawLogin + ` has now been activated for automatic refresh"`,
	flinks.OpGetNightlyRefreshStatus: nightlyOK,
}

// What each call puts on the wire, whole: method, path, body, and all headers that can
// carry a credential, present or absent.
func TestRequests(t *testing.T) {
	type wire struct {
		Method, Path, Query, Body string
		Credentials               map[string]string
	}
	tests := map[flinks.Operation]wire{
		flinks.OpGenerateAuthorizeToken: {"POST", base + "/GenerateAuthorizeToken", "", `{}`,
			map[string]string{"Flinks-Auth-Key": rawSecret}},
		flinks.OpObserve: {"POST", base + "/Authorize", "", `{"LoginId":"` + rawLogin + `","MostRecentCached":true}`,
			map[string]string{"Flinks-Auth-Key": rawToken}},
		flinks.OpRefresh: {"POST", base + "/Authorize", "", `{"LoginId":"` + rawLogin + `","MostRecentCached":false,"Save":true}`,
			map[string]string{"Flinks-Auth-Key": rawToken}},
		flinks.OpPollRefresh: {"POST", base + "/AuthorizeAsync", "", `{"RequestId":"` + rawRequest + `"}`,
			map[string]string{"Flinks-Auth-Key": rawToken}},
		flinks.OpGetAccountsDetail: {"POST", base + "/GetAccountsDetail", "",
			`{"RequestId":"` + rawRequest + `","WithAccountIdentity":false,"WithKYC":false,"WithTransactions":false}`,
			map[string]string{"X-Api-Key": rawAPIKey}},
		flinks.OpGetAccountsDetailAsync: {"GET", base + "/GetAccountsDetailAsync/" + rawRequest, "", "",
			map[string]string{"X-Api-Key": rawAPIKey}},
		flinks.OpDeleteCard: {"DELETE", base + "/DeleteCard/" + rawLogin, "", "",
			map[string]string{"X-Api-Key": rawAPIKey}},
		flinks.OpSetScheduledRefresh: {"PATCH", base + "/SetScheduledRefresh", "",
			`{"LoginId":"` + rawLogin + `","IsActivated":true}`,
			map[string]string{"X-Api-Key": rawAPIKey}},
		flinks.OpGetNightlyRefreshStatus: {"GET", base + "/GetNightlyRefreshStatus", "", "",
			map[string]string{"Authorization": "Bearer " + rawBearer}},
	}
	for _, o := range operations {
		t.Run(string(o.op), func(t *testing.T) {
			s := serve(t, reply(http.StatusOK, goodAnswers[o.op]))
			c := client(t, flinksclient.Options{UserAgent: "flinks-operator/test"})
			if err := o.run(t, c, endpoint(t, s.URL)); err != nil {
				t.Fatal(err)
			}
			got := s.requests()
			if len(got) != 1 {
				t.Fatalf("%d requests", len(got))
			}
			credentials := map[string]string{}
			for _, h := range []string{"Flinks-Auth-Key", "X-Api-Key", "Authorization", "Cookie", "Idempotency-Key", "X-Idempotency-Key"} {
				if v := got[0].Header.Get(h); v != "" {
					credentials[h] = v
				}
			}
			sent := wire{got[0].Method, got[0].Path, got[0].Query, got[0].Body, credentials}
			if diff := cmp.Diff(tests[o.op], sent); diff != "" {
				t.Error(diff)
			}
			checkPlainHeaders(t, got[0])
		})
	}
}

func checkPlainHeaders(t *testing.T, got seen) {
	t.Helper()
	want := map[string]string{"Accept": "application/json", "User-Agent": "flinks-operator/test", "Content-Type": ""}
	if got.Body != "" {
		want["Content-Type"] = "application/json"
	}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), value)
		}
	}
	known := []string{"Accept", "Authorization", "Connection", "Content-Length", "Content-Type", "Flinks-Auth-Key", "User-Agent", "X-Api-Key"}
	for name := range maps.Keys(got.Header) {
		if !slices.Contains(known, name) {
			t.Errorf("unexpected header %s", name)
		}
	}
}

func TestSetScheduledRefreshOff(t *testing.T) {
	s := serve(t, reply(http.StatusOK, `"DEACTIVATED"`))
	c := client(t, flinksclient.Options{})
	if err := c.SetScheduledRefresh(t.Context(), endpoint(t, s.URL), credentials(t), login(t), false); err != nil {
		t.Fatal(err)
	}
	if got, want := s.requests()[0].Body, `{"LoginId":"`+rawLogin+`","IsActivated":false}`; got != want {
		t.Errorf("body %s, want %s", got, want)
	}
}

// TestCardCredential: the choice changes the two calls for which Flinks documents no
// credential, and no other one.
func TestCardCredential(t *testing.T) {
	const secret, key = "flinks-auth-key", "x-api-key"
	for choice, want := range map[flinks.CardCredential]map[string]string{
		flinks.CardAPIKey:    {secret: "", key: rawAPIKey},
		flinks.CardSecretKey: {secret: rawSecret, key: ""},
		flinks.CardBoth:      {secret: rawSecret, key: rawAPIKey},
	} {
		cr := credentials(t)
		cr.Card = choice
		s := serve(t, reply(http.StatusOK, `"done"`))
		c, ep := client(t, flinksclient.Options{}), endpoint(t, s.URL)
		if err := c.DeleteCard(t.Context(), ep, cr, login(t)); err != nil {
			t.Fatal(err)
		}
		if err := c.SetScheduledRefresh(t.Context(), ep, cr, login(t), true); err != nil {
			t.Fatal(err)
		}
		_, _ = c.GenerateAuthorizeToken(t.Context(), ep, cr)
		_, _ = c.GetAccountsDetail(t.Context(), ep, cr, request(t))
		sent := s.requests()
		for _, r := range sent[:2] {
			for name, value := range want {
				if got := r.Header.Get(name); got != value {
					t.Errorf("choice %d, %s: %s %q, want %q", choice, r.Path, name, got, value)
				}
			}
		}
		if token, data := sent[2].Header, sent[3].Header; token.Get(key) != "" || data.Get(secret) != "" || data.Get(key) != rawAPIKey {
			t.Errorf("choice %d changes other calls: %v, %v", choice, token, data)
		}
	}
}

func TestAPIKeyIsOptional(t *testing.T) {
	s := serve(t, reply(http.StatusOK, accountsOK))
	c := client(t, flinksclient.Options{})
	if _, err := c.GetAccountsDetail(t.Context(), endpoint(t, s.URL), flinks.Credentials{}, request(t)); err != nil {
		t.Fatal(err)
	}
	if _, there := s.requests()[0].Header["X-Api-Key"]; there {
		t.Error("an empty x-api-key was sent")
	}
}

// A call without what it needs must not leave: DELETE …/DeleteCard/ with no loginId could
// mean anything.
func TestIncompleteCallsAreNotSent(t *testing.T) {
	s := serve(t, reply(http.StatusOK, liveOK))
	c, ep, cr := client(t, flinksclient.Options{}), endpoint(t, s.URL), credentials(t)
	ctx := t.Context()
	tests := map[string]struct {
		err  error
		code flinks.Code
	}{
		"token without secret":   {second(c.GenerateAuthorizeToken(ctx, ep, flinks.Credentials{})), flinks.CodeCredentialMissing},
		"observe without token":  {second(c.Observe(ctx, ep, flinks.AuthorizeToken{}, login(t))), flinks.CodeCredentialMissing},
		"observe without login":  {second(c.Observe(ctx, ep, token(t), flinks.LoginID{})), flinks.CodeInvalidCall},
		"refresh without token":  {second(c.Refresh(ctx, ep, flinks.AuthorizeToken{}, login(t))), flinks.CodeCredentialMissing},
		"refresh without login":  {second(c.Refresh(ctx, ep, token(t), flinks.LoginID{})), flinks.CodeInvalidCall},
		"data without session":   {second(c.GetAccountsDetail(ctx, ep, cr, flinks.RequestID{})), flinks.CodeInvalidCall},
		"poll without session":   {second(c.GetAccountsDetailAsync(ctx, ep, cr, flinks.RequestID{})), flinks.CodeInvalidCall},
		"delete without login":   {c.DeleteCard(ctx, ep, cr, flinks.LoginID{}), flinks.CodeInvalidCall},
		"schedule without login": {c.SetScheduledRefresh(ctx, ep, cr, flinks.LoginID{}, true), flinks.CodeInvalidCall},
		"nightly without bearer": {second(c.GetNightlyRefreshStatus(ctx, ep, flinks.Credentials{APIKey: cr.APIKey})), flinks.CodeCredentialMissing},
		"empty endpoint":         {c.DeleteCard(ctx, flinks.Endpoint{}, cr, login(t)), flinks.CodeInvalidCall},
		"endpoint by hand":       {c.DeleteCard(ctx, flinks.Endpoint{API: s.URL, CustomerID: "../x"}, cr, login(t)), flinks.CodeInvalidCall},
	}
	for name, tt := range tests {
		e := asError(t, tt.err)
		if e.Code != tt.code || e.Class != flinks.ClassConfig || e.Delivery != flinks.NotSent {
			t.Errorf("%s: %v", name, e)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestRetryAfter(t *testing.T) {
	tests := map[string]struct {
		header, date string
		want         time.Duration
	}{
		"none":              {"", "", 0},
		"seconds":           {"120", "", 2 * time.Minute},
		"a year":            {"31536000", "", 24 * time.Hour},
		"negative":          {"-5", "", 0},
		"text":              {rawLogin, "", 0},
		"date":              {"Wed, 15 Apr 2020 22:48:00 GMT", "Wed, 15 Apr 2020 22:46:00 GMT", 2 * time.Minute},
		"date in the past":  {"Wed, 15 Apr 2020 22:40:00 GMT", "Wed, 15 Apr 2020 22:46:00 GMT", 0},
		"date without Date": {"Wed, 15 Apr 2020 22:48:00 GMT", "x", 0},
		"more than 32 bits": {"99999999999999", "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				if tt.date != "" {
					w.Header().Set("Date", tt.date)
				}
				reply(http.StatusTooManyRequests, "slow down")(w, r)
			})
			_, err := client(t, flinksclient.Options{}).Observe(t.Context(), endpoint(t, s.URL), token(t), login(t))
			e := asError(t, err)
			if e.RetryAfter != tt.want || e.Class != flinks.ClassThrottled {
				t.Errorf("RetryAfter %s, want %s (%v)", e.RetryAfter, tt.want, e)
			}
		})
	}
}
