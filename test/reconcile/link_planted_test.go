package reconcile

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// TestPageNamesWhoAsks: a customer who is sent the link of another sees whose it is, in every
// state that it can have.
func TestPageNamesWhoAsks(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) {
		i.Spec.Gateway.DisplayName = "Acme Lending"
		i.Spec.Gateway.Page = v1alpha1.PageSpec{
			AccentColor: "#00695c", PrivacyURL: "https://example.com/privacy",
			Support: v1alpha1.SupportContact{Email: "help@example.com", Phone: "+1 514 555-0100", URL: "https://example.com/help"},
		}
	})
	brand := linkapi.Brand{
		AccentColor: "#00695c", PrivacyURL: "https://example.com/privacy",
		SupportEmail: "help@example.com", SupportPhone: "+1 514 555-0100", SupportURL: "https://example.com/help",
	}
	v := h.awaitLogin(func(c *v1alpha1.BankConnection) { c.Spec.Reconnect.Link.Title = "Mortgage application" })
	named := func(state linkapi.State) {
		t.Helper()
		if view := v.looks(state); view.DisplayName != "Acme Lending" || view.Title != "Mortgage application" || view.Brand != brand {
			t.Errorf("the page shows %+v", view)
		}
	}
	named(linkapi.StateConnect)
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
	named(linkapi.StateBlocked)
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Suspend = false })
	v.awaitSecret(v.links("greatday_nomfa"))
	h.run(0)
	named(linkapi.StateDone)
}
