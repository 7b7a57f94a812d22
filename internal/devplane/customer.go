package devplane

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// customer is a customer of the bank whose account is connected.
type customer struct {
	person flinkssim.Person
	// loginID is what Connect tells the application. It must never be shown.
	loginID string
	// connection is the BankConnection that is made for it, and policy is the
	// deletionPolicy that is shown with it.
	connection types.NamespacedName
	policy     v1alpha1.DeletionPolicy
}

func newCustomer(username string, policy v1alpha1.DeletionPolicy) *customer {
	return &customer{person: flinkssim.Person{Username: username}, policy: policy}
}

// link has each customer log in to the bank on the Connect page.
func (d *demo) link(ctx context.Context) error {
	for _, c := range d.known() {
		if err := d.linkOne(ctx, c); err != nil {
			return fmt.Errorf("linking %s: %w", c.person.Username, err)
		}
	}
	if d.calm.loginID == d.asked.loginID {
		return errors.New("both customers have the same loginId")
	}
	return d.untilFetched(ctx)
}

func (d *demo) linkOne(ctx context.Context, c *customer) error {
	linked, err := c.person.Link(ctx, d.connectURL())
	if err != nil {
		return err
	}
	c.loginID = linked.LoginID
	login, ok := d.Simulator.Login(c.loginID)
	if !ok || !login.Linked {
		return errors.New("the simulator knows of no such login")
	}
	asked := "logs in, is asked nothing"
	if slices.Contains(linked.Events, "SUBMIT_MFA") {
		asked = "logs in, answers a question"
	}
	d.story.say("%-15s %s; Connect hands out a loginId for %s\n%s", c.person.Username, asked, linked.Institution,
		listed(d.calls(func(e flinkssim.Entry) bool { return e.LoginID == c.loginID && e.LiveSessionOpened })))
	return nil
}

// untilFetched waits until Flinks has fetched the first data: until then it would
// refuse another live session.
func (d *demo) untilFetched(ctx context.Context) error {
	err := wait.PollUntilContextTimeout(ctx, pollInterval, d.options.Patience, true, func(context.Context) (bool, error) {
		return d.Simulator.OpenSessions(d.calm.loginID)+d.Simulator.OpenSessions(d.asked.loginID) == 0, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for Flinks to fetch the first data: %w", err)
	}
	d.story.say("Flinks has fetched their data")
	return nil
}

// connectURL opens Connect with a token that is good for one link.
func (p *Plane) connectURL() string {
	query := url.Values{"demo": {"true"}, "authorizeToken": {p.Simulator.MintAuthorizeToken()}}
	return p.SimulatorURL + "/v2/?" + query.Encode()
}
