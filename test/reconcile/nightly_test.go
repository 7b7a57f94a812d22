package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

func nightly(c *v1alpha1.BankConnection) {
	c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshNightly}
}

// nights lets days pass, each with a run of Flinks' nightly refresh.
func (h *harness) nights(days int) {
	h.t.Helper()
	for range days {
		h.run(day)
		h.sim.RunNightly()
	}
}

// switches returns the flags that /SetScheduledRefresh was called with to some effect.
func (h *harness) switches() int { return h.calls()["SetScheduledRefresh"] }

func (h *harness) isScheduled(loginID string) bool {
	h.t.Helper()
	state, ok := h.sim.Login(loginID)
	if !ok {
		h.t.Fatal("the login is not known")
	}
	return state.Scheduled
}

func (h *harness) setScheduled(loginID string, active bool) {
	h.t.Helper()
	if err := h.sim.SetScheduled(loginID, active); err != nil {
		h.t.Fatal(err)
	}
}

// TestNightlyIsSwitchedOn, and only said to be on when Flinks says so.
func TestNightlyIsSwitchedOn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, nightly)
	h.run(10 * time.Second)
	if n := h.get("acme").Status.Nightly; n == nil || n.Enabled || n.CorrectionTime == nil || !h.isScheduled(login) {
		t.Errorf("before it is read back: %+v", n)
	}
	h.run(2 * time.Minute)
	n := h.get("acme").Status.Nightly
	if n == nil || !n.Enabled || n.EligibilityExpiryTime.Sub(h.clock.Now()) < 6*day {
		t.Errorf("nightly: %+v", n)
	}
	if events := h.drainEvents(); strings.Count(events, v1alpha1.ReasonNightlyCorrected) != 1 {
		t.Errorf("events: %s", events)
	}
}

// TestSwitchForAnObjectThatIsOld: the policy is left between the decision to switch nightly
// refresh on and the call. That call is not made, only the one that switches it off.
func TestSwitchForAnObjectThatIsOld(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, nightly)
	h.effects.beforeRead = func() {
		if c := h.get("acme"); c.Status.Nightly != nil {
			h.effects.beforeRead = nil
			h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy = nil })
		}
	}
	h.run(time.Hour)
	if n := h.switches(); n != 1 || h.isScheduled(login) {
		t.Errorf("%d switches; on: %v", n, h.isScheduled(login))
	}
}

// TestNightlyRefreshIsLeftToFlinks: data come every night, and no bank is contacted
// by the operator.
func TestNightlyRefreshIsLeftToFlinks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.nightsWork(true)
	h.connect("acme", h.seed("greatday_nomfa"), nightly)
	h.run(5 * time.Minute)
	h.sim.ResetJournal()
	for range 20 {
		h.nights(1)
		if age := h.clock.Since(h.get("acme").Status.LastRefreshTime.Time); age > 52*time.Hour {
			t.Fatalf("the data is %v old", age)
		}
	}
	h.expect("acme", "Ready=True Refreshed", noActionRequired, "NightlyUnavailable=")
	c := h.get("acme")
	if c.Status.NextRefreshTime != nil || c.Status.Refresh.Attempt != 0 || len(c.Status.Accounts) == 0 {
		t.Errorf("status: %+v", c.Status)
	}
	calls := h.calls()
	if calls["Authorize live"] != 0 || calls["GetAccountsDetail"] > 20 || calls["SetScheduledRefresh"] != 0 || calls["Authorize cached"] > 21 {
		t.Errorf("calls in 20 days: %v", calls)
	}
	if calls["Nightly live"] < 19 {
		t.Errorf("Flinks left the login out: %v", calls)
	}
}

// TestNightlyIsEligibleWhateverTheInterval: the longest one that the API takes.
func TestNightlyIsEligibleWhateverTheInterval(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.nightsWork(true)
	h.connect("acme", h.seed("greatday_nomfa"), nightly, func(c *v1alpha1.BankConnection) {
		c.Spec.RefreshPolicy.ObserveInterval = duration(144 * time.Hour)
	})
	h.run(5 * time.Minute)
	h.sim.ResetJournal()
	h.nights(30)
	if calls := h.calls(); calls["Nightly live"] != 30 || calls["Authorize live"] != 0 {
		t.Errorf("calls: %v", calls)
	}
}

// TestNightlyDriftIsCorrectedOnceADay: a human who switches it off each hour is not
// fought, and sees it switched on again.
func TestNightlyDriftIsCorrectedOnceADay(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, nightly, func(c *v1alpha1.BankConnection) {
		c.Spec.RefreshPolicy.ObserveInterval = duration(5 * time.Minute)
	})
	h.run(10 * time.Minute)
	h.sim.ResetJournal()
	for range 48 {
		h.setScheduled(login, false)
		h.run(time.Hour)
	}
	if n := h.switches(); n != 2 && n != 1 {
		t.Errorf("switched on %d times in two days", n)
	}
	h.run(day)
	if !h.isScheduled(login) || !h.get("acme").Status.Nightly.Enabled {
		t.Error("the drift was not corrected")
	}
}

// TestSuspendSwitchesNightlyOff with one call, and nothing after that.
func TestSuspendSwitchesNightlyOff(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, nightly)
	h.run(5 * time.Minute)
	h.sim.ResetJournal()
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
	h.run(30 * day)
	h.boot(nil)
	h.poke("acme")
	h.run(day)
	if diff := cmp.Diff(map[string]int{"SetScheduledRefresh": 1}, h.calls()); diff != "" {
		t.Errorf("calls while suspended (-want +got):\n%s", diff)
	}
	if h.isScheduled(login) || h.get("acme").Status.Nightly != nil {
		t.Errorf("flag %v, nightly %+v", h.isScheduled(login), h.get("acme").Status.Nightly)
	}
	h.expect("acme", "Suspended=True Suspended")

	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false })
	h.run(5 * time.Minute)
	if !h.isScheduled(login) || h.switches() != 2 || !h.get("acme").Status.Nightly.Enabled {
		t.Errorf("resumed: flag %v, %d switches", h.isScheduled(login), h.switches())
	}
}

// TestSuspendedWhileFlinksFails: the one call is repeated with patience, and not for
// ever where it is in vain.
func TestSuspendedWhileFlinksFails(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault       flinkssim.Fault
		least, most int // calls in a day
	}{
		"down":        {flinkssim.Fault{Status: 502, BodyKind: flinkssim.BodyHTML}, 10, 14},
		"throttled":   {flinkssim.Fault{FlinksCode: "TOO_MANY_REQUESTS", RetryAfter: 6 * time.Hour}, 4, 5},
		"not offered": {flinkssim.Fault{FlinksCode: "METHOD_NOT_AVAILABLE"}, 1, 1},
		"gone":        {flinkssim.Fault{Status: 400, Body: `"Invalid LoginId"`}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			login := h.seed("greatday_nomfa")
			h.connect("acme", login, nightly)
			h.run(5 * time.Minute)
			h.sim.ResetJournal()
			row.fault.Endpoint, row.fault.Times = "SetScheduledRefresh", -1
			h.fault(row.fault)
			h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
			h.run(day)
			if n := h.switches(); n < row.least || n > row.most || len(h.calls()) != 1 {
				t.Errorf("calls in a day: %v", h.calls())
			}
			h.expect("acme", "Ready=True Refreshed", "Stalled=", "Suspended=True Suspended")
			h.sim.ClearFaults()
			h.run(7 * time.Hour)
			if h.get("acme").Status.Nightly != nil || h.isScheduled(login) != (row.most == 1) {
				t.Errorf("flag %v, nightly %+v", h.isScheduled(login), h.get("acme").Status.Nightly)
			}
		})
	}
}

// TestPolicyThatLeavesNightly switches it off, and touches no flag of another login.
func TestPolicyThatLeavesNightly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login, others := h.seed("greatday_nomfa"), h.seed("sim_multichoice")
	h.setScheduled(others, true)
	h.connect("acme", login, nightly)
	h.connect("other", others)
	h.run(5 * time.Minute)
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy.Type = v1alpha1.RefreshManual })
	h.run(3 * day)
	if h.isScheduled(login) || h.get("acme").Status.Nightly != nil || h.switches() != 2 {
		t.Errorf("flag %v, %d switches", h.isScheduled(login), h.switches())
	}
	if !h.isScheduled(others) || h.get("other").Status.Nightly != nil {
		t.Errorf("another's flag %v", h.isScheduled(others))
	}
	h.setScheduled(login, true)
	h.run(3 * day)
	if !h.isScheduled(login) {
		t.Error("a flag was switched off under Manual")
	}
}

// TestNightlyNotOffered: the connection is well, and the instance is asked again
// once a day.
func TestNightlyNotOffered(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.fault(flinkssim.Fault{Endpoint: "SetScheduledRefresh", FlinksCode: "METHOD_NOT_AVAILABLE", Times: -1})
	h.connect("acme", login, nightly)
	h.run(5 * time.Minute)
	h.expect("acme", "Ready=True Refreshed", "Stalled=", "NightlyUnavailable=True MethodNotAvailable")
	h.run(5 * day)
	if n := h.switches(); n < 4 || n > 6 {
		t.Errorf("%d calls in 5 days", n)
	}
	h.expect("acme", noActionRequired, "NightlyUnavailable=True MethodNotAvailable")
	if events := h.drainEvents(); strings.Count(events, v1alpha1.ReasonMethodNotAvailable) != 1 {
		t.Errorf("events: %s", events)
	}
	h.sim.ClearFaults()
	h.run(2 * day)
	h.expect("acme", "NightlyUnavailable=")
	if !h.isScheduled(login) {
		t.Error("not switched on when it was offered")
	}
}

// TestNightlyRefreshMeetsAQuestion: the nights end there, the data go stale, and the
// person comes back.
func TestNightlyRefreshMeetsAQuestion(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.nightsWork(true)
	login := h.seed("Greatday")
	h.connect("acme", login, nightly)
	h.run(5 * time.Minute)
	h.run(23 * time.Hour) // The next observe comes after that.
	h.sim.RunNightly()
	h.run(6 * time.Hour)
	h.expect("acme", "Ready=True UserActionRequired", "UserActionRequired=True QuestionUnanswered")
	h.nights(3)
	h.expect("acme", "Ready=False UserActionRequired", "UserActionRequired=True QuestionUnanswered")
	if n := h.calls()["Authorize live"]; n != 0 {
		t.Errorf("%d live calls", n)
	}
	h.reconnects("acme")
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	if !h.isScheduled(login) {
		t.Error("nightly refresh is off")
	}
}

// reconnects lets the person ask for a refresh and answer the bank.
func (h *harness) reconnects(name string) {
	h.t.Helper()
	h.request(name, "the person is here")
	h.run(time.Second)
	link := h.get(name).Status.Reconnect
	if link == nil || link.Link.URL == "" {
		h.t.Fatalf("reconnect: %+v", link)
	}
	if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(h.ctx(), link.Link.URL); err != nil {
		h.t.Fatalf("answering in Connect: %v", err)
	}
	h.run(5 * time.Minute)
}

// TestNightlyRefreshThatBringsNothing: Flinks says that all is well, and the data go
// stale. The person is wanted, once, and nothing starts by itself.
func TestNightlyRefreshThatBringsNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("Greatday")
	h.connect("acme", login, nightly)
	h.run(5 * time.Minute)
	h.nights(1)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	h.nights(3)
	h.expect("acme", "Ready=False UserActionRequired", "UserActionRequired=True NightlyRefreshFailed", "DataFresh=False DataStale")
	h.nights(10)
	if calls := h.calls(); calls["Authorize live"] != 0 {
		t.Errorf("calls: %v", calls)
	}
	if events := h.drainEvents(); strings.Count(events, v1alpha1.ReasonNightlyRefreshFailed) != 1 {
		t.Errorf("events: %s", events)
	}
	h.reconnects("acme")
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	if n := h.calls()["Authorize live"]; n != 1 {
		t.Errorf("%d live calls", n)
	}
}

// TestFlinksDownIsNoNightlyFailure: nothing is known, so no person is needed.
func TestFlinksDownIsNoNightlyFailure(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.nightsWork(true)
	h.connect("acme", h.seed("greatday_nomfa"), nightly)
	h.run(5 * time.Minute)
	h.fault(flinkssim.Fault{Endpoint: "Authorize", Status: 502, BodyKind: flinkssim.BodyHTML, Times: -1})
	for range 10 {
		h.nights(1)
		h.expect("acme", noActionRequired)
	}
	h.expect("acme", "Ready=False DataStale")
	h.sim.ClearFaults()
	h.run(2 * time.Hour)
	h.expect("acme", "Ready=False DataStale", noActionRequired)
	h.sim.RunNightly()
	h.run(27 * time.Hour)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
}

func duration(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }
