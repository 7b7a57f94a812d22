package dataapi

import (
	"crypto/tls"
	"encoding/json"

	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestConditionalPolls: ten thousand polls of an application that has the data cost one look at most.
func TestConditionalPolls(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0)
	first := f.get("acme")
	first.expect(t, http.StatusOK, "")
	tag := first.header.Get("ETag")
	f.pass(61 * time.Second) // Now one look is due again.
	f.Sim.ResetJournal()
	begun := f.Sim.Now()
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: f.authorities, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 8,
	}}
	var wrong atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1250 {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+pathOf(f.Namespace, "acme"), nil)
				if err != nil {
					wrong.Add(1)
					return
				}
				req.Header.Set("Authorization", "Bearer "+f.token)
				req.Header.Set("If-None-Match", tag)
				res, err := client.Do(req)
				if err != nil || res.StatusCode != http.StatusNotModified {
					wrong.Add(1)
				}
				if err == nil {
					_ = res.Body.Close()
				}
			}
		})
	}
	wg.Wait()
	if n := wrong.Load(); n != 0 {
		t.Errorf("%d polls are not answered by 304", n)
	}
	took := f.Sim.Now().Sub(begun)
	t.Logf("10,000 polls in %s", took)
	if n := f.calls("acme")["Authorize cached"]; n < 1 || n > 1+int(took/time.Minute) {
		t.Errorf("they cost %d looks in %s", n, took)
	}
	if n := f.calls("acme")["GetAccountsDetail"]; n != 0 {
		t.Errorf("they cost %d reads", n)
	}
	other := f.do(request{path: pathOf(f.Namespace, "acme"), query: "transactions=Days90", token: f.token, header: http.Header{"If-None-Match": {tag}}})
	other.expect(t, http.StatusOK, "") // It has other data than that.
	f.CheckCanaries()
}

// TestNewerData: a poll finds data that another program refreshed, a minute after the last look, and
// makes the operator look, too.
func TestNewerData(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0)
	first := f.get("acme")
	tag := first.header.Get("ETag")
	f.getIf("acme", tag).expect(t, http.StatusNotModified, "")
	login, _ := f.Sim.Login(f.logins["acme"])
	f.Sim.SeedLogin(flinkssim.SeedOptions{Username: login.Username, LastRefresh: f.Sim.Now().Add(-time.Minute)})
	var newer answer
	f.await("a poll finds the newer data", 90*time.Second, func() bool {
		newer = f.getIf("acme", tag)
		return newer.status != http.StatusNotModified
	})
	f.expectAccounts(t, newer, "acme", 0)
	f.getIf("acme", newer.header.Get("ETag")).expect(t, http.StatusNotModified, "")
	f.await("the status tells it", 20*time.Second, func() bool {
		return f.Get("acme").Status.LastRefreshTime.UTC().Format(http.TimeFormat) == newer.header.Get("Last-Modified")
	})
	f.getIf("acme", newer.header.Get("ETag")).expect(t, http.StatusNotModified, "")
}

// TestTooManyReads: reads without a condition are limited for each connection.
func TestTooManyReads(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0)
	f.connect("other", 0)
	f.Sim.ResetJournal()
	for range 10 {
		f.get("acme").expect(t, http.StatusOK, "")
	}
	last := f.get("acme")
	last.expect(t, http.StatusTooManyRequests, "TooManyReads")
	if wait := last.header.Get("Retry-After"); wait == "" || len(wait) > 2 {
		t.Errorf("ask again after %q", wait)
	}
	if n := f.calls("acme")["GetAccountsDetail"]; n != 10 {
		t.Errorf("%d reads", n)
	}
	f.get("other").expect(t, http.StatusOK, "")
}

// TestPending: the session of data that Flinks is still collecting is used again, by no matter which
// request.
func TestPending(t *testing.T) {
	f := newFixture(t)
	if err := f.Sim.SetKnobs(func(k *flinkssim.Knobs) { k.ProcessingDuration = 8 * time.Second }); err != nil {
		t.Fatal(err)
	}
	f.connect("acme", 0)
	f.Sim.ResetJournal()
	f.Kubectl("annotate", "bankconn", "acme", "-n", f.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	f.await("Flinks is collecting", 20*time.Second, func() bool { return f.calls("acme")["GetAccountsDetail"] == 1 })
	pending := f.get("acme")
	pending.expect(t, http.StatusAccepted, "Pending")
	if pending.header.Get("Retry-After") != "10" {
		t.Errorf("headers %v", pending.header)
	}
	f.get("acme").expect(t, http.StatusAccepted, "Pending")
	var last answer
	f.await("Flinks has collected", 30*time.Second, func() bool {
		last = f.get("acme")
		return last.status != http.StatusAccepted
	})
	f.expectAccounts(t, last, "acme", 0)
	if n := f.calls("acme")["GetAccountsDetail"]; n != 2 {
		t.Errorf("besides the operator itself, %d sessions ask for data", n-1)
	}
	f.expectAccounts(t, f.get("acme"), "acme", 0)
	if n := f.calls("acme")["GetAccountsDetail"]; n != 3 {
		t.Errorf("a session whose data was read is used again")
	}
}

// TestRestartWhilePending: a restart loses the session, and the next read begins with another one.
func TestRestartWhilePending(t *testing.T) {
	f := newFixture(t)
	if err := f.Sim.SetKnobs(func(k *flinkssim.Knobs) { k.ProcessingDuration = 10 * time.Second }); err != nil {
		t.Fatal(err)
	}
	f.connect("acme", 0)
	f.Sim.ResetJournal()
	f.Kubectl("annotate", "bankconn", "acme", "-n", f.Namespace, "connect.flinks-operator.dev/refresh-requested-at=1")
	f.await("Flinks is collecting", 20*time.Second, func() bool { return f.calls("acme")["GetAccountsDetail"] == 1 })
	f.get("acme").expect(t, http.StatusAccepted, "Pending")
	f.stop()
	f.url, f.authorities, f.stop = f.StartServingData(patience)
	var last answer
	f.await("Flinks has collected", time.Minute, func() bool {
		last = f.get("acme")
		return last.status == http.StatusOK
	})
	f.expectAccounts(t, last, "acme", 0)
}

// TestPersonWanted: nothing was ever read of the login, and the customer has to act.
func TestPersonWanted(t *testing.T) {
	f := newFixture(t)
	f.AddGateway("https://connect.example.com")
	f.Apply(f.Connection("acme", "  reconnect: {link: {type: Gateway}}\n"))
	id := f.Sim.SeedLogin(flinkssim.SeedOptions{Username: "greatday+never", NeverRefreshed: true, LastCode: "INVALID_PASSWORD"})
	f.Guard(id)
	f.Create(cluster.LoginSecret(f.Namespace, "never", id))
	f.Apply(f.Connection("never", ""))
	f.Sim.ResetJournal()
	f.await("the customer is wanted", 20*time.Second, func() bool {
		r := f.Get("never").Status.Reconnect
		return r != nil && r.Reason == "CredentialsRejected"
	})
	calls := len(f.Sim.Journal())
	never := f.get("never")
	never.expect(t, http.StatusConflict, "UserActionRequired")
	if p := never.problem(t); p.Cause != "CredentialsRejected" {
		t.Errorf("problem %+v", p)
	}
	if len(f.Sim.Journal()) != calls {
		t.Error("it costs a call")
	}
	f.get("acme").expect(t, http.StatusConflict, "NotBound") // Without the link API there are no links.
}

// TestDuplicateOwner: data belongs to the connection that owns the login.
func TestDuplicateOwner(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0)
	bound := f.Get("acme").Status.Binding.BoundTime
	// Of two that are bound in the same second, the UID may decide.
	f.await("a second goes by", 5*time.Second, func() bool { return f.Sim.Now().Sub(bound.Time) > time.Second })
	f.Create(cluster.LoginSecret(f.Namespace, "second", f.logins["acme"]))
	f.ids["second"] = f.ids["acme"]
	f.Apply(f.Connection("second", f.selection("second", 2)))
	f.await("the second one is a duplicate", 20*time.Second, func() bool {
		for _, c := range f.Get("second").Status.Conditions {
			if c.Reason == "DuplicateLogin" {
				return true
			}
		}
		return false
	})
	f.Sim.ResetJournal()
	f.get("second").expect(t, http.StatusConflict, "DuplicateLogin")
	if n := len(f.Sim.Journal()); n != 0 {
		t.Errorf("it costs %d calls", n)
	}
	f.expectAccounts(t, f.get("acme"), "acme", 0)
}

// TestInstanceUnavailable: of an instance that is suspended, or throttled, nothing is read.
func TestInstanceUnavailable(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0)
	f.fault("acme", flinkssim.Fault{Endpoint: "Authorize", FlinksCode: "TOO_MANY_REQUESTS"})
	throttled := f.get("acme")
	throttled.expect(t, http.StatusServiceUnavailable, "InstanceUnavailable")
	if p := throttled.problem(t); p.Cause != "Throttled" || throttled.header.Get("Retry-After") == "" {
		t.Errorf("problem %+v, %v", p, throttled.header)
	}
	f.Sim.ResetJournal()
	f.get("acme").expect(t, http.StatusServiceUnavailable, "InstanceUnavailable")
	if n := f.calls("acme")["Authorize cached"]; n != 0 {
		t.Errorf("Flinks is called %d times during its pause", n)
	}
	f.Kubectl("patch", "clusterflinksinstance", f.InstanceName(), "--type=merge", "-p", `{"spec":{"suspend":true}}`)
	f.await("the instance is suspended", 10*time.Second, func() bool {
		return f.get("acme").problem(t).Cause == "InstanceSuspended"
	})
}

// TestRecords: who read what, and how much.
func TestRecords(t *testing.T) {
	f := newFixture(t)
	f.connect("acme", 0, 2)
	f.get("acme").expect(t, http.StatusOK, "")
	f.dataFault("acme", f.data("acme", large(f.ids["acme"][0])+",}", ""))
	isCutOff(t, f, "acme", f.get("acme"))
	var got []audit.Record
	for line := range strings.Lines(cluster.Records.String()) {
		var r audit.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Action == audit.DataRead && r.Object.UID == string(f.Get("acme").UID) {
			got = append(got, r)
		}
	}
	who := "system:serviceaccount:" + f.Namespace + ":application"
	if len(got) != 2 || *got[0].Reading != (audit.Reading{Caller: who, Accounts: 2}) || got[0].Reason != "" ||
		*got[1].Reading != (audit.Reading{Caller: who, Accounts: 1}) || got[1].Reason != "Interrupted" {
		t.Errorf("records %+v", got)
	}
	for _, want := range []string{"flinks_operator_data_api_reads_total", `value:"Interrupted"`, "flinks_operator_data_api_certificate_expiry"} {
		if !strings.Contains(cluster.Gathered(t), want) {
			t.Errorf("%s is not in the metrics", want)
		}
	}
	f.CheckCanaries()
}

// TestOffByDefault: without the flag there is no data API, and no Secret for it.
func TestOffByDefault(t *testing.T) {
	if address := manager.Default().DataAPIAddress; address != "0" {
		t.Errorf("it listens at %s", address)
	}
	if patience := manager.Default().DataPatience; patience != 30*time.Second {
		t.Errorf("a read waits for %s", patience)
	}
}
