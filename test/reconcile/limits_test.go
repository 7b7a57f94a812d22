package reconcile

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// oversleep lets time pass without a reconcile, so that all is due at once.
func (h *harness) oversleep(d time.Duration) {
	h.clock.SetTime(h.clock.Now().Add(d))
	h.sim.ResetJournal()
}

// paused returns the reason of the instance's CallsPaused; "" if it is false.
func (h *harness) paused() string {
	h.t.Helper()
	i := &v1alpha1.ClusterFlinksInstance{}
	if err := h.live.Get(h.ctx(), types.NamespacedName{Name: h.instance()}, i); err != nil {
		h.t.Fatal(err)
	}
	c := meta.FindStatusCondition(i.Status.Conditions, v1alpha1.ConditionCallsPaused)
	switch {
	case c == nil:
		h.t.Error("CallsPaused is missing")
		return ""
	case c.Status == metav1.ConditionFalse && c.Reason == v1alpha1.ReasonCallsAllowed:
		return ""
	}
	return c.Reason
}

// TestThrottledInstance: one call is answered that there are too many. No connection
// calls until the pause is over, whatever status the answer has; the instance says so,
// and no connection does.
func TestThrottledInstance(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status     int
		retryAfter time.Duration
		pause      time.Duration
	}{
		"401": {401, 0, time.Minute},
		"403": {403, 0, time.Minute},
		"429": {429, 10 * time.Minute, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			names := h.fleet(20)
			h.probe()
			h.oversleep(30 * time.Hour)
			h.drainEvents()
			h.fault(flinkssim.Fault{Endpoint: "Authorize", FlinksCode: "TOO_MANY_REQUESTS", Status: row.status, RetryAfter: row.retryAfter})
			h.request("customer-007", "1")
			h.run(time.Second)
			writes := len(h.effects.names)
			for range 4 {
				h.run(row.pause/4 - time.Second)
				h.probe()
			}
			if calls := h.calls(); calls["Authorize cached"]+calls["Authorize live"] != 1 || calls["GenerateAuthorizeToken"] != 1 {
				t.Errorf("calls during the pause: %v", calls)
			}
			if got := len(h.effects.names) - writes; got > 1 {
				t.Errorf("%d writes during the pause: %v", got, h.effects.names[writes:])
			}
			if got := h.paused(); got != v1alpha1.ReasonThrottled {
				t.Errorf("CallsPaused is %q", got)
			}
			for _, name := range names {
				h.expect(name, "Ready=True Refreshed", noActionRequired)
			}
			if answer := h.get("customer-007").Status.LastHandledRequest; answer == nil || answer.Result == v1alpha1.RequestSucceeded {
				t.Errorf("the request is %+v", answer)
			}
			if n := strings.Count(h.drainEvents(), "Throttled"); n != 1 {
				t.Errorf("%d events say that the instance is throttled", n)
			}

			h.run(5 * time.Second)
			h.probe()
			if got := h.paused(); got != "" {
				t.Errorf("after the pause CallsPaused is %q", got)
			}
			h.run(20 * time.Minute)
			if got := h.calls()["Authorize cached"]; got < 20 || got > 22 {
				t.Errorf("%d observes for 20 connections", got)
			}
		})
	}
}

// TestRequestOfAThrottledInstance: it is refused, and makes no call.
func TestRequestOfAThrottledInstance(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.fleet(2)
	h.oversleep(30 * time.Hour)
	h.fault(flinkssim.Fault{Endpoint: "Authorize", FlinksCode: "TOO_MANY_REQUESTS"})
	h.run(10 * time.Second)
	before := len(h.sim.Journal())
	h.request("customer-001", "1")
	h.run(10 * time.Second)
	want := v1alpha1.HandledRequest{Value: "1", Result: v1alpha1.RequestRefused, Reason: v1alpha1.ReasonThrottled}
	if got := h.get("customer-001").Status.LastHandledRequest; got == nil || *got != want {
		t.Errorf("the request is %+v", got)
	}
	if after := len(h.sim.Journal()); after != before {
		t.Errorf("calls: %v", h.sim.Journal()[before:])
	}
}

// TestOutage: when Flinks is down, some calls find that out and the others wait. Data
// are still fresh, so only the instance says it.
func TestOutage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(20)
	h.oversleep(30 * time.Hour)
	h.fault(flinkssim.Fault{Status: 503, BodyKind: flinkssim.BodyHTML, Times: -1})
	h.run(time.Second)
	for range 100 {
		h.run(9 * time.Second)
		h.probe()
	}
	if got := h.paused(); got != v1alpha1.ReasonFlinksUnavailable {
		t.Errorf("CallsPaused is %q", got)
	}
	if n := len(h.sim.Journal()); n > 15 {
		t.Errorf("%d calls in a quarter of an hour", n)
	}
	for _, name := range names {
		h.expect(name, "Ready=True Refreshed")
	}
	h.sim.ClearFaults()
	for range 60 {
		h.run(10 * time.Second)
		h.probe()
	}
	if got := h.paused(); got != "" {
		t.Errorf("CallsPaused is %q", got)
	}
	if got := h.calls()["Authorize cached"]; got < 20 {
		t.Errorf("%d observes for 20 connections", got)
	}
}

// TestBankThatIsDown: one connection of the bank finds out, and one each time that
// the pause is over. Its people are not asked to do anything.
func TestBankThatIsDown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	names := h.fleet(20, scheduled(24*time.Hour))
	h.oversleep(30 * time.Hour)
	h.fault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", FlinksCode: "DISABLED_INSTITUTION", AsOutcome: true, Times: -1})
	began := h.clock.Now()
	h.run(24 * time.Hour)
	attempts := h.liveAttempts()
	for i, hours := range []int{0, 1, 3, 7, 15} {
		if len(attempts) != 5 {
			t.Fatalf("attempts at %v", attempts)
		}
		if late := attempts[i].Sub(began.Add(time.Duration(hours) * time.Hour)); late < 0 || late > 2*time.Hour {
			t.Errorf("attempt %d after %v", i, attempts[i].Sub(began))
		}
	}
	for _, name := range names {
		h.expect(name, "Ready=True Refreshed", noActionRequired)
	}
	h.request("customer-003", "1") // The person's try tells that it is still so.
	h.run(time.Minute)
	if got := len(h.liveAttempts()); got != 6 {
		t.Errorf("%d attempts after a person tried", got)
	}
	h.expect("customer-003", noActionRequired)

	h.sim.ClearFaults()
	h.sim.ResetJournal()
	h.request("customer-003", "2")
	h.run(time.Minute)
	h.expect("customer-003", "Ready=True Refreshed")
	h.run(26 * time.Hour)
	if got := len(h.liveAttempts()); got < 20 {
		t.Errorf("%d attempts after the bank is back", got)
	}
}

// TestRequestOvertakes a long line.
func TestRequestOvertakes(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
		i.Spec.Limits = &v1alpha1.InstanceLimits{RequestsPerSecond: new(int32(1)), Burst: new(int32(4))}
	})
	h.probe()
	names := h.fleet(30, scheduled(24*time.Hour))
	h.oversleep(30 * time.Hour)
	h.run(10 * time.Second)
	// Which ones were first is a matter of their jitter.
	names = slices.DeleteFunc(names, func(name string) bool { return h.get(name).Status.Refresh.Attempt > 0 })
	routine, urgent := names[0], names[1]
	result, err := h.reconcile(routine)
	if err != nil || result.Priority == nil || *result.Priority != -100 || result.RequeueAfter <= 0 {
		t.Errorf("routine comes back as %+v, %v", result, err)
	}
	before := len(h.liveAttempts())
	h.request(urgent, "1")
	h.run(5 * time.Second)
	if got := h.get(urgent).Status.LastHandledRequest; got == nil || got.Result != v1alpha1.RequestInProgress && got.Result != v1alpha1.RequestSucceeded {
		t.Errorf("the request is %+v", got)
	}
	if n := len(h.liveAttempts()); n > before+3 || n > 10 {
		t.Errorf("%d live calls, %d before", n, before)
	}
	h.run(time.Hour)
	if n := len(h.liveAttempts()); n != 30 {
		t.Errorf("%d live calls for 30 connections", n)
	}
}

// TestAnInstanceThatHangs: it holds some workers and no more, and none of another instance's share.
func TestAnInstanceThatHangs(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var hangs atomic.Bool
	var hanging atomic.Int32
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !hangs.Load() {
			h.sim.Handler().ServeHTTP(w, r)
			return
		}
		hanging.Add(1)
		<-release
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(slow.Close)
	name := h.slowInstance(slow.URL)
	hangs.Store(true)

	const callers = 10
	results := make(chan ctrl.Result, callers)
	for i := range callers {
		connection := fmt.Sprintf("slow-%d", i)
		h.connect(connection, h.seed(fmt.Sprintf("greatday_nomfa+%d", i)), func(c *v1alpha1.BankConnection) { c.Spec.InstanceRef.Name = name })
		delete(h.due, connection)
		go func() {
			result, _ := h.connections.Reconcile(h.ctx(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: h.namespace, Name: connection}})
			results <- result
		}()
	}
	for range callers - 3 { // One place of four is kept for people.
		if result := <-results; result.RequeueAfter == 0 {
			t.Error("a caller that was sent away never comes back")
		}
	}
	if n := hanging.Load(); n > 3 {
		t.Errorf("%d calls hang", n)
	}
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
	close(release)
	for range 3 {
		<-results
	}
}

// slowInstance creates a second, ready instance at another address.
func (h *harness) slowInstance(url string) string {
	h.t.Helper()
	return h.anotherInstance("slow", url)
}

// anotherInstance creates another ready instance, at another address.
func (h *harness) anotherInstance(suffix, url string) string {
	h.t.Helper()
	keys := h.sim.Credentials()
	i := &v1alpha1.ClusterFlinksInstance{}
	i.Name = h.instance() + "-" + suffix
	i.Spec.Instance, i.Spec.CustomerID = keys.Instance, keys.CustomerID
	i.Spec.CredentialsSecretRef = v1alpha1.SecretReference{Name: "keys", Namespace: h.namespace}
	i.Spec.Endpoints = &v1alpha1.Endpoints{API: url, Connect: url}
	h.create(i)
	h.t.Cleanup(func() { _ = h.direct.Delete(h.t.Context(), i) })
	if _, err := h.instances.Reconcile(h.ctx(), ctrl.Request{NamespacedName: types.NamespacedName{Name: i.Name}}); err != nil {
		h.t.Fatal(err)
	}
	return i.Name
}
