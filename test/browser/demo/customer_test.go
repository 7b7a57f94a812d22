package demo

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// customer is a customer of the bank whose account is connected.
type customer struct {
	person flinkssim.Person
	// loginID is what Connect gives the application. It must never be shown.
	loginID string
	// connection is the BankConnection that is made for it, and policy is the
	// deletionPolicy that is shown with it.
	connection types.NamespacedName
	policy     v1alpha1.DeletionPolicy
}

func newCustomer(username, connection string, policy v1alpha1.DeletionPolicy) *customer {
	return &customer{
		person: flinkssim.Person{Username: username}, policy: policy,
		connection: types.NamespacedName{Namespace: "default", Name: connection},
	}
}

// link has each customer log in to the bank in Flinks Connect.
func (d *demo) link() {
	for _, c := range d.known() {
		d.linkOne(c)
	}
	if d.calm.loginID == d.asked.loginID {
		d.T.Fatal("both customers have the same loginId")
	}
	d.awaitFetched()
}

func (d *demo) linkOne(c *customer) {
	query := url.Values{"demo": {"true"}, "authorizeToken": {d.Sim.MintAuthorizeToken()}}
	linked, err := c.person.Link(d.T.Context(), d.URL+"/v2/?"+query.Encode())
	if err != nil {
		d.T.Fatalf("linking %s: %v", c.person.Username, err)
	}
	c.loginID = linked.LoginID
	d.Guard(c.loginID)
	if login, ok := d.Sim.Login(c.loginID); !ok || !login.Linked {
		d.T.Fatal("the simulator knows of no such login")
	}
	asked := "logs in, is asked nothing"
	if slices.Contains(linked.Events, "SUBMIT_MFA") {
		asked = "logs in, answers a question"
	}
	d.Say("%-15s %s; Connect hands out a loginId for %s\n%s", c.person.Username, asked, linked.Institution,
		listed(d.calls(func(e flinkssim.Entry) bool { return e.LoginID == c.loginID && e.LiveSessionOpened })))
}

// awaitFetched waits until Flinks has fetched the first data: until then it refuses another live
// session.
func (d *demo) awaitFetched() {
	d.Eventually("Flinks to fetch the first data", patience, func(context.Context) (bool, error) {
		return !slices.ContainsFunc(d.people(), func(c *customer) bool { return d.Sim.OpenSessions(c.loginID) > 0 }), nil
	})
	d.Say("Flinks has fetched their data")
}

// calls returns the entries of the simulator's journal that match.
func (d *demo) calls(match func(flinkssim.Entry) bool) []flinkssim.Entry {
	return slices.DeleteFunc(d.Sim.Journal(), func(e flinkssim.Entry) bool { return !match(e) })
}

// listed returns one line for each entry, with shortened identifiers.
func listed(entries []flinkssim.Entry) string {
	if len(entries) == 0 {
		return "nothing"
	}
	var lines []string
	for _, e := range entries {
		lines = append(lines, e.String())
	}
	return strings.Join(lines, "\n")
}
