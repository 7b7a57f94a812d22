package linkservice

import (
	"net/url"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// linkRequest is one request for a link, and what the link leads to.
type linkRequest struct {
	claims link.Claims
	// facts about the connection; without one if the link leads nowhere.
	facts    lifecycle.Facts
	instance instance.View
	// challenge stands for the browser; empty if it is not known.
	challenge string
	// browser as audit records have it.
	browser *audit.Client
	// page is what the customer sees.
	page linkapi.View
	// open reports whether the link is the newest, with which something may be done in this
	// browser.
	open bool
	// flinks makes calls that the limits of the instance admitted.
	flinks Flinks
}

func (q linkRequest) leadsNowhere() bool { return q.facts.Connection == nil }

func (q linkRequest) connection() *v1alpha1.BankConnection { return q.facts.Connection }

func (q linkRequest) binding() *v1alpha1.Binding { return q.connection().Status.Binding }

func (q linkRequest) name() types.NamespacedName { return client.ObjectKeyFromObject(q.connection()) }

// fingerprint returns that of a login on the instance; empty if there is no instance.
func (q linkRequest) fingerprint(id flinks.LoginID) string {
	if q.instance.Object == nil {
		return ""
	}
	return q.instance.Fingerprint(id)
}

// in returns the page in another state.
func (q linkRequest) in(state linkapi.State) linkapi.View {
	page := q.page
	page.State, page.Reason, page.Until = state, "", time.Time{}
	return page
}

// maxVisitor is more than the length of any visitor's secret.
const maxVisitor = 128

// challengeOf returns what stands for the browser of a visit; empty if the gateway has
// not told it apart.
func challengeOf(visit linkapi.Visit) string {
	secret := visit.Visitor.Reveal()
	if secret == "" || len(secret) > maxVisitor {
		return ""
	}
	return link.Challenge(secret)
}

// returnURL returns the page of the application that the customer comes back to, which is told of which
// connection; empty if there is none.
func (q linkRequest) returnURL() string {
	u, err := url.Parse(q.connection().Spec.Reconnect.RedirectURL)
	if err != nil || u.Host == "" {
		return ""
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "connection=" + url.QueryEscape(q.connection().Name)
	return u.String()
}

// proofURL returns the page of the application to which a browser is sent; empty if there is
// none.
func (q linkRequest) proofURL() string {
	application := lifecycle.LinkProof(q.connection())
	if application == nil || q.challenge == "" {
		return ""
	}
	u, err := url.Parse(application.URL)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set("connection", q.claims.UID)
	query.Set("challenge", q.challenge)
	u.RawQuery, u.Fragment = query.Encode(), ""
	return u.String()
}
