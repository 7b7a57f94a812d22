package client_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

func TestNightlyAnswers(t *testing.T) {
	type result struct {
		Status flinks.NightlyStatus
		Error  flinks.Error
	}
	bad := func(o outcome) result { return result{Error: o.Error} }
	listed := func(l ...flinks.IneligibleLogin) result { return result{Status: flinks.NightlyStatus{Ineligible: l}} }
	when := time.Date(2020, 6, 18, 3, 26, 34, 685436400, time.UTC)
	const card = `{"LoginId":"` + rawLogin + `","LastRefreshDate":"2020-06-18T03:26:34.6854364","LastRefreshState":"AnsweringSecurityChallenge","LastRefreshErrorCode":null}`
	cards := func(list string) string { return `{"HttpStatusCode":200,"IneligibleCards":[` + list + `]}` }

	tests := map[string]struct {
		status int
		body   string
		want   result
	}{
		"one":            {200, cards(card), listed(flinks.IneligibleLogin{Login: login(t), LastRefresh: when, State: "AnsweringSecurityChallenge"})},
		"none":           {200, cards(""), result{}},
		"null":           {200, `{"HttpStatusCode":200,"IneligibleCards":null}`, result{}},
		"code":           {200, cards(`{"LoginId":"` + rawLogin + `","LastRefreshErrorCode":"INVALID_LOGIN"}`), listed(flinks.IneligibleLogin{Login: login(t), Code: "INVALID_LOGIN"})},
		"unknown code":   {200, cards(`{"LoginId":"` + rawLogin + `","LastRefreshErrorCode":"` + rawLogin + `"}`), listed(flinks.IneligibleLogin{Login: login(t), Code: "UNRECOGNIZED"})},
		"odd rows":       {200, cards(`{"LoginId":"x"},{},null,{"LoginId":"` + rawLogin + `","LastRefreshState":"a b","LastRefreshDate":"x"}`), listed(flinks.IneligibleLogin{Login: login(t)})},
		"printed mix":    {200, `{"HttpStatusCode":200,"IneligibleCards":[` + card + `],"Message":"The login '…' is invalid.","FlinksCode":"INVALID_REQUEST"}`, bad(failure(200, "INVALID_REQUEST", "config"))},
		"bearer refused": {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED"}`, bad(failure(401, "UNAUTHORIZED", "instance"))},
		"not enabled":    {500, `{"HttpStatusCode":500,"FlinksCode":"METHOD_NOT_AVAILABLE"}`, bad(failure(500, "METHOD_NOT_AVAILABLE", "config"))},
		"wrong type":     {200, `{"HttpStatusCode":200,"IneligibleCards":"x"}`, bad(ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, reply(tt.status, tt.body))
			status, err := client(t, flinksclient.Options{}).GetNightlyRefreshStatus(t.Context(), endpoint(t, s.URL), credentials(t))
			got, want := result{Status: status}, tt.want
			if err != nil {
				got.Error = *asError(t, err)
			}
			if want.Error.Code != "" {
				want.Error.Op = flinks.OpGetNightlyRefreshStatus
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSetScheduledRefreshAnswers(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		class  flinks.Class // empty = success
	}{
		"sentence":          {200, `"LoginId ` + rawLogin + ` has now been activated for automatic refresh"`, ""},
		"word":              {200, `"ACTIVATED"`, ""},
		"object":            {200, `{"StatusCode":200}`, ""},
		"envelope":          {200, `{"HttpStatusCode":200,"Message":"x"}`, ""},
		"empty":             {200, ``, ""},
		"page":              {200, `<html></html>`, flinks.ClassUnknown},
		"200 with an error": {200, `{"HttpStatusCode":200,"FlinksCode":"CARD_IN_USE"}`, flinks.ClassTransient},
		"unknown login":     {401, `{"HttpStatusCode":401,"FlinksCode":"INVALID_LOGIN"}`, flinks.ClassGone},
		"404 envelope":      {404, `{"HttpStatusCode":404}`, flinks.ClassUnknown},
		"key refused":       {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED"}`, flinks.ClassInstance},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, reply(tt.status, tt.body))
			err := client(t, flinksclient.Options{}).SetScheduledRefresh(t.Context(), endpoint(t, s.URL), credentials(t), login(t), true)
			if tt.class == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if e := asError(t, err); e.Class != tt.class {
				t.Error(e)
			}
		})
	}
}

func TestGenerateAuthorizeTokenAnswers(t *testing.T) {
	s := serve(t, reply(200, tokenOK))
	got, err := client(t, flinksclient.Options{}).GenerateAuthorizeToken(t.Context(), endpoint(t, s.URL), credentials(t))
	if err != nil || !got.Equal(token(t)) {
		t.Fatalf("not the token (%v)", err)
	}
	tests := map[string]struct {
		status int
		body   string
		want   outcome
	}{
		"refused":       {401, `{"HttpStatusCode":401,"Message":"You must provide a valid auth key","FlinksCode":"UNAUTHORIZED"}`, failure(401, "UNAUTHORIZED", "instance")},
		"no token":      {200, `{"HttpStatusCode":200}`, ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown)},
		"odd token":     {200, `{"HttpStatusCode":200,"Token":"a b"}`, ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown)},
		"token as list": {200, `{"HttpStatusCode":200,"Token":[]}`, ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown)},
		"203":           {203, `{"HttpStatusCode":203,"Token":"x"}`, ambiguous(203, flinks.CodeUnreadable, flinks.ClassUnknown)},
	}
	for name, tt := range tests {
		s := serve(t, reply(tt.status, tt.body))
		token, err := client(t, flinksclient.Options{}).GenerateAuthorizeToken(t.Context(), endpoint(t, s.URL), credentials(t))
		tt.want.Error.Op = flinks.OpGenerateAuthorizeToken
		if diff := cmp.Diff(tt.want.Error, *asError(t, err)); diff != "" || !token.IsZero() {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
