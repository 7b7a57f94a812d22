package world

import (
	"net/url"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/linkservice"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// ApplicationURL is the page of the application that vouches for browsers.
	ApplicationURL = "https://app.example.com/vouch"
	// ApplicationKey is the Secret with the key that it signs tickets with.
	ApplicationKey = "app-key"

	applicationKey = "fedcba9876543210fedcba9876543210"
	ticketLife     = 5 * time.Minute
)

// Browser is one in which a connection was handed to Flinks Connect, known by its challenge.
type Browser struct {
	Connection types.UID
	Challenge  string
}

// CreateApplicationKey creates the Secret with the key of the application.
func (w *World) CreateApplicationKey() {
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: Namespace, Name: ApplicationKey,
			Labels: map[string]string{v1alpha1.PurposeLabel: v1alpha1.PurposeLinkProof},
		},
		Data: map[string][]byte{v1alpha1.LinkProofKey: []byte(applicationKey)},
	})
}

// vouch returns the ticket of the application for the browser that the gateway's page sent there.
func (w *World) vouch(page string) linkapi.Identifier {
	u, err := url.Parse(page)
	w.must(err, "opening the page of the application")
	query := u.Query()
	browser := Browser{types.UID(query.Get("connection")), query.Get("challenge")}
	if w.Vouched == nil {
		w.Vouched = map[Browser]bool{}
	}
	w.Vouched[browser] = true
	ticket := link.Ticket([]byte(applicationKey), string(browser.Connection), browser.Challenge, w.now.Add(ticketLife))
	return linkapi.NewIdentifier(ticket)
}

// prove comes back from the application with a ticket.
func (p *Person) prove(w *World, page string) {
	view := p.present(w, w.vouch(page))
	// A clock that is wrong cannot tell when a ticket ends.
	w.Unclear = w.Unclear || view.State == linkapi.StateProofRequired && w.ClocksMoved
	p.pollAgain(w)
}

// insist tries what the page does not offer.
func (p *Person) insist(w *World) {
	ticket := linkapi.NewIdentifier(link.Ticket([]byte("a key that the application has not"), "", "", w.now.Add(ticketLife)))
	p.present(w, ticket)
	p.click(w)
	p.connect(w, linkapi.StateConnect)
}

// present presents a ticket, and returns what the page shows then; the zero View without an answer.
func (p *Person) present(w *World, ticket linkapi.Identifier) (view linkapi.View) {
	_ = w.CallLinkService("prove", func(s *linkservice.Service) (err error) {
		view, err = s.Prove(w.Context(), p.visit(), ticket)
		return err
	})
	return view
}

func (p *Person) visit() linkapi.Visit {
	return linkapi.Visit{Token: tokenOf(p.link), Visitor: linkapi.NewIdentifier(p.Browser)}
}

// entered notes that a browser was handed to Flinks Connect.
func (w *World) entered(p *Person) {
	if c := w.Connection(p.Key); c != nil {
		w.Entered = append(w.Entered, Browser{c.UID, link.Challenge(p.Browser)})
	}
}
