package reconcile

import (
	"context"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// async opens AuthorizeAsync for the instance, and lets it say so.
func (h *harness) async() {
	h.t.Helper()
	h.knobs(func(k *flinkssim.Knobs) { k.AuthorizeAsync = true })
	h.edited(saysAsync)
}

func saysAsync(i *v1alpha1.ClusterFlinksInstance) { i.Spec.AuthorizeAsync = v1alpha1.AsyncSupported }

// TestAuthorizeAsync: a live session that is begun with AuthorizeAsync ends as one of Authorize would, by one
// call that is not repeated and polls that are.
func TestAuthorizeAsync(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user   string
		result v1alpha1.RequestResult
		want   []string
	}{
		"data comes":               {"greatday_nomfa", v1alpha1.RequestSucceeded, []string{"Ready=True Refreshed", noActionRequired}},
		"the bank asks":            {"Greatday", v1alpha1.RequestUserActionRequired, []string{"UserActionRequired=True MFARequired"}},
		"the bank is away":         {"test_service_unavailable", v1alpha1.RequestFailed, []string{"Ready=True Refreshed", noActionRequired}},
		"the login is locked":      {"test_disabled_account", v1alpha1.RequestUserActionRequired, []string{"UserActionRequired=True LoginLocked"}},
		"Flinks fails":             {"sim_aggregation_error", v1alpha1.RequestFailed, []string{noActionRequired}},
		"another session is open":  {"sim_concurrent", v1alpha1.RequestUnknown, []string{noActionRequired}},
		"the bank has no activity": {"sim_empty_tx", v1alpha1.RequestSucceeded, []string{"Ready=True Refreshed", noActionRequired}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.async()
			h.connect("acme", h.seed(tt.user))
			h.run(time.Minute)
			h.sim.ResetJournal()
			h.request("acme", "1")
			h.run(time.Second)
			if got := h.get("acme").Status; got.Refresh.State != v1alpha1.RefreshDispatched || got.LastHandledRequest.Result != v1alpha1.RequestInProgress {
				t.Errorf("the session is %s, the request %s", got.Refresh.State, got.LastHandledRequest.Result)
			}
			h.run(time.Minute)
			if got := h.get("acme").Status; got.LastHandledRequest.Result != tt.result {
				t.Errorf("the request is %s, of a session that %+v", got.LastHandledRequest.Result, got.Refresh)
			}
			h.expect("acme", tt.want...)
			calls := h.calls()
			if calls["AuthorizeAsync live"] != 1 || calls["AuthorizeAsync poll"] != 1 || calls["Authorize live"] != 0 {
				t.Errorf("calls: %v", calls)
			}
			if tt.result != v1alpha1.RequestUnknown { // Another session was open, as far as Flinks says.
				h.assertOneSession()
			}
		})
	}
}

// TestLinksOfAuthorizeAsync lead to the bank's question, whichever way they go.
func TestLinksOfAuthorizeAsync(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*v1alpha1.BankConnection){
		"in the status": func(*v1alpha1.BankConnection) {}, "in a Secret": inSecret, "at the gateway": byGateway,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newGatewayHarness(t)
			h.async()
			login := h.seed("Greatday")
			h.connect("acme", login, change)
			h.run(time.Minute)
			h.request("acme", "1")
			h.run(time.Minute)
			h.expect("acme", "UserActionRequired=True MFARequired")
			if c := h.get("acme"); c.Status.Reconnect.Link.Type == v1alpha1.LinkGateway {
				h.answer(h.resume())
			} else {
				h.answer(h.link(c))
			}
			h.run(5 * time.Minute)
			h.expect("acme", "Ready=True Refreshed", noActionRequired)
			if got := h.get("acme").Status; got.LastHandledRequest.Result != v1alpha1.RequestSucceeded || len(got.Accounts) == 0 {
				t.Errorf("the request is %s, %d accounts are known", got.LastHandledRequest.Result, len(got.Accounts))
			}
			h.assertOneSession()
		})
	}
}

// TestPollsThatSayNothing are repeated, at the pace that Flinks wants, until one tells the outcome.
func TestPollsThatSayNothing(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]flinkssim.Fault{
		"no answer":           {Drop: flinkssim.DropAfterCommit},
		"nothing arrives":     {Drop: flinkssim.DropBeforeCommit},
		"garbage":             {BodyKind: flinkssim.BodyGarbage},
		"a proxy's page":      {Status: 502},
		"throttled":           {FlinksCode: "TOO_MANY_REQUESTS", RetryAfter: 20 * time.Second},
		"the keys are denied": {FlinksCode: "UNAUTHORIZED"},
		"the answer of a 202": {Status: 202, Body: `{"HttpStatusCode":202}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.async()
			h.connect("acme", h.seed("greatday_nomfa"))
			h.run(time.Minute)
			fault.Endpoint, fault.Mode, fault.Times = "AuthorizeAsync", "poll", 2
			h.fault(fault)
			h.request("acme", "1")
			h.run(10 * time.Minute)
			if got := h.get("acme").Status; got.LastHandledRequest.Result != v1alpha1.RequestSucceeded || got.LastError != nil {
				t.Errorf("the request is %s, the error %+v", got.LastHandledRequest.Result, got.LastError)
			}
			if calls := h.calls(); calls["AuthorizeAsync live"] != 1 || calls["AuthorizeAsync poll"] > 5 {
				t.Errorf("calls: %v", calls)
			}
			h.assertOneSession()
		})
	}
}

// TestRestartDuringAuthorizeAsync: the RequestId is lost, the data is not.
func TestRestartDuringAuthorizeAsync(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user string
		want []string
	}{
		"data comes":    {"greatday_nomfa", []string{"Ready=True Refreshed", noActionRequired}},
		"the bank asks": {"Greatday", []string{"UserActionRequired=True QuestionUnanswered"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.async()
			h.connect("acme", h.seed(tt.user))
			h.run(time.Minute)
			h.request("acme", "1")
			h.run(time.Second)
			h.boot(nil)
			h.poke("acme")
			h.run(time.Hour)
			h.expect("acme", tt.want...)
			h.assertOneSession()
		})
	}
}

// TestEditsDuringAuthorizeAsync: whatever is edited meanwhile, the bank's question gets its link.
func TestEditsDuringAuthorizeAsync(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*harness){
		"the connection": func(h *harness) {
			h.edit("acme", func(c *v1alpha1.BankConnection) {
				c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}
			})
		},
		"the instance": func(h *harness) {
			h.edited(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.AuthorizeAsync = v1alpha1.AsyncUnsupported })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.async()
			h.connect("acme", h.seed("Greatday"))
			h.run(time.Minute)
			h.request("acme", "1")
			h.run(time.Second)
			edit(h)
			h.run(time.Minute)
			h.answer(h.link(h.get("acme")))
			h.run(5 * time.Minute)
			h.expect("acme", "Ready=True Refreshed", noActionRequired)
			h.assertOneSession()
		})
	}
}

// TestLeadershipLostDuringAuthorizeAsync: a process that does not lead any more makes no second call.
func TestLeadershipLostDuringAuthorizeAsync(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.edited(saysAsync)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.sim.ResetJournal()
	h.fault(flinkssim.Fault{Endpoint: "AuthorizeAsync", Latency: 200 * time.Millisecond})
	h.request("acme", "1")
	h.catchUp()
	ctx, resign := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- h.reconcileNow(ctx, "acme") }()
	h.await(func(context.Context) (bool, error) { return h.calls()["AuthorizeAsync live"] == 1, nil })
	resign()
	if err := <-done; err != nil {
		t.Error(err)
	}
	h.connections.Inflight.Wait()
	if calls := h.calls(); calls["Authorize live"] != 0 {
		t.Errorf("calls: %v", calls)
	}
	if got := h.get("acme").Status.Refresh; got.State != v1alpha1.RefreshFailed {
		t.Errorf("the attempt is %s", got.State)
	}
}

// TestWithoutAuthorizeAsync: an instance that says it has what it has not is served by Authorize.
func TestWithoutAuthorizeAsync(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.edited(saysAsync)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.sim.ResetJournal()
	h.request("acme", "1")
	h.run(time.Minute)
	if got := h.get("acme").Status.LastHandledRequest.Result; got != v1alpha1.RequestSucceeded {
		t.Errorf("the request is %s", got)
	}
	if calls := h.calls(); calls["AuthorizeAsync live"] != 1 || calls["Authorize live"] != 1 || calls["GenerateAuthorizeToken"] != 2 {
		t.Errorf("calls: %v", calls)
	}
	h.assertOneSession()
}
