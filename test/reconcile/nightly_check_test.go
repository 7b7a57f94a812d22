package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// newBearerHarness returns a namespace with a ready instance that has all keys.
func newBearerHarness(t *testing.T) *harness {
	t.Helper()
	h := newBareHarness(t)
	h.nightsWork(true)
	h.createInstance(func(_ *v1alpha1.ClusterFlinksInstance, s *corev1.Secret) {
		s.Data["bearerToken"] = []byte(h.sim.Credentials().BearerToken)
	})
	h.probe()
	return h
}

func (h *harness) checks() int { return h.calls()["GetNightlyRefreshStatus"] }

// runWithInstance runs like the queue of a manager that also has the instance in it,
// which is looked at when a connection changes, too.
func (h *harness) runWithInstance(d time.Duration) {
	h.t.Helper()
	end := h.clock.Now().Add(d)
	for range 200 {
		if !h.clock.Now().Before(end) {
			return
		}
		wait := h.probe().RequeueAfter
		if wait == 0 || wait > time.Hour {
			wait = time.Hour
		}
		h.run(min(wait, end.Sub(h.clock.Now())))
	}
	h.t.Fatal("hot loop: 200 reconciles of the instance in one run")
}

func (h *harness) nightlyCheckTime() time.Time {
	h.t.Helper()
	i := &v1alpha1.ClusterFlinksInstance{}
	if err := h.live.Get(h.ctx(), types.NamespacedName{Name: h.instance()}, i); err != nil {
		h.t.Fatal(err)
	}
	if i.Status.NightlyCheckTime == nil {
		return time.Time{}
	}
	return i.Status.NightlyCheckTime.Time
}

// TestInstanceIsCheckedOnceADay, for whatever number of connections and however
// often managers take over; a restart costs nothing.
func TestInstanceIsCheckedOnceADay(t *testing.T) {
	t.Parallel()
	h := newBearerHarness(t)
	h.connect("manual", h.seed("sim_multichoice"))
	h.runWithInstance(2 * day)
	if n := h.checks(); n != 0 || !h.nightlyCheckTime().IsZero() {
		t.Errorf("%d checks without a connection that they are for", n)
	}
	h.connect("acme", h.seed("greatday_nomfa"), nightly)
	h.connect("other", h.seed("greatday_nomfa+other"), nightly)
	h.run(5 * time.Minute)
	h.runWithInstance(time.Hour)
	if h.checks() != 1 {
		t.Fatalf("%d checks", h.checks())
	}
	for range 6 {
		h.sim.RunNightly()
		h.run(25 * time.Hour) // A check is due by now, and not worth reading a Secret for.
		h.boot(nil)
		h.probe()
		if len(h.effects.names)+len(h.effects.reads) != 0 {
			t.Errorf("a restart costs %v, %v", h.effects.names, h.effects.reads)
		}
		h.sim.RunNightly()
		for range 4 {
			h.runWithInstance(6 * time.Hour)
			h.boot(nil)
		}
	}
	if n := h.checks(); n < 6 || n > 12 {
		t.Errorf("%d checks in twelve days", n)
	}
}

// TestCheckFindsFailures: a connection that Flinks leaves out is observed at once,
// and only that one.
func TestCheckFindsFailures(t *testing.T) {
	t.Parallel()
	h := newBearerHarness(t)
	failing, fine := h.seed("greatday_nomfa"), h.seed("sim_multichoice")
	h.seed("greatday_nomfa+unknown") // of another system
	for _, login := range []string{failing, fine} {
		h.setScheduled(login, true)
	}
	rare := func(c *v1alpha1.BankConnection) { c.Spec.RefreshPolicy.ObserveInterval = duration(144 * time.Hour) }
	h.connect("failing", failing, nightly, rare)
	h.connect("fine", fine, nightly, rare)
	h.runWithInstance(2 * time.Hour)
	if h.checks() != 1 {
		t.Fatalf("%d checks", h.checks())
	}
	// The bank asks a question at night, which is not answered.
	h.sim.SeedLogin(flinkssim.SeedOptions{Username: "greatday_nomfa", Scheduled: true, LastCode: "QUESTION_NOT_FOUND", LastRefresh: h.clock.Now().Add(-day)})
	h.sim.SeedLogin(flinkssim.SeedOptions{Username: "greatday_nomfa+unknown", Scheduled: true, LastCode: "QUESTION_NOT_FOUND"})
	h.run(26 * time.Hour)
	h.expect("failing", noActionRequired)
	h.sim.ResetJournal()
	h.runWithInstance(time.Minute)
	if got := h.connections.IneligibleLogins.Requests(); len(got) != 1 || got[0].Name != "failing" {
		t.Fatalf("left out: %v", got)
	}
	h.poke("failing")
	h.poke("fine")
	h.run(time.Hour)
	h.expect("failing", "UserActionRequired=True QuestionUnanswered")
	if calls := h.calls(); calls["Authorize cached"] != 1 || calls["Authorize live"] != 0 || calls["GetNightlyRefreshStatus"] != 1 {
		t.Errorf("calls: %v", calls)
	}
	if len(h.connections.IneligibleLogins.Requests()) != 0 {
		t.Error("it would be observed again")
	}
	// What is known is not looked into again.
	h.run(26 * time.Hour)
	h.runWithInstance(time.Minute)
	if got := h.connections.IneligibleLogins.Requests(); len(got) != 0 {
		t.Errorf("left out: %v", got)
	}
}

// TestCheckThatFails says nothing about the instance, and comes again the next day.
func TestCheckThatFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]flinkssim.Fault{
		"bearer refused": {FlinksCode: "UNAUTHORIZED"},
		"not offered":    {FlinksCode: "METHOD_NOT_AVAILABLE"},
		"down":           {Status: 502, BodyKind: flinkssim.BodyHTML},
		"throttled":      {FlinksCode: "TOO_MANY_REQUESTS", RetryAfter: time.Hour},
		"endless":        {BodyKind: flinkssim.BodyEndless},
	} {
		t.Run(name, func(t *testing.T) {
			h := newBearerHarness(t)
			h.connect("acme", h.seed("greatday_nomfa"), nightly)
			h.run(5 * time.Minute)
			fault.Endpoint, fault.Times = "GetNightlyRefreshStatus", -1
			h.fault(fault)
			for range 10 {
				h.sim.RunNightly()
				h.runWithInstance(12 * time.Hour)
			}
			if n := h.checks(); n < 4 || n > 6 {
				t.Errorf("%d checks in five days", n)
			}
			if got := h.instanceReason(); got != v1alpha1.ReasonCredentialsAccepted {
				t.Errorf("instance: %q", got)
			}
			h.expect("acme", "Ready=True Refreshed")
		})
	}
}

// TestNoBearerToken: there is no check until the keys have one.
func TestNoBearerToken(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.nightsWork(true)
	h.connect("acme", h.seed("greatday_nomfa"), nightly)
	h.run(5 * time.Minute)
	h.effects.reads = nil
	for range 3 {
		h.sim.RunNightly()
		h.runWithInstance(day)
	}
	if n := h.checks(); n != 0 || !h.nightlyCheckTime().IsZero() {
		t.Errorf("%d checks without a key for them", n)
	}
	reads := 0
	for _, r := range h.effects.reads {
		if r == "Secret "+h.namespace+"/keys" {
			reads++
		}
	}
	if reads > 7 { // One for each day's check, one for each day's observe.
		t.Errorf("%d reads of the keys in three days", reads)
	}
	keys := &corev1.Secret{}
	if err := h.live.Get(t.Context(), types.NamespacedName{Namespace: h.namespace, Name: "keys"}, keys); err != nil {
		t.Fatal(err)
	}
	keys.Data["bearerToken"] = []byte(h.sim.Credentials().BearerToken)
	h.update(keys)
	h.sim.RunNightly()
	h.runWithInstance(2 * day)
	if n := h.checks(); n < 1 || n > 2 {
		t.Errorf("%d checks in two days", n)
	}
}
