package reconcile

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestRefreshThatGoesOnInTheBackground: a 202 is followed, in the session that it names,
// to what the bank said in the end.
func TestRefreshThatGoesOnInTheBackground(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user   string
		within time.Duration
		result v1alpha1.RequestResult
		want   []string
	}{
		"data come":             {"greatday_nomfa", time.Minute, v1alpha1.RequestSucceeded, []string{"Ready=True Refreshed", noActionRequired}},
		"the bank asks":         {"Greatday", time.Hour, v1alpha1.RequestUserActionRequired, []string{"UserActionRequired=True QuestionUnanswered"}},
		"the bank is not there": {"test_service_unavailable", time.Hour, v1alpha1.RequestFailed, []string{"Ready=True Refreshed", noActionRequired}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.seed(tt.user)
			h.connect("acme", login)
			h.run(time.Minute)
			h.sim.ResetJournal()
			h.fault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Dispatch: true})
			h.request("acme", "1")
			h.run(time.Second)
			if got := h.get("acme").Status; got.Refresh.State != v1alpha1.RefreshDispatched || got.LastHandledRequest.Result != v1alpha1.RequestInProgress {
				t.Errorf("the session is %s, the request %s", got.Refresh.State, got.LastHandledRequest.Result)
			}
			h.run(tt.within)
			if got := h.get("acme").Status; got.LastHandledRequest.Result != tt.result {
				t.Errorf("the request is %s, of a session that %+v", got.LastHandledRequest.Result, got.Refresh)
			}
			h.expect("acme", tt.want...)
			if h.calls()["GetAccountsDetailAsync"] == 0 || h.calls()["GetAccountsDetail"] != 0 || h.calls()["Authorize live"] != 1 {
				t.Errorf("calls: %v", h.calls())
			}
			h.assertOneSession()
		})
	}
}

// TestRestartWhileARefreshGoesOnInTheBackground: the RequestId is lost, the data is not.
func TestRestartWhileARefreshGoesOnInTheBackground(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.fault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Dispatch: true})
	h.request("acme", "1")
	h.run(time.Second)
	h.boot(nil)
	h.poke("acme")
	h.run(time.Minute)
	if got := h.get("acme").Status.LastHandledRequest.Result; got != v1alpha1.RequestSucceeded {
		t.Errorf("the request is %s", got)
	}
	h.assertOneSession()
}
