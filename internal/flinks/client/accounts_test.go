package client_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

const accountsOK = `{"HttpStatusCode":200,
 "Accounts":[{
   "Transactions":[{"Date":"2025-01-31","Code":null,"Description":"Coffee","Debit":12.5,"Credit":null,"Balance":100.0,"Id":"33333333-3333-4333-8333-333333333333"}],
   "TransitNumber":"77777","InstitutionNumber":"777","OverdraftLimit":0,
   "Title":"Chequing CAD","AccountNumber":"1111000","LastFourDigits":null,
   "Balance":{"Available":100.0,"Current":100.0,"Limit":null},
   "Category":"Operations","Type":"Chequing","Currency":"CAD",
   "Holder":{"Name":"Jane Doe","Address":{"CivicAddress":"1 Main","City":"Montreal","Province":"QC","PostalCode":"H1H1H1","POBox":null,"Country":"CA"},
             "Email":"jane@example.com","PhoneNumber":"5145550100"},
   "AccountType":"Personal","Id":"11111111-1111-4111-8111-111111111111"}],
 "InstitutionName":"FlinksCapital","Login":{"Username":"Greatday","IsScheduledRefresh":true,"LastRefresh":"2020-04-15T22:46:03.1690585","Type":"Personal","Id":"b0debb48-f9f1-46c6-80a4-08d7dd88d478"},
 "InstitutionId":14,"Institution":"FlinksCapital","Tag":"optional","RequestId":"006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"}`

const pending = `{"FlinksCode":"OPERATION_PENDING",
 "Links":[{"rel":"GetAccountsDetailAsync","href":"/GetAccountsDetailAsync",
           "example":"/GetAccountsDetailAsync/006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"}],
 "HttpStatusCode":202,"Message":"Your operation is still processing","RequestId":"006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"}`

// detailAnswer is one of Flinks, and what the client makes of it.
type detailAnswer struct {
	status int
	body   string
	want   detailResult
}

// detailResult is a call's result or error in comparable form.
type detailResult struct {
	Detail flinks.AccountsDetail
	Error  flinks.Error
}

func failed(o outcome) detailResult { return detailResult{Error: o.Error} }

func TestAccountsDetail(t *testing.T) {
	full := flinks.AccountsDetail{
		Accounts:    []flinks.Account{{ID: accountA, Type: "Chequing", Currency: "CAD"}},
		LastRefresh: time.Date(2020, 4, 15, 22, 46, 3, 169058500, time.UTC),
		Login:       login(t), ScheduledRefresh: true,
		Institution: "FlinksCapital", InstitutionID: 14,
		Tag: tag(t, "optional"),
	}
	accounts := func(list string) string { return `{"HttpStatusCode":200,"Accounts":[` + list + `]}` }
	kept := func(a ...flinks.Account) flinks.AccountsDetail { return flinks.AccountsDetail{Accounts: a} }
	unreadable := failed(ambiguous(200, flinks.CodeUnreadable, flinks.ClassUnknown))

	expectAccountsDetail(t, map[string]detailAnswer{
		"200":                    {200, accountsOK, detailResult{Detail: full}},
		"202":                    {202, pending, detailResult{Detail: flinks.AccountsDetail{Pending: true}}},
		"202 dispatched":         {202, strings.Replace(pending, "OPERATION_PENDING", "OPERATION_DISPATCHED", 1), detailResult{Detail: flinks.AccountsDetail{Pending: true}}},
		"202 no code":            {202, `{"HttpStatusCode":202}`, detailResult{Detail: flinks.AccountsDetail{Pending: true}}},
		"200 that is a 202":      {200, `{"HttpStatusCode":202}`, detailResult{Detail: flinks.AccountsDetail{Pending: true}}},
		"202 HTML":               {202, `<html>`, failed(ambiguous(202, flinks.CodeUnreadable, flinks.ClassUnknown))},
		"no accounts":            {200, `{"HttpStatusCode":200,"Accounts":[]}`, detailResult{}},
		"null accounts":          {200, `{"HttpStatusCode":200,"Accounts":null,"Login":{}}`, detailResult{}},
		"neither":                {200, `{"HttpStatusCode":200}`, unreadable},
		"accounts as object":     {200, `{"HttpStatusCode":200,"Accounts":{}}`, unreadable},
		"203":                    {203, `{"HttpStatusCode":203,"Accounts":[]}`, failed(ambiguous(203, flinks.CodeUnreadable, flinks.ClassUnknown))},
		"nulls":                  {200, accounts(`{"Id":"` + accountA + `","Type":null,"Currency":null}`), detailResult{Detail: kept(flinks.Account{ID: accountA})}},
		"odd id dropped":         {200, accounts(`{"Id":"1"},{"Id":null},{},{"Id":7},{"Id":"` + accountB + `"}`), detailResult{Detail: kept(flinks.Account{ID: accountB})}},
		"odd type and currency":  {200, accounts(`{"Id":"` + accountA + `","Type":"Che quing","Currency":"C4D"}`), detailResult{Detail: kept(flinks.Account{ID: accountA})}},
		"long type and currency": {200, accounts(`{"Id":"` + accountA + `","Type":"` + strings.Repeat("t", 33) + `","Currency":"CADD"}`), detailResult{Detail: kept(flinks.Account{ID: accountA})}},
		"currency in lower case": {200, accounts(`{"Id":"` + accountA + `","Type":"CreditCard","Currency":"usd"}`), detailResult{Detail: kept(flinks.Account{ID: accountA, Type: "CreditCard", Currency: "USD"})}},
		"odd login":              {200, `{"HttpStatusCode":200,"Accounts":[],"Login":{"LastRefresh":"x","Id":"y"}}`, detailResult{}},
	})
}

func TestAccountsDetailTag(t *testing.T) {
	tagged := func(json string) string { return `{"HttpStatusCode":200,"Accounts":[],"Tag":` + json + `}` }
	expectAccountsDetail(t, map[string]detailAnswer{
		"a tag":                  {200, tagged(`"order 7&x=é"`), detailResult{Detail: flinks.AccountsDetail{Tag: tag(t, "order 7&x=é")}}},
		"the longest tag":        {200, tagged(`"` + strings.Repeat("t", 256) + `"`), detailResult{Detail: flinks.AccountsDetail{Tag: tag(t, strings.Repeat("t", 256))}}},
		"a tag that is too long": {200, tagged(`"` + strings.Repeat("t", 257) + `"`), detailResult{}},
		"a tag of two lines":     {200, tagged(`"a\nb"`), detailResult{}},
		"a number for a tag":     {200, tagged(`7`), detailResult{}},
		"no tag":                 {200, tagged(`null`), detailResult{}},
	})
}

func TestAccountsDetailRefused(t *testing.T) {
	expectAccountsDetail(t, map[string]detailAnswer{
		"session gone":         {400, `{"HttpStatusCode":400,"Message":"Inputs session id or card if were not found.","FlinksCode":"SESSION_NONEXISTENT"}`, failed(failure(400, "SESSION_NONEXISTENT", "transient"))},
		"session expired":      {401, `{"HttpStatusCode":401,"FlinksCode":"SESSION_EXPIRED"}`, failed(failure(401, "SESSION_EXPIRED", "transient"))},
		"in use":               {400, `{"HttpStatusCode":400,"Message":"Call still processing","FlinksCode":"CARD_IN_USE"}`, failed(failure(400, "CARD_IN_USE", "transient"))},
		"no transaction":       {401, `{"HttpStatusCode":401,"FlinksCode":"NO_TRANSACTION","RequestId":"` + rawRequest + `"}`, failed(failure(401, "NO_TRANSACTION", "data").inSession(t))},
		"key refused":          {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED"}`, failed(failure(401, "UNAUTHORIZED", "instance"))},
		"before authorized":    {401, `{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED","RequestId":"` + rawRequest + `"}`, failed(failure(401, "UNAUTHORIZED", "user").inSession(t))},
		"already authorized":   {401, `{"HttpStatusCode":401,"FlinksCode":"ALREADY_AUTHORIZED","RequestId":"` + rawRequest + `"}`, failed(failure(401, "UNRECOGNIZED", "unknown").inSession(t))},
		"200 with an error":    {200, `{"HttpStatusCode":200,"Accounts":[],"FlinksCode":"AGGREGATION_ERROR"}`, failed(failure(200, "AGGREGATION_ERROR", "transient"))},
		"the login is invalid": {400, `{"HttpStatusCode":400,"Message":"The login 'x' is invalid.","FlinksCode":"INVALID_REQUEST"}`, failed(failure(400, "INVALID_REQUEST", "config"))},
	})
}

// expectAccountsDetail makes both calls for details, once for each answer.
func expectAccountsDetail(t *testing.T, tests map[string]detailAnswer) {
	t.Helper()
	for name, tt := range tests {
		for _, op := range []flinks.Operation{flinks.OpGetAccountsDetail, flinks.OpGetAccountsDetailAsync} {
			t.Run(name+"/"+string(op), func(t *testing.T) {
				s := serve(t, reply(tt.status, tt.body))
				c := client(t, flinksclient.Options{})
				ask := func() (flinks.AccountsDetail, error) {
					if op == flinks.OpGetAccountsDetailAsync {
						return c.GetAccountsDetailAsync(t.Context(), endpoint(t, s.URL), credentials(t), request(t))
					}
					return c.GetAccountsDetail(t.Context(), endpoint(t, s.URL), credentials(t), request(t))
				}
				detail, err := ask()
				got, want := detailResult{Detail: detail}, tt.want
				if err != nil {
					got.Error = *asError(t, err)
				}
				if want.Error.Code != "" {
					want.Error.Op = op
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestAccountsAreBounded(t *testing.T) {
	var list []string
	for i := range 150 {
		list = append(list, fmt.Sprintf(`{"Id":"11111111-1111-4111-8111-%012d"}`, i))
	}
	s := serve(t, reply(200, `{"HttpStatusCode":200,"Accounts":[`+strings.Join(list, ",")+`]}`))
	got, err := client(t, flinksclient.Options{}).GetAccountsDetail(t.Context(), endpoint(t, s.URL), credentials(t), request(t))
	if err != nil || len(got.Accounts) != 100 {
		t.Fatalf("%d accounts, error %v", len(got.Accounts), err)
	}
}
