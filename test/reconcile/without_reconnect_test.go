package reconcile

import (
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// withoutReconnect makes Flinks Connect one that goes on with no session, and lets the instance say so.
func (h *harness) withoutReconnect() {
	h.t.Helper()
	h.knobs(func(k *flinkssim.Knobs) { k.ReconnectEnabled = false })
	h.edited(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect.Reconnect = v1alpha1.ReconnectUnsupported })
}

// TestNoLinkWithoutReconnect: there is no direct link that would lead to no question; the status says why, and
// the bank asks no customer once more.
func TestNoLinkWithoutReconnect(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*v1alpha1.BankConnection){"in the status": func(*v1alpha1.BankConnection) {}, "in a Secret": inSecret} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.withoutReconnect()
			h.connect("acme", h.seed("Greatday"), change, func(c *v1alpha1.BankConnection) {
				if c.Spec.Reconnect == nil {
					c.Spec.Reconnect = &v1alpha1.ReconnectSpec{}
				}
				c.Spec.Reconnect.OnExpiry = v1alpha1.Reissue
			})
			h.run(time.Minute)
			h.request("acme", "1")
			h.run(time.Minute)
			h.expect("acme", "UserActionRequired=True MFARequired", "LinkNotIssued=True ReconnectUnsupported")
			h.expectEvent(v1alpha1.ReasonReconnectUnsupported)
			h.run(24 * time.Hour)
			h.expect("acme", "LinkNotIssued=True ReconnectUnsupported")
			c := h.get("acme")
			if c.Status.Reconnect.Link != (v1alpha1.LinkStatus{}) || c.Status.Internal.LinkSecretName != "" || h.secret(linkSecret) != nil {
				t.Errorf("there is a link: %+v", c.Status.Reconnect.Link)
			}
			if n := h.calls()["Authorize live"]; n != 1 {
				t.Errorf("%d live calls", n)
			}
		})
	}
}

// TestPageWithoutReconnect: on the gateway's page the customer logs in to the bank again, once the session
// with the question has ended.
func TestPageWithoutReconnect(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.withoutReconnect()
	login := h.seed("Greatday")
	h.connect("acme", login, byGateway)
	h.run(time.Minute)
	h.request("acme", "1")
	h.run(time.Minute)
	h.expect("acme", "UserActionRequired=True MFARequired", "LinkNotIssued=")
	v := h.openLink()
	v.looks(linkapi.StateWait)
	v.starts(linkapi.StateWait)
	h.run(9 * time.Minute)
	v.looks(linkapi.StateConnect)
	v.starts(linkapi.StateConnect)
	linked, err := (&flinkssim.Person{Username: "Greatday"}).Link(h.ctx(), v.frames().String())
	if err != nil || linked.LoginID != login {
		t.Fatalf("the customer cannot log in again: %v", err)
	}
	v.finishes(login, linkapi.StateWorking)
	h.run(3 * time.Minute)
	v.looks(linkapi.StateDone)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
	if n := h.calls()["Authorize live"]; n != 1 || h.sim.LiveStats().MaxPerLogin != 1 {
		t.Errorf("%d live calls, %d sessions at once", n, h.sim.LiveStats().MaxPerLogin)
	}
}
