package flinkssim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func decodeDetails(t *testing.T, a answer) detailBody {
	t.Helper()
	var out detailBody
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("reading details: %v", err)
	}
	return out
}

func (h *harness) detailsWith(requestID, options string) answer {
	h.t.Helper()
	return h.call("POST", "GetAccountsDetail", `{"RequestId":"`+requestID+`",`+options+`}`, "x-api-key", "api")
}

func TestDetailsBody(t *testing.T) {
	h := newHarness(t)
	id := h.SeedLogin(SeedOptions{Tag: "order-7"})
	request := h.authorize(cachedCall(id)).requestID()
	account := stableGUID("account", id, "0", "0")
	got := h.detailsWith(request, `"WithTransactions":false,"AccountsFilter":["`+account+`"]`)
	wantAnswer(t, got, 200, `{"HttpStatusCode":200,"Accounts":[{
		"Transactions":[],"TransitNumber":"77777","InstitutionNumber":"777","OverdraftLimit":0,
		"Title":"Chequing CAD","AccountNumber":"1111000","LastFourDigits":null,
		"Balance":{"Available":1280.42,"Current":1280.42,"Limit":null},
		"Category":"Operations","Type":"Chequing","Currency":"CAD",
		"Holder":{"Name":"Jane Specimen","Address":{"CivicAddress":"1275 avenue des Canadiens","City":"Montréal","Province":"QC",
		"PostalCode":"H3B 5E8","POBox":null,"Country":"CA"},"Email":"jane.specimen@example.com","PhoneNumber":"(514) 555-0123"},
		"AccountType":"Personal","Id":"`+account+`"}],
		"Login":{"Username":"greatday_nomfa","IsScheduledRefresh":false,"LastRefresh":"`+startText+`","Type":"Personal","Id":"$login"},
		"InstitutionId":14,"Institution":"FlinksCapital","RequestId":"$request"}`, id)
}

func TestSummaryBody(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	request := h.authorize(cachedCall(id)).requestID()
	got := h.call("POST", "GetAccountsSummary", `{"RequestId":"`+request+`","WithBalance":false}`, "x-api-key", "api")
	wantCode(t, got, 200, "")
	for _, absent := range []string{"Transactions", "TransitNumber", "InstitutionNumber", "OverdraftLimit"} {
		if strings.Contains(got.body, absent) {
			t.Errorf("the summary must not have %s", absent)
		}
	}
	for _, present := range []string{`"EftEligibleRatio":1`, `"ETransferEligibleRatio":1`, `"rel":"AccountsDetail"`, `"Balance":null`} {
		if !strings.Contains(got.body, present) {
			t.Errorf("the summary lacks %s", present)
		}
	}
	again := h.call("POST", "GetAccountsSummary", `{"RequestId":"`+request+`","WithBalance":false}`, "x-api-key", "api")
	if again.body != got.body {
		t.Error("a summary must not end the session")
	}
}

func TestSummaryPendingNamesItsOwnPoll(t *testing.T) {
	h := newHarness(t)
	request := h.authorize(liveCall(h.seed(DefaultUsername))).requestID()
	got := h.call("POST", "GetAccountsSummary", `{"RequestId":"`+request+`"}`, "x-api-key", "api")
	wantCode(t, got, 202, codeOperationPending)
	if !strings.Contains(got.body, `"example":"/GetAccountsSummaryAsync/`+request+`"`) {
		t.Errorf("got %s", got.body)
	}
}

func TestDetailsOptions(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	detailsWith := func(options string) answer {
		return h.detailsWith(h.authorize(cachedCall(id)).requestID(), options)
	}
	all := decodeDetails(t, h.details(h.authorize(cachedCall(id)).requestID()))
	if len(all.Accounts) != 3 || len(all.Accounts[0].Transactions) != 30 {
		t.Fatalf("got %d accounts", len(all.Accounts))
	}
	year := decodeDetails(t, detailsWith(`"DaysOfTransactions":"Days365"`))
	if len(year.Accounts[0].Transactions) <= 30 {
		t.Error("a year must hold more than 90 days")
	}
	bare := decodeDetails(t, detailsWith(`"WithKYC":false,"WithAccountIdentity":false,"WithBalance":false`))
	if a := bare.Accounts[0]; a.Holder != nil || a.AccountNumber != nil || a.Balance != nil {
		t.Errorf("got %+v, want no holder, number and balance", a)
	}
	one := decodeDetails(t, detailsWith(`"AccountsFilter":["`+all.Accounts[1].ID+`"]`))
	if len(one.Accounts) != 1 || one.Accounts[0].Title != "Savings CAD" {
		t.Errorf("got %+v", one.Accounts)
	}
	wantCode(t, detailsWith(`"AccountsFilter":["`+newGUID()+`"]`), 401, codeInvalidRequest)
	wantCode(t, detailsWith(`"DaysOfTransactions":"Days7"`), 401, codeInvalidRequest)
}

func TestThePollKeepsTheOptionsOfTheFirstCall(t *testing.T) {
	h := newHarness(t)
	id := h.seed(DefaultUsername)
	request := h.authorize(liveCall(id)).requestID()
	account := stableGUID("account", id, "1", "0")
	wantCode(t, h.detailsWith(request, `"WithTransactions":false,"AccountsFilter":["`+account+`"]`), 202, codeOperationPending)
	h.pass(10 * time.Second)
	d := decodeDetails(t, h.poll(request))
	if len(d.Accounts) != 1 || d.Accounts[0].Title != "Savings CAD" || len(d.Accounts[0].Transactions) != 0 {
		t.Errorf("got %+v", d.Accounts)
	}
}

func TestDataOfParticularUsers(t *testing.T) {
	h := newHarness(t)
	empty := h.authorize(cachedCall(h.seed("sim_empty_tx"))).requestID()
	if d := decodeDetails(t, h.details(empty)); len(d.Accounts) != 3 || len(d.Accounts[0].Transactions) != 0 {
		t.Error("sim_empty_tx has accounts, and no transactions")
	}
	token := h.MintAuthorizeToken()
	request := h.authorizeWith(token, liveCall(h.seed("test_dispatched"))).requestID()
	h.authorizeWith(token, mfaCall(request, "What city were you born in?", "Montreal"))
	wantCode(t, h.details(request), 202, codeOperationDispatched)
	h.pass(time.Minute)
	if d := decodeDetails(t, h.poll(request)); len(d.Accounts) != 1 || len(d.Accounts[0].Transactions) != 5 {
		t.Error("test_dispatched must yield a partial result")
	}
}

func TestNeverRefreshedHasNoData(t *testing.T) {
	h := newHarness(t)
	id := h.SeedLogin(SeedOptions{NeverRefreshed: true})
	if d := decodeDetails(t, h.details(h.authorize(cachedCall(id)).requestID())); len(d.Accounts) != 0 {
		t.Errorf("got %d accounts", len(d.Accounts))
	}
}
