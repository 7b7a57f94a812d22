package dataapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// readCase is one way in which a read of a connection of its own goes.
type readCase struct {
	// selected are the accounts of the spec: the first two if not said.
	selected []int
	// prepare changes the connection, or what Flinks answers.
	prepare func(f *fixture, name string)
	query   string
	want    int
	reason  string
	// cause is a part of the problem.
	cause string
	// accounts are those of the answer.
	accounts []int
	// check looks at the answer.
	check func(t *testing.T, f *fixture, name string, a answer)
}

func (f *fixture) patch(name, patch string) {
	f.T.Helper()
	f.Kubectl("patch", "bankconn", name, "-n", f.Namespace, "--type=merge", "-p", patch)
}

// fails makes the next calls of one kind fail.
func fails(endpoint, mode string, fault flinkssim.Fault) func(*fixture, string) {
	return func(f *fixture, name string) {
		fault.Endpoint, fault.Mode, fault.Times = endpoint, mode, 5
		f.fault(name, fault)
	}
}

// answers makes the next data call answer with accounts, and with more members.
func answers(accounts, more string) func(*fixture, string) {
	return func(f *fixture, name string) {
		accounts := strings.ReplaceAll(accounts, "{login}", f.logins[name])
		for i, id := range f.ids[name] {
			accounts = strings.ReplaceAll(accounts, "{"+string(rune('0'+i))+"}", id)
		}
		f.dataFault(name, f.data(name, accounts, more))
	}
}

// collecting makes Flinks say that it is still collecting the data.
func collecting(f *fixture, name string) {
	for _, endpoint := range []string{"GetAccountsDetail", "GetAccountsDetailAsync"} {
		f.fault(name, flinkssim.Fault{
			Endpoint: endpoint, Status: 202, Times: -1, Commit: true,
			Body: `{"HttpStatusCode":202,"FlinksCode":"OPERATION_PENDING","RequestId":"c23d30cf-b6d9-4df0-9f8e-0c8e6c2a0001"}`,
		})
	}
}

const big = 200 << 10

// large returns an account that is larger than what is read before the first byte is handed on.
func large(id string) string {
	return `{"Transactions":[` + strings.TrimSuffix(strings.Repeat(`{"Description":"PURCHASE"},`, big/27), ",") + `],"Id":"` + id + `"}`
}

var reads = map[string]readCase{
	"the selection": {accounts: []int{0, 1}, want: 200, check: func(t *testing.T, f *fixture, name string, a answer) {
		if !strings.Contains(a.body, `"Holder"`) || !strings.Contains(a.body, `"AccountNumber"`) || strings.Contains(a.body, `"PURCHASE`) {
			t.Errorf("data is %.300s", a.body)
		}
		if a.header.Get("ETag") == "" || a.header.Get("Last-Modified") != f.Get(name).Status.LastRefreshTime.UTC().Format(http.TimeFormat) {
			t.Errorf("headers %v", a.header)
		}
	}},
	"one account":          {selected: []int{2}, accounts: []int{2}, want: 200},
	"without transactions": {query: "transactions=None", accounts: []int{0, 1}, want: 200},
	"transactions of 90 days": {query: "transactions=Days90", accounts: []int{0, 1}, want: 200, check: func(t *testing.T, _ *fixture, _ string, a answer) {
		if n := strings.Count(a.body, `"Description"`); n != 60 {
			t.Errorf("%d transactions", n)
		}
	}},
	"transactions of a year": {query: "transactions=Days365", accounts: []int{0, 1}, want: 200, check: func(t *testing.T, _ *fixture, _ string, a answer) {
		if n := strings.Count(a.body, `"Description"`); n != 240 {
			t.Errorf("%d transactions", n)
		}
	}},
	"Flinks ignores the filter": {
		prepare: answers(`{"Title":"a","Id":"{0}"},{"Id":"{2}","Title":"not selected"},{"Title":"b","Id":"{1}"}`, ""), accounts: []int{0, 1}, want: 200,
	},
	"Flinks spells ids in capitals": {prepare: func(f *fixture, name string) {
		f.dataFault(name, f.data(name, `{"Id":"`+strings.ToUpper(f.ids[name][0])+`"}`, ""))
	}, want: 200, check: func(t *testing.T, f *fixture, name string, a answer) {
		if !strings.Contains(a.body, strings.ToUpper(f.ids[name][0])) {
			t.Errorf("data is %s", a.body)
		}
	}},
	"an account without an id": {prepare: answers(`{"Title":"whose?"},{"Id":"{0}"}`, ""), accounts: []int{0}, want: 200},
	"no account":               {prepare: answers(``, ""), accounts: []int{}, want: 200},
	"members that Flinks adds": {prepare: answers(`{"Id":"{0}","Score":{"Of":[1.50,null,true]}}`, `,"Tag":"canary-tag","Links":[{"href":"/canary-link"}],"Secret":"canary-new"`), accounts: []int{0}, want: 200,
		check: func(t *testing.T, _ *fixture, _ string, a answer) {
			if !strings.Contains(a.body, `"Score":{"Of":[1.50,null,true]}`) || strings.Contains(a.body, "canary") {
				t.Errorf("data is %s", a.body)
			}
		}},
	"a name in an account":     {prepare: answers(`{"Id":"{0}","LoginId":"{login}","Username":"canary-user"}`, ""), accounts: []int{0}, want: 200},
	"a loginId among the data": {prepare: answers(`{"Id":"{0}","Reference":"{login}"}`, ""), want: 502, reason: "BadAnswer"},
	"data of another login": {prepare: func(f *fixture, name string) {
		f.dataFault(name, strings.ReplaceAll(f.data(name, "", ""), f.logins[name], f.logins["other"]))
	}, want: 502, reason: "BadAnswer"},
	"no accounts at all": {prepare: func(f *fixture, name string) { f.dataFault(name, `{"HttpStatusCode":200}`) }, want: 502, reason: "BadAnswer"},
	"malformed JSON":     {prepare: func(f *fixture, name string) { f.dataFault(name, `{"HttpStatusCode":200,"Accounts":[}`) }, want: 502, reason: "BadAnswer"},
	"a page of a proxy":  {prepare: func(f *fixture, name string) { f.dataFault(name, `<html>not found</html>`) }, want: 502, reason: "BadAnswer"},
	"two answers in one": {prepare: func(f *fixture, name string) { f.dataFault(name, f.data(name, "", "")+f.data(name, "", "")) }, want: 502, reason: "BadAnswer"},
	"accounts twice":     {prepare: answers(`{"Id":"{0}"}`, `,"Accounts":[]`), want: 502, reason: "BadAnswer"},
	"an error with the status 200": {prepare: func(f *fixture, name string) {
		f.dataFault(name, `{"HttpStatusCode":500,"FlinksCode":"AGGREGATION_ERROR"}`)
	}, want: 503, reason: "FlinksUnavailable"},
	"malformed after the first bytes": {prepare: func(f *fixture, name string) { f.dataFault(name, f.data(name, large(f.ids[name][0])+",}", "")) }, check: isCutOff},
	"cut off after the first bytes": {prepare: func(f *fixture, name string) {
		whole := f.data(name, large(f.ids[name][0])+","+large(f.ids[name][1]), "")
		f.dataFault(name, whole[:len(whole)*3/4])
	}, check: isCutOff},
	"another login after the first bytes": {prepare: func(f *fixture, name string) {
		f.dataFault(name, strings.ReplaceAll(f.data(name, large(f.ids[name][0]), ""), f.logins[name], f.logins["other"]))
	}, check: isCutOff},

	"Flinks is down":               {prepare: fails("Authorize", "cached", flinkssim.Fault{Status: 500}), want: 503, reason: "FlinksUnavailable"},
	"Flinks is down for data":      {prepare: fails("GetAccountsDetail", "", flinkssim.Fault{Status: 503}), want: 503, reason: "FlinksUnavailable"},
	"the connection breaks":        {prepare: fails("Authorize", "cached", flinkssim.Fault{Drop: flinkssim.DropAfterCommit}), want: 503, reason: "FlinksUnavailable"},
	"the bank is in maintenance":   {prepare: fails("Authorize", "cached", flinkssim.Fault{FlinksCode: "RETRY_LATER"}), want: 503, reason: "FlinksUnavailable"},
	"Flinks has no data":           {prepare: fails("GetAccountsDetail", "", flinkssim.Fault{FlinksCode: "NO_TRANSACTION"}), want: 409, reason: "NoData"},
	"Flinks does not know it":      {prepare: fails("Authorize", "cached", flinkssim.Fault{UnknownLogin: true}), want: 409, reason: "NotBound", cause: "LoginGone"},
	"Flinks is collecting":         {prepare: collecting, want: 202, reason: "Pending"},
	"the session ended":            {prepare: fails("GetAccountsDetail", "", flinkssim.Fault{FlinksCode: "SESSION_NONEXISTENT"}), want: 503, reason: "FlinksUnavailable"},
	"a question, and older data":   {prepare: func(f *fixture, name string) { f.reseed(name, "QUESTION_NOT_FOUND") }, accounts: []int{0, 1}, want: 200},
	"refused, and no older data":   {prepare: func(f *fixture, name string) { f.reseed(name, "INVALID_PASSWORD") }, want: 409, reason: "UserActionRequired"},
	"suspended":                    {prepare: func(f *fixture, name string) { f.patch(name, `{"spec":{"suspend":true}}`) }, want: 409, reason: "Suspended"},
	"no selection":                 {prepare: func(f *fixture, name string) { f.patch(name, `{"spec":{"reconnect":null}}`) }, want: 409, reason: "SelectionUnknown"},
	"the Secret is gone":           {prepare: func(f *fixture, name string) { f.rewrite(name, "") }, want: 409, reason: "NotBound", cause: "SecretKeyNotFound"},
	"the Secret has another login": {prepare: func(f *fixture, name string) { f.rewrite(name, f.logins["other"]) }, want: 409, reason: "NotBound", cause: "LoginChanged"},
	"deleted":                      {prepare: func(f *fixture, name string) { f.Kubectl("delete", "bankconn", name, "-n", f.Namespace) }, want: 404, reason: "NotFound"},
	"deleted with Retain": {prepare: func(f *fixture, name string) {
		f.patch(name, `{"spec":{"deletionPolicy":"Retain"}}`)
		f.Kubectl("delete", "bankconn", name, "-n", f.Namespace)
	}, want: 404, reason: "NotFound"},
	"being deleted": {prepare: func(f *fixture, name string) {
		f.Kubectl("patch", "bankconn", name, "-n", f.Namespace, "--type=json", "-p", `[{"op":"add","path":"/metadata/finalizers/-","value":"example.com/mine"}]`)
		f.T.Cleanup(func() { f.patch(name, `{"metadata":{"finalizers":null}}`) })
		f.Kubectl("delete", "bankconn", name, "-n", f.Namespace, "--wait=false")
	}, want: 409, reason: "BeingDeleted"},
	"all accounts, on the platform's word": {
		prepare:  func(f *fixture, name string) { f.patch(name, `{"spec":{"reconnect":null,"accounts":"All"}}`) },
		accounts: []int{0, 1, 2}, want: 200,
	},
	"all accounts do not widen a selection": {prepare: func(f *fixture, name string) { f.patch(name, `{"spec":{"accounts":"All"}}`) }, accounts: []int{0, 1}, want: 200},
	"a filter with an account that went away": {prepare: func(f *fixture, name string) {
		f.patch(name, `{"spec":{"reconnect":{"accountIds":["`+f.ids[name][0]+`","c23d30cf-b6d9-4df0-9f8e-0c8e6c2a0001"]}}}`)
	}, accounts: []int{0}, want: 200},
}

// isCutOff: a part is never taken for the whole.
func isCutOff(t *testing.T, _ *fixture, _ string, a answer) {
	if a.err == nil || a.status != 200 {
		t.Errorf("status %d, and the end of the answer is not missed: %v", a.status, a.err)
	}
}

// reseed makes Flinks replay another end of the newest live call.
func (f *fixture) reseed(name, code string) {
	f.T.Helper()
	login, _ := f.Sim.Login(f.logins[name])
	if got := f.Sim.SeedLogin(flinkssim.SeedOptions{Username: login.Username, LastRefresh: login.LastRefresh, LastCode: code}); got != f.logins[name] {
		f.T.Fatal("seeding again makes another login")
	}
}

// rewrite puts another loginId into the Secret of a connection.
func (f *fixture) rewrite(name, login string) {
	f.T.Helper()
	patch := `{"data":null}`
	if login != "" {
		patch = `{"stringData":{"loginId":"` + login + `"}}`
	}
	f.Kubectl("patch", "secret", name+"-login", "-n", f.Namespace, "--type=merge", "-p", patch)
}

// TestReads: what an application gets. No answer has an identifier, and none is data of another
// connection.
func TestReads(t *testing.T) {
	f := newFixture(t)
	f.connect("other", 0)
	names, order := map[string]string{}, []string{}
	for title := range reads {
		order = append(order, title)
	}
	slices.Sort(order)
	for i, title := range order {
		names[title] = "case-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		selected := reads[title].selected
		if selected == nil {
			selected = []int{0, 1}
		}
		f.create(names[title], selected...)
	}
	for _, name := range names {
		f.awaitCollected(name)
	}
	for _, title := range order {
		t.Run(title, func(t *testing.T) { f.readOnce(t, names[title], reads[title]) })
	}
	for _, e := range f.Sim.Journal() {
		if e.RequestID != "" {
			f.Guard(e.RequestID)
		}
	}
	f.CheckCanaries()
	f.CheckForbidden()
	f.CheckContract()
}

// create makes a connection as connect does, and does not wait.
func (f *fixture) create(name string, selected ...int) {
	f.T.Helper()
	f.logins[name] = f.Login(name, "greatday_nomfa+"+name)
	f.ids[name] = f.accountsOf(f.logins[name])
	f.Apply(f.Connection(name, f.selection(name, selected...)))
}

func (f *fixture) readOnce(t *testing.T, name string, tc readCase) {
	if tc.prepare != nil {
		tc.prepare(f, name)
	}
	var a answer
	// The cache hears of a change a moment later.
	end := f.Sim.Now().Add(5 * time.Second)
	for {
		a = f.do(request{path: pathOf(f.Namespace, name), query: tc.query, token: f.token})
		settled := a.status == tc.want && (tc.accounts == nil || len(a.accounts(t)) == len(tc.accounts))
		if tc.want == 0 || settled || f.Sim.Now().After(end) {
			break
		}
		f.pass(600 * time.Millisecond)
	}
	f.Sim.ClearFaults()
	if tc.want != 0 {
		a.expect(t, tc.want, tc.reason)
	}
	if tc.cause != "" {
		if p := a.problem(t); p.Cause != tc.cause {
			t.Errorf("cause %s, want %s", p.Cause, tc.cause)
		}
	}
	if tc.accounts != nil {
		f.expectAccounts(t, a, name, tc.accounts...)
	}
	if tc.check != nil {
		tc.check(t, f, name, a)
	}
	f.expectNoIdentifier(t, name, a)
}

// expectNoIdentifier asserts that an answer has no loginId, no name of a user, and nothing of another
// connection.
func (f *fixture) expectNoIdentifier(t *testing.T, name string, a answer) {
	t.Helper()
	answered := strings.ToLower(a.body + fmt.Sprint(a.header))
	f.Reject("answer to an application", answered)
	for _, e := range f.Sim.Journal() {
		if e.RequestID != "" && strings.Contains(answered, e.RequestID) {
			t.Error("an answer has a RequestId")
		}
	}
	for _, banned := range []string{"RequestId", "Username", "greatday", "canary", "Links", `"Tag"`} {
		if strings.Contains(a.body, banned) {
			t.Errorf("an answer has %s", banned)
		}
	}
	for other, ids := range f.ids {
		for _, id := range ids {
			if other != name && strings.Contains(strings.ToLower(a.body), id) {
				t.Errorf("an answer about %s has an account of %s", name, other)
			}
		}
	}
}
