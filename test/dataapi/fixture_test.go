package dataapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	flinksclient "github.com/flinks-operator/flinks-operator/internal/flinks/client"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// fixture is an operator that serves data, and an application that may read that of its namespace.
type fixture struct {
	*cluster.Cluster

	url         string
	authorities *x509.CertPool
	token       string
	stop        func()
	// logins are the loginIds of connections, and ids the accounts of each.
	logins map[string]string
	ids    map[string][]string
}

// patience is short, so that tests do not wait for what Flinks is said to be collecting.
func patience(o *manager.Options) { o.DataPatience = 700 * time.Millisecond }

func newFixture(t *testing.T, change ...func(*manager.Options)) *fixture {
	t.Helper()
	f := &fixture{Cluster: cluster.New(t), logins: map[string]string{}, ids: map[string][]string{}}
	f.CreateInstance()
	f.serve(change...)
	return f
}

// serve starts the manager, and gives the application its right.
func (f *fixture) serve(change ...func(*manager.Options)) {
	f.T.Helper()
	f.url, f.authorities, f.stop = f.StartServingData(append([]func(*manager.Options){patience}, change...)...)
	f.token = f.Token(f.Namespace, "application", cluster.ForDataAPI)
	f.Kubectl("create", "rolebinding", "readers", "-n", f.Namespace, "--clusterrole=flinks-operator-data-reader", "--serviceaccount="+f.Namespace+":application")
}

// connect makes a connection to a login of three accounts, of which the customer selected those
// that the numbers name, and waits until the operator itself has collected its data.
func (f *fixture) connect(name string, selected ...int) {
	f.T.Helper()
	f.logins[name] = f.Login(name, "greatday_nomfa+"+name)
	f.ids[name] = f.accountsOf(f.logins[name])
	f.Apply(f.Connection(name, f.selection(name, selected...)))
	f.awaitCollected(name)
}

func (f *fixture) selection(name string, selected ...int) string {
	if len(selected) == 0 {
		return ""
	}
	var ids []string
	for _, i := range selected {
		ids = append(ids, f.ids[name][i])
	}
	return "  reconnect: {accountIds: [" + strings.Join(ids, ", ") + "]}\n"
}

// await waits until something holds, for so long at most.
func (f *fixture) await(what string, limit time.Duration, holds func() bool) {
	f.T.Helper()
	f.Eventually(what, limit, func(context.Context) (bool, error) { return holds(), nil })
}

// awaitCollected waits until the operator itself has collected the data, so that what is called after that is
// called for applications.
func (f *fixture) awaitCollected(name string) {
	f.T.Helper()
	f.await(name+" is collected", time.Minute, func() bool {
		r := f.Get(name).Status.Refresh
		return r != nil && r.State == v1alpha1.RefreshSucceeded
	})
}

// accountsOf asks Flinks for the accounts of a login.
func (f *fixture) accountsOf(login string) (ids []string) {
	f.T.Helper()
	keys := f.Sim.Credentials()
	endpoint, err := flinks.NewEndpoint(f.URL, f.URL, keys.CustomerID)
	if err != nil {
		f.T.Fatal(err)
	}
	id, err := flinks.ParseLoginID([]byte(login))
	if err != nil {
		f.T.Fatal(err)
	}
	token, err := flinks.ParseAuthorizeToken([]byte(f.Sim.MintAuthorizeToken()))
	if err != nil {
		f.T.Fatal(err)
	}
	var credentials flinks.Credentials
	if credentials.APIKey, err = flinks.ParseAPIKey([]byte(keys.APIKey)); err != nil {
		f.T.Fatal(err)
	}
	remote := flinksclient.New(flinksclient.Options{})
	session, err := remote.Observe(f.T.Context(), endpoint, token, id)
	if err != nil {
		f.T.Fatal(err)
	}
	detail, err := remote.GetAccountsDetail(f.T.Context(), endpoint, credentials, session.RequestID)
	if err != nil {
		f.T.Fatal(err)
	}
	for _, a := range detail.Accounts {
		ids = append(ids, a.ID)
	}
	return ids
}

// request is one that an application makes.
type request struct {
	method, path, query, token string
	header                     http.Header
}

// answer is what it gets.
type answer struct {
	status int
	header http.Header
	body   string
	// err is not nil if the answer was cut off.
	err error
}

func pathOf(namespace, name string) string {
	return "/v1/namespaces/" + namespace + "/bankconnections/" + name + "/accounts"
}

// get reads a connection as the application.
func (f *fixture) get(name string) answer {
	return f.do(request{path: pathOf(f.Namespace, name), token: f.token})
}

// getIf reads a connection unless it has the data of an answer.
func (f *fixture) getIf(name, etag string) answer {
	return f.do(request{path: pathOf(f.Namespace, name), token: f.token, header: http.Header{"If-None-Match": {etag}}})
}

func (f *fixture) do(r request) answer {
	f.T.Helper()
	req, err := http.NewRequestWithContext(f.T.Context(), http.MethodGet, f.url, nil)
	if err != nil {
		f.T.Fatal(err)
	}
	if r.method != "" {
		req.Method = r.method
	}
	req.URL.Path, req.URL.RawQuery = r.path, r.query
	if r.header != nil {
		req.Header = r.header.Clone()
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.authorities, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(raw), err}
}

// problem is the body of an answer without data.
type problem struct {
	Type, Title, Detail, Reason, Cause string
	Status                             int
}

func (a answer) problem(t *testing.T) (p problem) {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("a problem of the type %q", got)
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Status != a.status || p.Title == "" || p.Detail == "" {
		t.Errorf("a problem is %q: %v", a.body, err)
	}
	return p
}

// accounts returns the ids of the accounts of an answer.
func (a answer) accounts(t *testing.T) (ids []string) {
	t.Helper()
	var body struct {
		Accounts []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.Accounts == nil {
		t.Fatalf("data is %.200q: %v", a.body, err)
	}
	for _, account := range body.Accounts {
		ids = append(ids, account.ID)
	}
	return ids
}

// calls returns how often the operator called each endpoint of Flinks for a connection.
func (f *fixture) calls(name string) map[string]int {
	n := map[string]int{}
	for _, e := range f.Sim.Journal() {
		if strings.EqualFold(e.LoginID, f.logins[name]) {
			n[strings.TrimSpace(e.Endpoint+" "+e.Mode)]++
		}
	}
	return n
}

// fault makes Flinks fail for a connection.
func (f *fixture) fault(name string, fault flinkssim.Fault) {
	f.T.Helper()
	fault.LoginID = f.logins[name]
	if err := f.Sim.InjectFault(fault); err != nil {
		f.T.Fatal(err)
	}
}

// data returns an answer of Flinks about a connection, with more of its top level.
func (f *fixture) data(name, accounts, more string) string {
	return fmt.Sprintf(`{"HttpStatusCode":200,"Accounts":[%s],"Institution":"FlinksCapital","Login":{"Username":"canary-user","Id":%q,"LastRefresh":"2031-05-06T07:08:09"}%s}`,
		accounts, f.logins[name], more)
}

// dataFault answers the next data call for a connection with a text.
func (f *fixture) dataFault(name, body string) {
	f.T.Helper()
	f.fault(name, flinkssim.Fault{Endpoint: "GetAccountsDetail", Body: body, Times: 2})
}

// expect asserts the status and the reason of an answer.
func (a answer) expect(t *testing.T, status int, reason string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d: %.300s %v", a.status, status, a.body, a.err)
		return
	}
	if reason == "" {
		return
	}
	if p := a.problem(t); p.Reason != reason {
		t.Errorf("reason %s, want %s", p.Reason, reason)
	}
}

// expectAccounts asserts which accounts of a connection an answer has.
func (f *fixture) expectAccounts(t *testing.T, a answer, name string, numbers ...int) {
	t.Helper()
	a.expect(t, http.StatusOK, "")
	if a.status != http.StatusOK {
		return
	}
	got := a.accounts(t)
	want := []string{}
	for _, i := range numbers {
		want = append(want, f.ids[name][i])
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("accounts %v, want %v", got, want)
	}
}

// pass lets a moment pass.
func (f *fixture) pass(d time.Duration) {
	ctx, cancel := context.WithTimeout(f.T.Context(), d)
	defer cancel()
	<-ctx.Done()
}
