package reconcile

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestBadLiveAnswers: whatever a live call is answered, there is no other before a
// session that may be open must have ended, and an observe comes first.
func TestBadLiveAnswers(t *testing.T) {
	t.Parallel()
	live := func(f flinkssim.Fault) flinkssim.Fault {
		f.Endpoint, f.Mode = "Authorize", "live"
		return f
	}
	// What is known at once is waited out all the same if Flinks broke down.
	known := live(flinkssim.Fault{FlinksCode: "AGGREGATION_ERROR", AsOutcome: true})
	tests := map[string]struct {
		fault flinkssim.Fault
		state v1alpha1.RefreshState
	}{
		"HTML 502":               {live(flinkssim.Fault{Status: 502, BodyKind: flinkssim.BodyHTML, Commit: true}), v1alpha1.RefreshUnknown},
		"500 with a code":        {live(flinkssim.Fault{Status: 500, FlinksCode: "AGGREGATION_ERROR"}), v1alpha1.RefreshUnknown},
		"500 in the session":     {known, v1alpha1.RefreshFailed},
		"gone to the background": {live(flinkssim.Fault{Dispatch: true}), v1alpha1.RefreshDispatched},
		"bank switched off":      {live(flinkssim.Fault{FlinksCode: "DISABLED_INSTITUTION", AsOutcome: true}), v1alpha1.RefreshFailed},
		"HTML":                   {live(flinkssim.Fault{BodyKind: flinkssim.BodyHTML, Commit: true}), v1alpha1.RefreshUnknown},
		"truncated":              {live(flinkssim.Fault{BodyKind: flinkssim.BodyTruncated}), v1alpha1.RefreshUnknown},
		"endless":                {live(flinkssim.Fault{BodyKind: flinkssim.BodyEndless, Commit: true}), v1alpha1.RefreshUnknown},
		"redirect":               {live(flinkssim.Fault{Redirect: "http://127.0.0.1:1/", Commit: true}), v1alpha1.RefreshUnknown},
		"dropped before":         {live(flinkssim.Fault{Drop: flinkssim.DropBeforeCommit}), v1alpha1.RefreshUnknown},
		"dropped after":          {live(flinkssim.Fault{Drop: flinkssim.DropAfterCommit}), v1alpha1.RefreshUnknown},
		"another has it open":    {live(flinkssim.Fault{FlinksCode: "CONCURRENT_SESSION"}), v1alpha1.RefreshUnknown},
		"unknown FlinksCode":     {live(flinkssim.Fault{FlinksCode: "BRAND_NEW_CODE"}), v1alpha1.RefreshFailed},
		"throttled":              {live(flinkssim.Fault{FlinksCode: "TOO_MANY_REQUESTS"}), v1alpha1.RefreshFailed},
		"no token to be had":     {flinkssim.Fault{Endpoint: "GenerateAuthorizeToken", Status: 503, Skip: 1}, v1alpha1.RefreshFailed},
		"the bank is away":       {live(flinkssim.Fault{FlinksCode: "RETRY_LATER", AsOutcome: true}), v1alpha1.RefreshFailed},
		"credentials rejected":   {live(flinkssim.Fault{FlinksCode: "INVALID_PASSWORD", AsOutcome: true}), v1alpha1.RefreshFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.connect("acme", h.seed("greatday_nomfa"), scheduled(24*time.Hour))
			h.run(time.Minute)
			h.fault(tt.fault)
			h.runUntil(3*24*time.Hour, func() bool {
				r := h.get("acme").Status.Refresh
				return r != nil && r.Attempt == 1 && r.State != v1alpha1.RefreshClaimed
			})
			first := h.clock.Now()
			if got := h.get("acme").Status.Refresh.State; got != tt.state {
				t.Fatalf("state is %s, want %s", got, tt.state)
			}
			h.sim.ClearFaults()
			h.run(72 * time.Hour)
			hold := time.Duration(0)
			if tt.state == v1alpha1.RefreshUnknown {
				hold = 9 * time.Minute
			}
			h.assertObservedFirst(first, hold)
			if next := h.liveAttempts(); tt.fault == known && next[1].Sub(first) < 13*time.Minute {
				t.Errorf("a live call %v after one that Flinks broke down over", next[1].Sub(first))
			}
			h.assertOneSession()
			if name == "credentials rejected" {
				h.expect("acme", "Ready=True UserActionRequired", "UserActionRequired=True CredentialsRejected")
				return
			}
			h.expect("acme", "Ready=True Refreshed", noActionRequired)
		})
	}
}

// assertObservedFirst asserts that after a live call that came out at a time, no
// other followed within the hold, nor ahead of an observe if there was a hold.
func (h *harness) assertObservedFirst(first time.Time, hold time.Duration) {
	h.t.Helper()
	observed := hold == 0
	for _, e := range h.sim.Journal() {
		if !e.Time.After(first) {
			continue
		}
		observed = observed || (e.Mode == "cached" && e.Time.Sub(first) >= hold)
		if e.Mode == "live" {
			if e.Time.Sub(first) < hold || !observed {
				h.t.Errorf("a live call %v after the first, observed before: %v", e.Time.Sub(first), observed)
			}
			return
		}
	}
}
