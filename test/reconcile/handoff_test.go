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
	if h.secret(sessionSecret) != nil {
		t.Fatal("a session without a refresh")
	}
	h.sim.ResetJournal()
	h.request("acme", "1")
	h.run(2 * time.Minute)
	c := h.get("acme")
	s := h.secret(sessionSecret)
	if s == nil || !metav1.IsControlledBy(s, c) || len(s.Data) != 3 || string(s.Data["institution"]) != "FlinksCapital" {
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
	h.run(time.Minute)
	h.request("acme", "1")
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
	h.run(time.Minute)
	h.request("acme", "1")
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
