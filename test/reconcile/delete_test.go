package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

const unknownLogin = `{"HttpStatusCode":400,"FlinksCode":"INVALID_LOGIN",` +
	`"Message":"The LoginId provided is either invalid or does not belong to the CustomerId"}`

func retain(c *v1alpha1.BankConnection) { c.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain }

func TestDelete(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change  func(*v1alpha1.BankConnection)
		prepare func(*harness)
		deleted bool // at Flinks
	}{
		"Delete":    {deleted: true},
		"Retain":    {change: retain},
		"suspended": {change: func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false }, prepare: suspend, deleted: true},
		"during MFA": {prepare: func(h *harness) {
			h.request("acme", "1")
			h.run(time.Second)
		}, deleted: true},
		"Flinks is busy with it": {prepare: func(h *harness) {
			h.fault(flinkssim.Fault{Endpoint: "DeleteCard", FlinksCode: "CARD_IN_USE", Times: 20})
		}, deleted: true},
		"Flinks is down for a day": {prepare: func(h *harness) {
			h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Status: 503, Times: 250})
		}, deleted: true},
		"the answer is lost": {prepare: func(h *harness) {
			h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Drop: flinkssim.DropAfterCommit})
		}, deleted: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			login := h.seed("Greatday")
			changes := []func(*v1alpha1.BankConnection){}
			if tt.change != nil {
				changes = append(changes, tt.change)
			}
			h.connect("acme", login, changes...)
			h.run(time.Minute)
			if tt.prepare != nil {
				tt.prepare(h)
			}
			h.delete("acme")
			h.runUntil(36*time.Hour, func() bool { return h.gone("acme") })
			if !h.gone("acme") {
				t.Fatalf("still there: %+v", h.get("acme").Status)
			}
			if state, _ := h.sim.Login(login); state.Deleted != tt.deleted {
				t.Errorf("deleted at Flinks: %v, want %v", state.Deleted, tt.deleted)
			}
			h.assertOneSession()
		})
	}
}

func suspend(h *harness) {
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
	h.run(time.Second)
}

// TestDeletionWaitsForADefiniteAnswer: as long as there is none, the object stays
// and says why.
func TestDeletionWaitsForADefiniteAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*harness)
		want    string
		mend    func(*harness)
	}{
		"Secret gone": {
			func(h *harness) { h.deleteSecret("acme") }, "True SecretNotFound",
			func(h *harness) { h.edit("acme", retain) },
		},
		"CARD_IN_USE": {
			func(h *harness) {
				h.fault(flinkssim.Fault{Endpoint: "DeleteCard", FlinksCode: "CARD_IN_USE", Times: -1})
			}, "True CardInUse", func(h *harness) { h.sim.ClearFaults() },
		},
		"5xx": {
			func(h *harness) { h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Status: 500, Times: -1}) },
			"True FlinksUnavailable", func(h *harness) { h.sim.ClearFaults() },
		},
		"proxy says 404": {
			func(h *harness) {
				h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Status: 404, BodyKind: flinkssim.BodyHTML, Times: -1})
			},
			"True FlinksUnavailable", func(h *harness) { h.sim.ClearFaults() },
		},
		"unknown login, and the key does not work": {
			func(h *harness) {
				h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Status: 400, Body: unknownLogin, Times: -1})
				h.fault(flinkssim.Fault{Endpoint: "GenerateAuthorizeToken", FlinksCode: "UNAUTHORIZED", Times: -1})
			}, "True InstanceNotReady", func(h *harness) { h.sim.ClearFaults() },
		},
		"instance gone": {
			func(h *harness) {
				i := &v1alpha1.ClusterFlinksInstance{ObjectMeta: metav1.ObjectMeta{Name: h.instance()}}
				if err := h.direct.Delete(h.ctx(), i); err != nil {
					h.t.Fatal(err)
				}
				h.awaitNoInstance()
			}, "True InstanceNotFound", func(h *harness) { h.edit("acme", retain) },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.connect("acme", h.seed("greatday_nomfa"))
			h.run(time.Minute)
			tt.prepare(h)
			h.delete("acme")
			h.effects.names = nil
			h.run(24 * time.Hour)
			if h.gone("acme") {
				t.Fatal("the object went without an answer")
			}
			h.expect("acme", "DeletionBlocked="+tt.want)
			if n := h.calls()["DeleteCard"]; n > 320 {
				t.Errorf("%d attempts in a day", n)
			}
			tt.mend(h)
			h.run(10 * time.Minute)
			if !h.gone("acme") {
				t.Errorf("still there: %+v", h.get("acme").Status)
			}
		})
	}
}

func TestEveryShapeOfAnUnknownLoginIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, shape := range flinkssim.DeleteUnknownShapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.knobs(func(k *flinkssim.Knobs) { k.DeleteUnknown = shape })
			h.connect("acme", h.seed("greatday_nomfa"))
			h.run(time.Minute)
			h.fault(flinkssim.Fault{Endpoint: "DeleteCard", Drop: flinkssim.DropAfterCommit})
			h.delete("acme")
			h.run(time.Minute)
			if !h.gone("acme") {
				t.Errorf("still there: %+v", h.get("acme").Status)
			}
		})
	}
}

func TestDeleteBeforeTheFirstReconcile(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, func(c *v1alpha1.BankConnection) { c.Finalizers = []string{v1alpha1.Finalizer} })
	h.delete("acme")
	h.run(time.Minute)
	if state, _ := h.sim.Login(login); !h.gone("acme") || state.Deleted || h.calls()["DeleteCard"] != 0 {
		t.Errorf("gone %v, deleted %v", h.gone("acme"), state.Deleted)
	}
}

// TestNewObjectForTheSameSecretKeepsTheLogin: an object that was made for the same Secret
// and was not looked at yet keeps the login.
func TestNewObjectForTheSameSecretKeepsTheLogin(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.createConnection("renamed", func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Name = "acme-login" })
	delete(h.due, "renamed")
	h.delete("acme")
	h.run(time.Minute)
	if state, _ := h.sim.Login(login); !h.gone("acme") || state.Deleted {
		t.Errorf("gone %v, deleted %v", h.gone("acme"), state.Deleted)
	}
	h.poke("renamed")
	h.run(time.Minute)
	h.expect("renamed", "Ready=True Refreshed")
}

func TestDeleteAndRecreateUnderTheSameName(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.delete("acme")
	h.run(time.Minute)
	if !h.gone("acme") {
		t.Fatal("still there")
	}
	h.createConnection("acme", func(c *v1alpha1.BankConnection) { c.Spec.LoginIDSecretRef.Name = "acme-login" })
	h.run(time.Minute)
	h.expect("acme", "Ready=False LoginGone")
	h.update(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "acme-login"},
		Data:       map[string][]byte{"loginId": []byte(h.seed("greatday_nomfa"))},
	})
	h.run(2 * time.Hour)
	h.expect("acme", "Ready=True Refreshed")
}
