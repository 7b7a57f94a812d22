package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// TestClassicConnect: where an instance serves the first design, its links lead there: that of a
// person who answers a question, and that of a person who links their bank.
func TestClassicConnect(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.knobs(func(k *flinkssim.Knobs) { k.ClassicConnect = true })
	h.edited(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.Connect.Form = v1alpha1.ConnectClassic })

	v := h.awaitLogin()
	if frame := v.frames(); frame.Path != "/" {
		t.Errorf("the frame is at %s", frame.Path)
	}
	v.awaitSecret(v.links("Greatday"))
	h.run(time.Minute)
	h.edit("acme", func(c *v1alpha1.BankConnection) { c.Spec.Reconnect.Link.Type = v1alpha1.LinkDirect })
	h.request("acme", "1")
	h.run(time.Second)
	link := h.get("acme").Status.Reconnect.Link.URL
	if !strings.HasPrefix(link, h.url+"/?") {
		t.Fatalf("the link is %q", link)
	}
	h.answer(link)
	h.run(3 * time.Minute)
	h.expect("acme", "Ready=True Refreshed", noActionRequired)
}
