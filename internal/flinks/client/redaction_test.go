package client_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
)

// Everything that Flinks, a bank, a proxy or the network could put into an error.
func TestErrorsEchoNothing(t *testing.T) {
	const all = rawLogin + " " + rawRequest + " " + rawToken + " " + rawSecret + " Greatday canary-prompt"
	hostile := `{"HttpStatusCode":401,"FlinksCode":"` + all + `","Message":"` + all + `","Institution":"` + rawLogin +
		`","RequestId":"` + rawRequest + `","SecurityChallenges":[{"Type":"` + all + `","Prompt":"canary-prompt"}],"Login":{"Username":"Greatday","Id":"` + rawLogin + `"}}`
	const limit = 200 * time.Millisecond // for the answer that never comes
	answers := map[string]http.HandlerFunc{
		"code":       reply(401, hostile),
		"message":    reply(400, `{"HttpStatusCode":400,"FlinksCode":"INVALID_REQUEST","Message":"The login '`+rawLogin+`' is invalid."}`),
		"number":     reply(401, `{"HttpStatusCode":401,"FlinksCode":"X","Login":{"Id":12345678901234567890}}`),
		"page":       reply(502, "<html>"+all+"</html>"),
		"text":       reply(400, all),
		"date":       reply(200, strings.Replace(liveOK, "2020-04-15T22:46:03.1690585", all, 1)),
		"redirect":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/"+rawLogin, http.StatusFound) },
		"timeout":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"hang up":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"bad status": reply(999, all),
	}
	for name, answer := range answers {
		for _, o := range operations {
			s := serve(t, answer)
			err := o.run(t, client(t, flinksclient.Options{Timeouts: flinksclient.Timeouts{Long: limit, Short: limit}}), endpoint(t, s.URL))
			if err == nil {
				continue // some answers are a success for some operations
			}
			checkPrint(t, name+" "+string(o.op), err)
			checkPrint(t, name+" "+string(o.op), *asError(t, err))
			if inner := errors.Unwrap(err); inner != nil {
				t.Errorf("%s wraps %T", o.op, inner)
			}
		}
	}
	broken := roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: r.Method, URL: r.URL.String() + all, Err: errors.New(all)}
	})
	for _, o := range operations {
		err := o.run(t, client(t, flinksclient.Options{Transport: broken}), endpoint(t, "http://flinks.example"))
		checkPrint(t, "transport error of "+string(o.op), err)
	}
}

// What comes out of a success is as closed as what comes out of an error.
func TestResultsEchoNothing(t *testing.T) {
	s := serve(t, reply(203, `{"HttpStatusCode":203,"Institution":"`+rawLogin+`","RequestId":"`+rawRequest+
		`","SecurityChallenges":[{"Type":"canary-prompt","Prompt":"canary-prompt","Iterables":["canary-prompt"]}]}`))
	auth, err := client(t, flinksclient.Options{}).Refresh(t.Context(), endpoint(t, s.URL), token(t), login(t))
	if err != nil {
		t.Fatal(err)
	}
	checkPrint(t, "challenge", auth)
	d := serve(t, reply(200, strings.NewReplacer("Chequing\"", rawSecret+"\"", "\"CAD\"", "\"Greatday\"").Replace(accountsOK)))
	detail, err := client(t, flinksclient.Options{}).GetAccountsDetail(t.Context(), endpoint(t, d.URL), credentials(t), request(t))
	if err != nil {
		t.Fatal(err)
	}
	checkPrint(t, "accounts", detail)
}
