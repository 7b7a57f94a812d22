package reconcile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

func handOff(c *v1alpha1.BankConnection) {
	c.Spec.SessionHandOff = &v1alpha1.SessionHandOff{Destination: v1alpha1.SessionInSecret}
	c.Spec.Accounts = v1alpha1.AccountsAll
}

// reads lets an application read the data with the session that it was handed. It
// returns the status of the answer.
func (h *harness) reads(requestID string) int {
	h.t.Helper()
	keys := h.sim.Credentials()
	path := "/v3/" + keys.CustomerID + "/BankingServices/GetAccountsDetail"
	body := strings.NewReader(`{"RequestId":"` + requestID + `"}`)
	req, err := http.NewRequestWithContext(h.ctx(), http.MethodPost, h.url+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Api-Key", keys.APIKey)
	resp, err := http.DefaultTransport.RoundTrip(req) //nolint:forbidigo // One request to the test's own server.
	if err != nil {
		h.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestSessionHandOff: after each success there is a session of the application's
// own, once.
func TestSessionHandOff(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if err := h.sim.SetKnobs(func(k *flinkssim.Knobs) { k.RequestIDAfterDetails = "ends" }); err != nil {
		t.Fatal(err)
	}
	h.connect("acme", h.seed("greatday_nomfa"), handOff)
	h.run(time.Hour)
	if h.secret(sessionSecret) == nil {
		t.Fatal("no session of the data that was there")
	}
	h.sim.ResetJournal()
	h.request("acme", "1")
	h.run(2 * time.Minute)
	c := h.get("acme")
	s := h.secret(sessionSecret)
	if s == nil || !metav1.IsControlledBy(s, c) || len(s.Data) != 6 || string(s.Data["institution"]) != "FlinksCapital" {
		t.Fatalf("Secret: %v, status: %+v", s != nil, c.Status)
	}
	if got := string(s.Data["expirationTime"]); got != c.Status.Session.ExpirationTime.UTC().Format(time.RFC3339) {
		t.Errorf("it expires at %s, says the status %v", got, c.Status.Session.ExpirationTime)
	}
	if life := c.Status.Session.ExpirationTime.Sub(c.Status.Session.IssueTime.Time); life > 8*time.Minute || life < 7*time.Minute {
		t.Errorf("it lives for %v", life)
	}
	if got := h.calls()["Authorize cached"]; got != 1 {
		t.Errorf("it cost %d observes", got)
	}
	if status := h.reads(string(s.Data["requestId"])); status != http.StatusOK {
		t.Errorf("the application is answered %d", status)
	}

	h.boot(nil)
	h.poke("acme")
	h.run(72 * time.Hour)
	if is := h.secret(sessionSecret); is.ResourceVersion != s.ResourceVersion {
		t.Error("it was written again")
	}
	h.request("acme", "2")
	h.run(2 * time.Minute)
	if is := h.secret(sessionSecret); string(is.Data["requestId"]) == string(s.Data["requestId"]) || is.UID != s.UID {
		t.Error("the next success was not handed out")
	}
}

// TestSessionOfAFrozenProcess: an answer that is read long after it came opens a session that
// has aged, and the Secret says so.
func TestSessionOfAFrozenProcess(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), handOff)
	h.runUntil(5*time.Minute, func() bool { return h.get("acme").Status.Session != nil })
	asked := h.clock.Now()
	h.effects.after = func(effect string) {
		if effect == "call Authorize" {
			h.effects.after = nil
			h.clock.SetTime(h.clock.Now().Add(15 * time.Minute))
		}
	}
	if !h.runUntil(time.Hour, func() bool { return h.secret(sessionSecret) != nil }) {
		t.Fatal("no session was delivered")
	}
	until, err := time.Parse(time.RFC3339, string(h.secret(sessionSecret).Data["expirationTime"]))
	if err != nil || until.After(asked.Add(13*time.Minute)) {
		t.Errorf("it works until %v after the call, says the Secret: %v", until.Sub(asked), err)
	}
}

// TestSessionHandOffTurnedOff takes it back.
func TestSessionHandOffTurnedOff(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), handOff)
	h.run(time.Minute)
	h.request("acme", "1")
	h.run(2 * time.Minute)
	if h.secret(sessionSecret) == nil {
		t.Fatal("there is none")
	}
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.SessionHandOff = nil })
	h.run(time.Second)
	if h.secret(sessionSecret) != nil || h.get("acme").Status.Session != nil {
		t.Error("it is still there")
	}
}

// TestNoHandOffWhileSuspended, but afterwards.
func TestNoHandOffWhileSuspended(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), handOff)
	h.runUntil(5*time.Minute, func() bool { return h.get("acme").Status.Session != nil })
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
	h.run(time.Hour)
	if h.secret(sessionSecret) != nil {
		t.Error("a suspended connection hands out sessions")
	}
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false })
	h.run(time.Minute)
	if h.secret(sessionSecret) == nil {
		t.Error("it was forgotten")
	}
}

// requestSession asks for a session that opens the data that is there.
func (h *harness) requestSession(name, value string) {
	h.t.Helper()
	h.edit(name, func(c *v1alpha1.BankConnection) {
		metav1.SetMetaDataAnnotation(&c.ObjectMeta, v1alpha1.SessionRequestedAtAnnotation, value)
	})
}

// TestSessionRequested: an application gets a session of its own within seconds. No bank is
// contacted for it, not even while the bank wants something of the customer.
func TestSessionRequested(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		username string
		arrange  func(h *harness)
		calls    int
	}{
		"all is well":               {"greatday_nomfa", func(*harness) {}, 1},
		"the customer is asked":     {"Greatday", func(h *harness) { h.request("acme", "1"); h.run(time.Minute) }, 1},
		"the customer did not come": {"Greatday", func(h *harness) { h.request("acme", "1"); h.run(time.Hour) }, 1},
		"the manager is new":        {"greatday_nomfa", func(h *harness) { h.boot(nil) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			if err := h.sim.SetKnobs(func(k *flinkssim.Knobs) { k.RequestIDAfterDetails = "ends" }); err != nil {
				t.Fatal(err)
			}
			h.connect("acme", h.seed(row.username), handOff)
			h.run(time.Hour)
			row.arrange(h)
			h.sim.ResetJournal()
			before := h.get("acme").Status
			h.requestSession("acme", "a")
			h.run(5 * time.Second)
			c := h.get("acme")
			want := v1alpha1.HandledSessionRequest{Value: "a", Result: v1alpha1.SessionRequestSucceeded}
			if got := c.Status.LastHandledSessionRequest; got == nil || *got != want {
				t.Fatalf("lastHandledSessionRequest: %+v", got)
			}
			if calls := h.calls(); calls["Authorize live"] != 0 || calls["Authorize cached"] != row.calls {
				t.Errorf("it cost %v", calls)
			}
			h.assertHandedOff(c)
			if !c.Status.LastRefreshTime.Equal(before.LastRefreshTime) {
				t.Error("it counts as a refresh")
			}
		})
	}
}

// assertHandedOff makes sure that the Secret holds all that an application needs, and that
// its session opens the data.
func (h *harness) assertHandedOff(c *v1alpha1.BankConnection) {
	h.t.Helper()
	s := h.secret(sessionSecret)
	if s == nil {
		h.t.Fatalf("no session is in the Secret: %+v", c.Status.Session)
	}
	var ids []string
	for _, a := range c.Status.Accounts {
		ids = append(ids, a.ID)
	}
	for key, want := range map[string]string{
		"institution": "FlinksCapital", "instance": c.Status.Binding.Instance, "accountIds": strings.Join(ids, ","),
		"dataTime":       c.Status.Session.DataTime.UTC().Format(time.RFC3339),
		"expirationTime": c.Status.Session.ExpirationTime.UTC().Format(time.RFC3339),
	} {
		if got := string(s.Data[key]); got != want {
			h.t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if status := h.reads(string(s.Data["requestId"])); status != http.StatusOK {
		h.t.Errorf("the application is answered %d", status)
	}
}

// TestSessionRequestKilledAnywhere kills the manager at every effect of a request for a
// session. The application has its session in the end, and no live session was opened.
func TestSessionRequestKilledAnywhere(t *testing.T) {
	t.Parallel()
	reference := sessionJob(t, nil)
	t.Logf("%d effects: %v", len(reference), reference)
	for at := 1; at <= len(reference); at++ {
		for _, committed := range []bool{false, true} {
			t.Run(place(at, reference[at-1], committed), func(t *testing.T) {
				t.Parallel()
				sessionJob(t, func(e *effects) { e.killAt, e.committed = at, committed })
			})
		}
	}
}

func sessionJob(t *testing.T, interfere func(*effects)) []string {
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), handOff)
	h.run(time.Hour)
	h.sim.ResetJournal()
	h.boot(interfere)
	first := h.effects
	h.requestSession("acme", "a")
	h.survive(func() bool {
		r := h.get("acme").Status.LastHandledSessionRequest
		return r != nil && r.Result == v1alpha1.SessionRequestSucceeded
	})
	h.assertHandedOff(h.get("acme"))
	if calls := h.calls(); calls["Authorize live"] != 0 || calls["Authorize cached"] > 2 {
		t.Errorf("it cost %v", calls)
	}
	return first.names
}
