package browser

import (
	"context"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

const applicationKey = "canary-key-of-an-application-32-bytes"

// vouched makes the application vouch for the browser.
func vouched(c *v1alpha1.BankConnection) {
	c.Spec.Reconnect.Link.Proof = v1alpha1.ProofApplication
	c.Spec.Reconnect.Link.Application = &v1alpha1.LinkApplication{
		URL: "https://app.test/vouch", KeySecretRef: v1alpha1.LinkKeySecretReference{Name: "app-key"},
	}
}

// proofURL does what a click does, and returns where it leads.
func (p *page) proofURL() *url.URL {
	p.T().Helper()
	var text string
	p.Run(`(async () => {
		const response = await fetch(location.pathname + "/prove", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"});
		return (await response.json()).url;
	})()`, &text)
	u, err := url.Parse(text)
	if err != nil || !strings.HasPrefix(text, "https://app.test/vouch?") {
		p.T().Fatalf("the page leads to %q", text)
	}
	return u
}

// TestProofOfTheApplication: the application sends the customer back with a ticket, which works in
// their browser and in no other.
func TestProofOfTheApplication(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	key := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.Namespace, Name: "app-key", Labels: map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLinkProof},
		},
		Data: map[string][]byte{v1alpha1.LinkProofKey: []byte(applicationKey)},
	}
	if err := s.Client.Create(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	address := s.unlinked("proof", vouched)
	customer, other := s.openLink(address, chromium.Options{Language: "en-CA"}), s.openLink(address, chromium.Options{Language: "fr-CA"})
	customer.state("ProofRequired")
	asked := customer.proofURL().Query()
	ticket := link.Ticket([]byte(applicationKey), asked.Get("connection"), asked.Get("challenge"), s.clock.Now().Add(link.MaxTicketLife))
	s.Guard(ticket, applicationKey)
	other.state("ProofRequired")
	other.Open(address + "#" + ticket)
	other.See("#error:not(:empty)")
	other.state("ProofRequired")
	customer.Open(address + "#" + ticket)
	customer.state("Connect")
	if at := customer.Address(); at != address {
		t.Error("the address still has the ticket")
	}
	other.Reload()
	other.state("InUse")
	customer.Click("#go")
	customer.See("#frame iframe")
}

// behind stands for an operator that verified a ticket, and whose cache does not know of that for
// two views.
type behind struct {
	scripted

	proven atomic.Bool
	views  atomic.Int32 // since then
}

func (b *behind) Prove(context.Context, linkapi.Visit, linkapi.Identifier) (linkapi.View, error) {
	b.proven.Store(true)
	return linkapi.View{State: linkapi.StateConnect}, nil
}

func (b *behind) View(context.Context, linkapi.Visit) (linkapi.View, error) {
	if b.proven.Load() && b.views.Add(1) > 2 {
		return linkapi.View{State: linkapi.StateConnect}, nil
	}
	return linkapi.View{State: linkapi.StateProofRequired}, nil
}

// TestAnswersOlderThanAProof: a customer who has just confirmed is not asked to confirm again.
func TestAnswersOlderThanAProof(t *testing.T) {
	t.Parallel()
	p := newPage(t, chromium.Options{})
	address := gatewayOf(t, &behind{}) + "/c/" + strings.Repeat("a", 64)
	ticket := link.Ticket([]byte(applicationKey), "uid", "challenge", time.Now())
	p.Open(address + "#" + ticket)
	p.state("Connect")
}
