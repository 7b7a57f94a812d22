package reconcile

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// chooseCard sets the key for DeleteCard and SetScheduledRefresh.
func (h *harness) chooseCard(c v1alpha1.CardCredential, wake ...string) {
	h.t.Helper()
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.CardCredential = c }, wake...)
}

// cardCondition returns the condition of the instance; nil if it has none.
func (h *harness) cardCondition() any {
	h.t.Helper()
	if c := meta.FindStatusCondition(h.theInstance().Status.Conditions, v1alpha1.ConditionCardCredentialRefused); c != nil {
		return c.Reason
	}
	return nil
}

// TestCardCredential: nightly refresh is switched and the login deleted with the key that
// the instance takes.
func TestCardCredential(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		takes  string
		choice v1alpha1.CardCredential
	}{
		"apiKey, by default":   {"apiKey", ""},
		"apiKey":               {"apiKey", v1alpha1.CardAPIKey},
		"apiKey, and both":     {"apiKey", v1alpha1.CardBoth},
		"secretKey":            {"secretKey", v1alpha1.CardSecretKey},
		"secretKey, and both":  {"secretKey", v1alpha1.CardBoth},
		"either, by apiKey":    {"either", v1alpha1.CardAPIKey},
		"either, by secretKey": {"either", v1alpha1.CardSecretKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.knobs(func(k *flinkssim.Knobs) { k.CardCredential = row.takes })
			h.chooseCard(row.choice)
			login := h.seed("greatday_nomfa")
			h.connect("acme", login, nightly)
			h.run(5 * time.Minute)
			if !h.isScheduled(login) || h.get("acme").Status.LastError != nil {
				t.Errorf("nightly refresh is off: %+v", h.get("acme").Status.LastError)
			}
			h.delete("acme")
			h.run(time.Hour)
			h.probe()
			h.expectGone("acme")
			h.expectDeleted(login, true)
			if got := h.cardCondition(); got != nil {
				t.Errorf("the instance says %v", got)
			}
		})
	}
}

// TestWrongCardCredential is found in the conditions of the connection and of the instance,
// counts as no deletion, and ends with the right choice.
func TestWrongCardCredential(t *testing.T) {
	t.Parallel()
	for takes, rows := range map[string]struct{ wrong, right v1alpha1.CardCredential }{
		"secretKey": {v1alpha1.CardAPIKey, v1alpha1.CardSecretKey},
		"apiKey":    {v1alpha1.CardSecretKey, v1alpha1.CardAPIKey},
	} {
		t.Run(takes, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.knobs(func(k *flinkssim.Knobs) { k.CardCredential = takes })
			h.chooseCard(rows.wrong)
			login := h.seed("greatday_nomfa")
			h.connect("acme", login)
			h.run(5 * time.Minute)
			h.delete("acme")
			h.run(time.Hour)
			h.probe()
			h.expect("acme", "DeletionBlocked=True CardCredentialRefused")
			h.expectDeleted(login, false)
			if got := h.instanceReason(); got != v1alpha1.ReasonCredentialsAccepted || h.cardCondition() != v1alpha1.ReasonCardCredentialRefused {
				t.Errorf("the instance is %s, %v", got, h.cardCondition())
			}
			if n := h.calls()["DeleteCard"]; n > 20 {
				t.Errorf("%d deletions were tried in an hour", n)
			}
			h.chooseCard(rows.right, "acme")
			h.run(10 * time.Minute)
			h.expectGone("acme")
			h.expectDeleted(login, true)
			h.probe()
			if got := h.cardCondition(); got != nil {
				t.Errorf("the instance says %v", got)
			}
		})
	}
}

// TestWrongCardCredentialOfNightlyRefresh leaves the connection ready, and is tried again
// once an hour.
func TestWrongCardCredentialOfNightlyRefresh(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.knobs(func(k *flinkssim.Knobs) { k.CardCredential = "secretKey" })
	login := h.seed("greatday_nomfa")
	h.connect("acme", login, nightly)
	h.run(30 * time.Minute)
	h.probe()
	h.expect("acme", "Ready=True Refreshed", noActionRequired, "Stalled=")
	if e := h.get("acme").Status.LastError; e == nil || e.Code != v1alpha1.ReasonCardCredentialRefused {
		t.Errorf("lastError is %+v", e)
	}
	if got := h.cardCondition(); got != v1alpha1.ReasonCardCredentialRefused {
		t.Errorf("the instance says %v", got)
	}
	h.run(5 * time.Hour)
	if n := h.switches(); n < 4 || n > 7 {
		t.Errorf("%d switches in five and a half hours", n)
	}
	h.chooseCard(v1alpha1.CardSecretKey, "acme")
	h.run(2 * time.Hour)
	h.probe()
	if got := h.cardCondition(); got != nil || !h.isScheduled(login) {
		t.Errorf("the instance says %v", got)
	}
}
