package reconcile

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

func scheduled(interval time.Duration) func(*v1alpha1.BankConnection) {
	return func(c *v1alpha1.BankConnection) {
		c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{
			Type: v1alpha1.RefreshScheduled, Interval: &metav1.Duration{Duration: interval},
		}
	}
}

func TestRequestedRefreshCollects(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.effects.names = nil
	h.request("acme", "now")
	h.run(5 * time.Minute)

	c := h.get("acme")
	if got := c.Status.LastHandledRequest; got == nil || *got != (v1alpha1.HandledRequest{Value: "now", Result: v1alpha1.RequestSucceeded}) {
		t.Errorf("lastHandledRequest: %+v", got)
	}
	if c.Status.Refresh.State != v1alpha1.RefreshSucceeded || len(c.Status.Accounts) == 0 || c.Status.Refresh.Attempt != 1 {
		t.Errorf("status: %+v", c.Status)
	}
	if h.clock.Since(c.Status.LastRefreshTime.Time) > 10*time.Minute {
		t.Errorf("lastRefreshTime: %v", c.Status.LastRefreshTime)
	}
	writes := 0
	for _, e := range h.effects.names {
		if e == "update BankConnection/status" {
			writes++
		}
	}
	if writes > 4 {
		t.Errorf("a refresh cost %d writes: %v", writes, h.effects.names)
	}
	h.expect("acme", "Ready=True Refreshed", "Reconciling=")
	h.run(24 * time.Hour)
	if got := h.calls()["Authorize live"]; got != 1 {
		t.Errorf("one request led to %d live sessions", got)
	}
}

func TestScheduledRefreshIsNeverEarly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, scheduled(24*time.Hour))
	h.run(8 * 24 * time.Hour)

	var last time.Time
	live := 0
	for _, e := range h.sim.Journal() {
		if e.Mode != "live" {
			continue
		}
		if !last.IsZero() && e.Time.Sub(last) < 24*time.Hour {
			t.Errorf("refreshed after %v", e.Time.Sub(last))
		}
		last = e.Time
		live++
	}
	if live < 7 || live > 8 {
		t.Errorf("%d refreshes in 8 days", live)
	}
	c := h.get("acme")
	if due := c.Status.NextRefreshTime.Sub(c.Status.LastRefreshTime.Time); due < 24*time.Hour || due > 27*time.Hour {
		t.Errorf("the next refresh is due after %v", due)
	}
	h.expect("acme", "Ready=True Refreshed")
}

func TestPersonAnswersTheBank(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("Greatday")
	h.connect("acme", login)
	h.run(time.Minute)
	h.request("acme", "1")
	h.run(time.Second)

	h.expect("acme", "Ready=True UserActionRequired", "UserActionRequired=True MFARequired", "Authorized=False MFARequired", "Stalled=")
	c := h.get("acme")
	reconnect := c.Status.Reconnect
	if reconnect == nil || !strings.HasPrefix(reconnect.Link.URL, h.url+"/v2/?") || reconnect.Question.IssueCount != 1 {
		t.Fatalf("reconnect: %+v", reconnect)
	}
	if diff := cmp.Diff([]string{"QuestionAndAnswer"}, reconnect.Question.ChallengeTypes); diff != "" {
		t.Errorf("challenge types (-want +got):\n%s", diff)
	}
	life := reconnect.Question.ExpirationTime.Sub(h.clock.Now())
	if life < 7*time.Minute || life > 8*time.Minute {
		t.Errorf("the link lives for %v", life)
	}
	link, err := url.Parse(reconnect.Link.URL)
	if err != nil || link.Query().Get("requestId") == "" || link.Query().Get("authorizeToken") == "" {
		t.Errorf("the link lacks something: %v", err)
	}

	h.run(2 * time.Minute)
	if _, err := (&flinkssim.Person{Username: "Greatday"}).Answer(t.Context(), reconnect.Link.URL); err != nil {
		t.Fatalf("answering in Connect: %v", err)
	}
	h.run(3 * time.Minute)
	h.expect("acme", "Ready=True Refreshed", noActionRequired, "Authorized=True Authorized")
	c = h.get("acme")
	if c.Status.Reconnect != nil || len(c.Status.Accounts) == 0 || c.Status.LastHandledRequest.Result != v1alpha1.RequestSucceeded {
		t.Errorf("status: %+v", c.Status)
	}
}

func TestUnansweredQuestionIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("Greatday")
	h.connect("acme", login, scheduled(time.Hour))
	h.run(time.Hour)
	h.expect("acme", "UserActionRequired=True LinkExpired", "Ready=True UserActionRequired")
	if c := h.get("acme"); c.Status.Reconnect.Link.URL != "" || c.Status.NextRefreshTime != nil {
		t.Errorf("status: %+v", c.Status)
	}
	h.run(14 * 24 * time.Hour)
	if state, _ := h.sim.Login(login); state.Prompts != 1 {
		t.Errorf("the person was asked %d times", state.Prompts)
	}
	h.request("acme", "the person is here")
	h.run(time.Minute)
	h.expect("acme", "UserActionRequired=True MFARequired")
	if n := h.get("acme").Status.Reconnect.Question.IssueCount; n != 2 {
		t.Errorf("issueCount is %d", n)
	}
}

func TestPersonThatWasNotWaitedForIsFound(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("Greatday")
	h.connect("acme", login)
	h.run(time.Minute)
	h.request("acme", "1")
	h.run(24 * time.Hour)
	h.expect("acme", "UserActionRequired=True LinkExpired")
	// The person links the account again, somewhere else.
	h.sim.SeedLogin(flinkssim.SeedOptions{Username: "Greatday", LastRefresh: h.clock.Now()})
	h.run(48 * time.Hour)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
}

func TestOutcomeSurvivesAnEditDuringTheCall(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("Greatday"))
	h.run(time.Minute)
	h.request("acme", "1")
	edited := false
	h.effects.before = func(name string) {
		if name == "call Authorize" && !edited {
			edited = true
			h.edit("acme", func(c *v1alpha1.BankConnection) { c.Labels = map[string]string{"touched": "yes"} })
		}
	}
	h.run(time.Second)
	h.effects.before = nil
	if !edited {
		t.Fatal("the object was not edited")
	}
	h.expect("acme", "UserActionRequired=True MFARequired")
}

func TestRequestsAreAlwaysAnswered(t *testing.T) {
	t.Parallel()
	refused := func(reason string) v1alpha1.HandledRequest {
		return v1alpha1.HandledRequest{Value: "r", Result: v1alpha1.RequestRefused, Reason: reason}
	}
	tests := map[string]struct {
		user    string
		prepare func(h *harness)
		want    v1alpha1.HandledRequest
	}{
		"suspended": {"greatday_nomfa", func(h *harness) {
			h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
		}, refused(v1alpha1.ReasonSuspended)},
		"session open": {"Greatday", func(h *harness) {
			h.request("acme", "earlier")
			h.run(time.Second)
		}, refused(v1alpha1.ReasonSessionOpen)},
		"bank down": {"greatday_nomfa", func(h *harness) {
			h.fault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", FlinksCode: "RETRY_LATER", AsOutcome: true})
		}, v1alpha1.HandledRequest{Value: "r", Result: v1alpha1.RequestFailed}},
		"Flinks away": {"greatday_nomfa", func(h *harness) {
			h.fault(flinkssim.Fault{Endpoint: "GenerateAuthorizeToken", Status: 502})
		}, v1alpha1.HandledRequest{Value: "r", Result: v1alpha1.RequestFailed}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.connect("acme", h.seed(tt.user))
			h.run(time.Minute)
			tt.prepare(h)
			h.run(time.Second)
			h.request("acme", "r")
			h.run(time.Minute)
			if got := h.get("acme").Status.LastHandledRequest; got == nil || *got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestRequestOnANewObjectIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("Greatday"), func(c *v1alpha1.BankConnection) {
		c.Annotations = map[string]string{v1alpha1.RefreshRequestedAtAnnotation: "from a backup"}
	})
	h.run(time.Hour)
	if h.calls()["Authorize live"] != 0 {
		t.Errorf("calls: %v", h.calls())
	}
	if got := h.get("acme").Status.LastHandledRequest; got == nil || got.Reason != v1alpha1.ReasonNotBound {
		t.Errorf("lastHandledRequest: %+v", got)
	}
}

func TestSuspendStopsEveryCall(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), scheduled(time.Hour))
	h.run(3 * time.Hour)
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
	h.run(time.Second)
	h.sim.ResetJournal()
	h.run(7 * 24 * time.Hour)
	if calls := h.calls(); len(calls) != 0 {
		t.Errorf("calls: %v", calls)
	}
	h.expect("acme", "Suspended=True Suspended", "Ready=True Refreshed")
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false })
	h.run(time.Hour)
	h.expect("acme", "Suspended=", "Ready=True Refreshed")
}

func TestStaleDataAreSaid(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), func(c *v1alpha1.BankConnection) {
		c.Spec.RefreshPolicy = &v1alpha1.RefreshPolicySpec{
			Type: v1alpha1.RefreshManual, MaxDataAge: &metav1.Duration{Duration: 48 * time.Hour},
		}
	})
	h.run(23 * time.Hour)
	h.expect("acme", "Ready=True Refreshed")
	h.run(2 * time.Hour)
	h.expect("acme", "Ready=False DataStale", "DataFresh=False DataStale", "Authorized=True Authorized")
}

func TestOneLoginHasOneOwner(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("older", login, scheduled(time.Hour))
	h.run(time.Second)
	h.connect("younger", login, scheduled(time.Hour))
	h.run(time.Minute)
	owner, other := "older", "younger"
	h.expect(owner, "Ready=True Refreshed", "Stalled=")
	h.expect(other, "Ready=False DuplicateLogin", "Stalled=True DuplicateLogin")
	h.run(6 * time.Hour)
	if n := h.get(other).Status.Refresh; n.Attempt != 0 {
		t.Errorf("the other one refreshed: %+v", n)
	}

	h.delete(owner)
	h.run(time.Second)
	if !h.gone(owner) || h.calls()["DeleteCard"] != 0 {
		t.Errorf("gone %v, calls %v", h.gone(owner), h.calls())
	}
	h.poke(other)
	h.run(time.Minute)
	h.expect(other, "Ready=True Refreshed", "Stalled=")
	h.delete(other)
	h.run(time.Hour)
	if !h.gone(other) || h.calls()["DeleteCard"] == 0 {
		t.Errorf("gone %v, calls %v", h.gone(other), h.calls())
	}
}

func (h *harness) fault(f flinkssim.Fault) {
	h.t.Helper()
	if err := h.sim.InjectFault(f); err != nil {
		h.t.Fatal(err)
	}
}

// liveAttempts returns the times at which live sessions were asked for.
func (h *harness) liveAttempts() []time.Time {
	var times []time.Time
	for _, e := range h.sim.Journal() {
		if e.Mode == "live" {
			times = append(times, e.Time)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

func TestFailingBankIsTriedThreeTimesADay(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"), scheduled(time.Hour))
	h.fault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", FlinksCode: "RETRY_LATER", AsOutcome: true, Times: -1})
	h.run(5 * 24 * time.Hour)
	times := h.liveAttempts()
	for i := 3; i < len(times); i++ {
		if times[i].Sub(times[i-3]) < 24*time.Hour {
			t.Errorf("four attempts within %v", times[i].Sub(times[i-3]))
		}
	}
	if len(times) < 12 || len(times) > 15 {
		t.Errorf("%d attempts in 5 days", len(times))
	}
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
}

// TestClaimThatWasDropped: without a claim on record there is no live call. An
// outdated CustomResourceDefinition prunes what it does not know.
func TestClaimThatWasDropped(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.request("acme", "1")
	h.effects.prune = func(c *v1alpha1.BankConnection) { c.Status.Refresh = nil }
	h.run(time.Minute)
	if n := h.calls()["Authorize live"]; n != 0 {
		t.Errorf("%d live calls without a claim", n)
	}
}
