package reconcile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// newData is a way in which data becomes new.
type newData struct {
	// arrange makes a connection, and returns what makes its data new.
	arrange func(h *harness, change ...func(*v1alpha1.BankConnection)) (bring func())
	// request is the answer to a request that is open before; empty if there is none.
	request v1alpha1.RequestResult
	// live is how many live sessions the operator opens for it.
	live int
}

// waysOfNewData are all of them.
var waysOfNewData = map[string]newData{
	"a live refresh":             {arrange: ofRefresh, live: 1},
	"a first link":               {arrange: ofFirstLink},
	"a relink":                   {arrange: ofRelink, request: v1alpha1.RequestUserActionRequired},
	"a night":                    {arrange: ofNight},
	"another program's refresh":  {arrange: ofAnotherProgram},
	"an import":                  {arrange: ofImport},
	"an import, with a question": {arrange: ofAnswer, request: v1alpha1.RequestUserActionRequired},
}

func ofRefresh(h *harness, change ...func(*v1alpha1.BankConnection)) func() {
	h.connect("acme", h.seed("greatday_nomfa"), change...)
	h.run(10 * time.Minute)
	return func() { h.request("acme", "1") }
}

func ofFirstLink(h *harness, change ...func(*v1alpha1.BankConnection)) func() {
	v := h.awaitLogin(change...)
	return func() { v.awaitSecret(v.links("greatday_nomfa")); h.sim.ResetJournal() }
}

func ofRelink(h *harness, change ...func(*v1alpha1.BankConnection)) func() {
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, append(change, byGateway)...)
	h.run(10 * time.Minute)
	h.sim.SetBankPassword("greatday_nomfa", "Otherday")
	h.request("acme", "1")
	h.run(time.Minute)
	h.expect("acme", "UserActionRequired=True CredentialsRejected")
	v := h.openLink()
	return func() {
		linked, err := (&flinkssim.Person{Username: "greatday_nomfa", Password: "Otherday"}).Link(h.ctx(), v.frames().String())
		if err != nil || linked.LoginID != login {
			h.t.Fatalf("the same login: %v, %v", linked.LoginID == login, err)
		}
		v.finishes(login, linkapi.StateWorking)
	}
}

func ofNight(h *harness, change ...func(*v1alpha1.BankConnection)) func() {
	h.nightsWork(true)
	h.connect("acme", h.seed("greatday_nomfa"), append(change, nightly)...)
	h.run(10 * time.Minute)
	return func() { h.nights(1); h.sim.ResetJournal() }
}

func ofAnotherProgram(h *harness, change ...func(*v1alpha1.BankConnection)) func() {
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, change...)
	h.run(10 * time.Minute)
	return func() {
		h.authorize(h.sim.MintAuthorizeToken(), map[string]any{"LoginId": login, "MostRecentCached": false})
		h.sim.ResetJournal()
	}
}

func ofImport(h *harness, change ...func(*v1alpha1.BankConnection)) func() {
	login := h.seed("greatday_nomfa")
	return func() { h.connect("acme", login, change...) }
}

func ofAnswer(h *harness, change ...func(*v1alpha1.BankConnection)) func() {
	h.connect("acme", h.seed("Greatday"), append(change, func(c *v1alpha1.BankConnection) {
		c.Spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkDirect}}
	})...)
	h.run(10 * time.Minute)
	h.request("acme", "1")
	h.run(time.Second)
	return func() { h.answer(h.get("acme").Status.Reconnect.Link.URL) }
}

// TestNewDataIsCollectedOnce: in whatever way data becomes new, the connection collects it once, knows
// its accounts, answers the open request and hands a session off.
func TestNewDataIsCollectedOnce(t *testing.T) {
	t.Parallel()
	for name, way := range waysOfNewData {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			bring := way.arrange(h, handOff)
			if got := h.requestResult(); got != way.request {
				t.Fatalf("the request is %q", got)
			}
			h.sim.ResetJournal()
			bring()
			before := h.clock.Now()
			if !h.runUntil(30*time.Hour, func() bool { return h.handedOffSince(before) }) {
				t.Fatalf("status: %+v", h.get("acme").Status)
			}
			h.assertCollectedOnce(way.live)
			c := h.get("acme")
			if got := h.requestResult(); got != "" && got != v1alpha1.RequestSucceeded {
				t.Errorf("the request is %q", got)
			}
			if len(c.Status.Accounts) == 0 || !c.Status.Session.DataTime.Equal(c.Status.LastRefreshTime) {
				t.Errorf("accounts: %+v, session: %+v, data of %v", c.Status.Accounts, c.Status.Session, c.Status.LastRefreshTime)
			}
			h.assertHandedOff(c)
			h.boot(nil)
			h.poke("acme")
			h.run(26 * time.Hour)
			h.assertCollectedOnce(way.live)
		})
	}
}

func (h *harness) handedOffSince(t time.Time) bool {
	session := h.get("acme").Status.Session
	return session != nil && session.ExpirationTime != nil && session.IssueTime.After(t.Add(-time.Second))
}

func (h *harness) requestResult() v1alpha1.RequestResult {
	if h.gone("acme") {
		return ""
	}
	if r := h.get("acme").Status.LastHandledRequest; r != nil {
		return r.Result
	}
	return ""
}

// assertCollectedOnce counts what the operator got of Flinks for the data. An application reads it too,
// with the session that it was given.
func (h *harness) assertCollectedOnce(live int) {
	h.t.Helper()
	given := string(h.secret(sessionSecret).Data["requestId"])
	collected := 0
	for _, e := range h.sim.Journal() {
		if strings.HasPrefix(e.Endpoint, "GetAccountsDetail") && e.Status == http.StatusOK && e.RequestID != given {
			collected++
		}
	}
	if calls := h.calls(); collected != 1 || calls["Authorize live"] != live {
		h.t.Errorf("%d collects; calls: %v", collected, calls)
	}
}

// TestImportOfAFleet: the accounts of all logins are known, although the observes of the fleet take
// longer than a session lasts, and no login is asked for twice.
func TestImportOfAFleet(t *testing.T) {
	t.Parallel()
	h := newNarrowHarness(t)
	names := h.crowd(260)
	h.sim.ResetJournal()
	h.run(time.Hour)
	for _, name := range names {
		c := &v1alpha1.BankConnection{}
		if err := h.live.Get(h.ctx(), h.key(name), c); err != nil || len(c.Status.Accounts) == 0 {
			t.Fatalf("%s: %v, %+v", name, err, c.Status.Refresh)
		}
	}
	if calls := h.calls(); calls["Authorize cached"] != len(names) || calls["GetAccountsDetail"] != len(names) {
		t.Errorf("calls: %v", calls)
	}
}
