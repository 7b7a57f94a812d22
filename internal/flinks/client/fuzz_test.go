package client

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
)

const (
	fuzzLogin   = "b0debb48-f9f1-46c6-80a4-08d7dd88d478"
	fuzzRequest = "006fd2f3-055b-4ef6-a9fc-c1261cd76ec6"
	fuzzOK      = `{"HttpStatusCode":200,"Login":{"Username":"Greatday","IsScheduledRefresh":false,"LastRefresh":"2020-04-15T22:46:03.1690585","Type":"Personal","Id":"` +
		fuzzLogin + `"},"InstitutionId":14,"Institution":"FlinksCapital","RequestId":"` + fuzzRequest + `"}`
)

// Whatever the body: no panic, a definite state, and only closed words in the result.
func FuzzDecodeAuthorize(f *testing.F) {
	for _, status := range []int{200, 202, 203, 400, 401, 405, 429, 500} {
		for _, body := range []string{
			fuzzOK, `{`, ``, `null`, `"x"`, `<html>`, `{"HttpStatusCode":203,"SecurityChallenges":[{"Type":"TextOrCall"}],"RequestId":"` + fuzzRequest + `"}`,
			`{"HttpStatusCode":401,"FlinksCode":"UNAUTHORIZED"}`, `{"FlinksCode":1}`, `{"HttpStatusCode":"200"}`,
			`{"HttpStatusCode":400,"Message":"The login '` + fuzzLogin + `' is invalid.","FlinksCode":"INVALID_REQUEST"}`,
		} {
			f.Add(status, []byte(body))
		}
	}
	login, err := flinks.ParseLoginID([]byte(fuzzLogin))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		auth, failure := answer{op: flinks.OpRefresh, status: status, body: body}.authorization(login)
		if failure == nil {
			checkAuthorization(t, auth)
			return
		}
		if e := flinks.Lookup(string(failure.Code), failure.InSession); e.Code != failure.Code || failure.Class == flinks.ClassSuccess || failure.Delivery == flinks.NotSent {
			t.Fatalf("%v, row %v", failure, e)
		}
		if len(failure.Institution) > 4*maxInstitution || guid.In(failure.Institution) {
			t.Fatalf("institution %q", failure.Institution)
		}
		if text := fmt.Sprintf("%+v", failure); strings.Contains(text, fuzzRequest) || strings.Contains(text, fuzzLogin) {
			t.Fatalf("leak in %s", text)
		}
		_ = answer{op: flinks.OpDeleteCard, status: status, body: body}.deletion()
		_, _ = answer{op: flinks.OpGetAccountsDetail, status: status, body: body}.accountsDetail()
	})
}

// documentedKinds is the number of challenge types besides ChallengeOther.
const documentedKinds = 5

func checkAuthorization(t *testing.T, auth flinks.Authorization) {
	t.Helper()
	if auth.RequestID.IsZero() || auth.State != flinks.Authorized && auth.State != flinks.ChallengePending {
		t.Fatalf("a success without session or state: %+v", auth)
	}
	if len(auth.Challenges) > documentedKinds+1 || guid.In(auth.Institution) {
		t.Fatalf("%+v", auth)
	}
}

func BenchmarkDecodeAuthorize(b *testing.B) {
	login, err := flinks.ParseLoginID([]byte(fuzzLogin))
	if err != nil {
		b.Fatal(err)
	}
	a := answer{op: flinks.OpObserve, status: 200, body: []byte(fuzzOK)}
	b.SetBytes(int64(len(a.body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, failure := a.authorization(login); failure != nil {
			b.Fatal(failure)
		}
	}
}

// Transactions come although they were not asked for: one account with a long history.
func BenchmarkDecodeAccounts(b *testing.B) {
	transaction := `{"Date":"2025-01-31","Code":null,"Description":"Coffee","Debit":12.5,"Credit":null,"Balance":100.0,"Id":"` + fuzzRequest + `"},`
	history := strings.TrimSuffix(strings.Repeat(transaction, 2000), ",")
	a := answer{op: flinks.OpGetAccountsDetail, status: 200, body: []byte(`{"HttpStatusCode":200,"Accounts":[{"Id":"` + fuzzLogin + `","Type":"Chequing","Currency":"CAD","Transactions":[` + history + `]}]}`)}
	b.SetBytes(int64(len(a.body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, failure := a.accountsDetail(); failure != nil {
			b.Fatal(failure)
		}
	}
}
