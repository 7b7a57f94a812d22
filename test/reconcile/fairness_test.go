package reconcile

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// newNarrowHarness returns a harness whose instance allows a call a second, and four at once.
func newNarrowHarness(t *testing.T) *harness {
	t.Helper()
	h := newBareHarness(t)
	h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, _ *corev1.Secret) {
		i.Spec.Limits = &v1alpha1.InstanceLimits{RequestsPerSecond: new(int32(1)), Burst: new(int32(4))}
		i.Spec.Gateway = &v1alpha1.GatewaySpec{URL: gatewayURL}
	})
	h.probe()
	h.clock.SetTime(h.clock.Now().Add(time.Minute))
	return h
}

// crowd creates connections in another namespace, each with a login.
func (h *harness) crowd(n int, change ...func(*v1alpha1.BankConnection)) (names []string) {
	h.t.Helper()
	namespace := testenv.Start(h.t).Namespace(h.t)
	for i := range n {
		name := fmt.Sprintf("customer-%03d", i)
		meta := metav1.ObjectMeta{Namespace: namespace, Name: name}
		h.create(&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"loginId": []byte(h.seed("greatday_nomfa+" + name))}})
		c := &v1alpha1.BankConnection{ObjectMeta: meta}
		c.Spec.InstanceRef = v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: h.instance()}
		c.Spec.LoginIDSecretRef.Name = name
		for _, f := range change {
			f(c)
		}
		h.create(c)
		h.t.Cleanup(func() { h.discard(c) })
		names = append(names, namespace+"/"+name)
		h.poke(namespace + "/" + name)
	}
	return names
}

// isBound reports whether a connection was looked at.
func (h *harness) isBound(name string) bool {
	h.t.Helper()
	c := &v1alpha1.BankConnection{}
	if err := h.live.Get(h.ctx(), h.key(name), c); err != nil {
		h.t.Fatal(err)
	}
	return c.Status.Binding != nil
}

func (h *harness) bound(names []string) (n int) {
	h.t.Helper()
	for _, name := range names {
		if h.isBound(name) {
			n++
		}
	}
	return n
}

// TestLooksCostNothing: objects that have nothing to call for take no permission to call
// from one that has, and do not stand in its way.
func TestLooksCostNothing(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*v1alpha1.BankConnection)
		ready  string
	}{
		"missing Secrets":        {inSecret, "Ready=False SecretNotFound"},
		"unanswered invitations": {byGateway, "Ready=False UserActionRequired"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newNarrowHarness(t)
			var names []string
			for i := range 30 {
				names = append(names, fmt.Sprintf("a-%03d", i))
				h.createConnection(names[i], row.change)
			}
			h.run(time.Second)
			h.expect(names[0], row.ready)
			for range 3 {
				for _, name := range names {
					h.poke(name)
				}
				h.run(time.Second)
			}
			for _, name := range names {
				h.poke(name)
			}
			h.connect("new", h.seed("greatday_nomfa"))
			h.run(time.Second)
			h.expect("new", "Ready=True Refreshed")
			if calls := h.calls(); calls["Authorize cached"] != 1 || calls["GenerateAuthorizeToken"] != 2 {
				t.Errorf("calls: %v", calls)
			}
		})
	}
}

// TestTurnsOfNamespaces: thirty first observes of one namespace are in line when another
// namespace comes with its first. None of them is reconciled while it waits.
func TestTurnsOfNamespaces(t *testing.T) {
	t.Parallel()
	h := newNarrowHarness(t)
	crowd := h.crowd(30)
	h.run(2 * time.Second)
	before := h.bound(crowd)
	h.connect("alone", h.seed("greatday_nomfa"))
	if !h.runUntil(time.Minute, func() bool { return h.isBound("alone") }) || h.bound(crowd) > before+3 {
		t.Errorf("%d of a crowd went first, of which %d had been served before", h.bound(crowd), before)
	}
	served := h.bound(crowd)
	if served > 10 {
		t.Fatalf("%d were served at once", served)
	}
	for _, name := range crowd {
		if n := h.reconciles[name]; !h.isBound(name) && n > 1 {
			t.Errorf("%s was reconciled %d times while it waited", name, n)
		}
	}
	h.run(2 * time.Minute)
	if n := h.bound(crowd); n != len(crowd) {
		t.Errorf("%d of %d were served in two minutes", n, len(crowd))
	}
}

// TestWhoIsGoneGivesUpItsTurn, whether anything tells of that or not.
func TestWhoIsGoneGivesUpItsTurn(t *testing.T) {
	t.Parallel()
	h := newNarrowHarness(t)
	crowd := h.crowd(20)
	h.run(time.Second)
	for i, name := range crowd[:18] {
		c := &v1alpha1.BankConnection{}
		if err := h.live.Get(h.ctx(), h.key(name), c); err != nil {
			t.Fatal(err)
		}
		if c.Status.Binding != nil {
			continue
		}
		h.discard(c)
		if delete(h.due, name); i%2 == 0 {
			h.poke(name)
		}
	}
	h.run(20 * time.Second) // In which 18 that are gone would have taken all calls.
	if n := h.bound(crowd[18:]); n != 2 {
		t.Errorf("%d of 2 that are left were served", n)
	}
}

// TestALostWake: a turn that is never told of passes on, and who missed it comes back.
func TestALostWake(t *testing.T) {
	t.Parallel()
	h := newNarrowHarness(t)
	crowd := h.crowd(6)
	for range crowd {
		name, _ := h.earliest()
		result, err := h.reconcile(name)
		delete(h.due, name)
		if err != nil {
			t.Fatal(err)
		}
		if result.RequeueAfter > 0 {
			h.due[name] = h.clock.Now().Add(result.RequeueAfter)
		}
	}
	for range 100 { // What is due is said, and not heard.
		h.clock.SetTime(h.clock.Now().Add(time.Second))
		h.connections.Watches().Timed.Due()
	}
	if n := h.bound(crowd); n > 2 {
		t.Fatalf("%d were served", n)
	}
	h.run(6 * time.Minute)
	if n := h.bound(crowd); n != len(crowd) {
		t.Errorf("%d of %d were served", n, len(crowd))
	}
}

// TestLostRepliesOfBanks: the replies to live calls of four banks are lost. Each bank is
// left alone for a while, and nothing else.
func TestLostRepliesOfBanks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const banks, customers = 4, 5
	for i := range banks * customers {
		login := h.sim.SeedLogin(flinkssim.SeedOptions{
			Username: fmt.Sprintf("greatday_nomfa+%d", i), Institution: fmt.Sprintf("Bank%d", i%banks),
			LastRefresh: h.clock.Now().Add(-24 * time.Hour),
		})
		h.canaries = append(h.canaries, login)
		h.connect(fmt.Sprintf("customer-%03d", i), login, scheduled(24*time.Hour))
	}
	h.run(time.Hour)
	h.oversleep(30 * time.Hour)
	h.fault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", Drop: flinkssim.DropBeforeCommit, Times: -1})
	for i := range 3 * banks { // Nothing is observed between them.
		h.request(fmt.Sprintf("customer-%03d", i), "1")
	}
	h.run(8 * time.Second)
	for i := range 3 * banks {
		if answer := h.get(fmt.Sprintf("customer-%03d", i)).Status.LastHandledRequest; answer == nil || answer.Result != v1alpha1.RequestUnknown {
			t.Errorf("request %d: %+v", i, answer)
		}
	}
	for range 12 {
		h.probe()
		h.run(time.Minute)
		if got := h.paused(); got != "" {
			t.Fatalf("the instance is paused: %s", got)
		}
	}
	if n := len(h.liveAttempts()); n != 3*banks {
		t.Errorf("%d live calls of %d banks", n, banks)
	}
	h.connect("new", h.seed("greatday_nomfa"))
	h.run(10 * time.Second)
	h.expect("new", "Ready=True Refreshed")
	h.request("new", "1") // of a bank without trouble
	h.run(time.Second)
	if n := len(h.liveAttempts()); n != 3*banks+1 {
		t.Errorf("%d live calls with that of another bank", n)
	}

	h.sim.ClearFaults()
	h.run(12 * time.Hour)
	for i := range banks * customers {
		c := h.get(fmt.Sprintf("customer-%03d", i))
		if c.Status.LastRefreshTime == nil || h.clock.Now().Sub(c.Status.LastRefreshTime.Time) > 12*time.Hour {
			t.Errorf("%s was not refreshed: %v", c.Name, c.Status.LastRefreshTime)
		}
	}
}
