package reconcile

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// moments are the states that a connection can be in when something happens to it.
var moments = map[string]func(*harness){
	"idle": func(*harness) {},
	"claimed by a manager that died": func(h *harness) {
		h.request("acme", "1")
		// Its third effect, after the claim and the token, is the live call.
		h.boot(func(e *effects) { e.killAt, e.committed = 3, true })
		_, _ = h.reconcile("acme")
		h.boot(nil)
	},
	"waiting for the person": func(h *harness) {
		h.request("acme", "1")
		h.run(time.Second)
	},
	"collecting": func(h *harness) {
		h.fault(flinkssim.Fault{Endpoint: "GetAccountsDetail", FlinksCode: "OPERATION_PENDING", Times: 10})
		h.request("acme", "1")
		h.run(time.Second)
	},
	"refused by the bank": func(h *harness) {
		h.fault(flinkssim.Fault{Endpoint: "Authorize", Mode: "live", FlinksCode: "DISABLED_LOGIN", AsOutcome: true})
		h.request("acme", "1")
		h.run(time.Minute)
	},
}

// userOf returns who links in a moment, if not the one whose bank asks questions.
func userOf(moment string) string {
	if moment == "collecting" {
		return "greatday_nomfa"
	}
	return "Greatday"
}

// restores are what backups, migrations and hands make of an object. None of them
// makes a refresh due.
var restores = map[string]func(*harness){
	"status wiped": func(h *harness) {
		h.putStatus("acme", v1alpha1.BankConnectionStatus{ObservedGeneration: -1})
	},
	"created again without a status": func(h *harness) {
		c := h.get("acme")
		h.strip("acme")
		h.gone("acme")
		h.create(&v1alpha1.BankConnection{
			ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name, Annotations: c.Annotations},
			Spec:       c.Spec,
		})
		h.poke("acme")
	},
	"finalizers stripped": func(h *harness) {
		h.edit("acme", func(c *v1alpha1.BankConnection) { c.Finalizers = nil })
	},
	"another manager": func(h *harness) {
		h.boot(nil)
		h.poke("acme")
	},
}

// TestRestores: whatever becomes of an object, at whatever moment, nothing live and
// no deletion follows that was not due, and the connection finds back.
func TestRestores(t *testing.T) {
	t.Parallel()
	for moment, prepare := range moments {
		for restore, apply := range restores {
			t.Run(moment+", "+restore, func(t *testing.T) {
				t.Parallel()
				h := newHarness(t)
				h.connect("acme", h.seed(userOf(moment)), scheduled(30*24*time.Hour))
				h.run(time.Minute)
				prepare(h)
				before := h.calls()["Authorize live"]
				apply(h)
				h.run(10 * time.Hour)

				if got := h.calls()["Authorize live"]; got != before {
					t.Errorf("%d live sessions after it, %d before", got, before)
				}
				if got := h.calls()["DeleteCard"]; got != 0 {
					t.Errorf("%d deletions", got)
				}
				h.assertOneSession()
				c := h.get("acme")
				if c.Status.Binding == nil || len(c.Finalizers) == 0 || condition(c, v1alpha1.ConditionStalled) != "" {
					t.Errorf("finalizers %v, status %+v", c.Finalizers, c.Status)
				}
			})
		}
	}
}

// TestSnapshotOfBeforeTheRefresh: etcd is restored to before a live session that is
// still open. Flinks lets at most one more be asked for and refuses it; the operator
// then waits.
func TestSnapshotOfBeforeTheRefresh(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("Greatday"), scheduled(25*time.Hour))
	h.run(time.Minute)
	snapshot := h.get("acme").Status
	h.runUntil(48*time.Hour, func() bool { return h.calls()["Authorize live"] == 1 })
	h.run(time.Second)

	h.putStatus("acme", snapshot)
	h.run(30 * time.Minute)
	if got := h.calls()["Authorize live"]; got > 2 {
		t.Errorf("%d live sessions, want at most one more than the one that was lost", got)
	}
	if stats := h.sim.LiveStats(); stats.MaxPerLogin > 1 {
		t.Errorf("overlapping live sessions: %+v", stats)
	}
}

// putStatus replaces a status, as a restore does.
func (h *harness) putStatus(name string, status v1alpha1.BankConnectionStatus) {
	h.t.Helper()
	c := h.get(name)
	c.Status = status
	if err := h.direct.Status().Update(h.ctx(), c); err != nil {
		h.t.Fatalf("replacing the status of %s: %v", name, err)
	}
	h.poke(name)
}

// TestRequestAfterAStatusWasLost: a live session is open that nothing tells of any more.
// A new request is refused until it must be over, without the help of Flinks.
func TestRequestAfterAStatusWasLost(t *testing.T) {
	t.Parallel()
	for moment, prepare := range moments {
		for _, restore := range []string{"status wiped", "created again without a status"} {
			t.Run(moment+", "+restore, func(t *testing.T) {
				t.Parallel()
				h := newHarness(t)
				h.connect("acme", h.seed(userOf(moment)))
				h.run(time.Minute)
				prepare(h)
				before := h.calls()["Authorize live"]
				restores[restore](h)
				h.run(time.Minute)
				for _, value := range []string{"2", "3"} {
					h.request("acme", value)
					h.run(10 * time.Minute)
					if got := h.get("acme").Status.LastHandledRequest; got == nil || got.Value != value || got.Reason != v1alpha1.ReasonSessionOpen {
						t.Errorf("the request is %+v", got)
					}
				}
				if got := h.calls()["Authorize live"]; got != before {
					t.Fatalf("%d live calls, %d before", got, before)
				}
				h.run(10 * time.Minute)
				h.request("acme", "4")
				h.run(time.Minute)
				if got := h.calls()["Authorize live"]; got != before+1 {
					t.Errorf("%d live calls, %d before, after half an hour", got, before)
				}
				h.assertOneSession()
			})
		}
	}
}

// TestFirstBindingIsNotHeldBack, even if it has to be written twice: the hold on its
// Secret is no trace of another.
func TestFirstBindingIsNotHeldBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	edited := false
	h.boot(func(e *effects) {
		e.before = func(name string) {
			if name == "update BankConnection/status" && !edited {
				edited = true
				h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false; c.Labels = map[string]string{"a": "b"} })
			}
		}
	})
	h.run(time.Minute)
	h.request("acme", "1")
	h.run(time.Minute)
	if b := h.get("acme").Status.Binding; !edited || b == nil || b.NotBefore != nil {
		t.Errorf("edited %v, binding %+v", edited, b)
	}
	if got := h.get("acme").Status.LastHandledRequest; got == nil || got.Result != v1alpha1.RequestSucceeded {
		t.Errorf("the request is %+v", got)
	}
}
