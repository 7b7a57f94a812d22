package demo

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
	"github.com/flinks-operator/flinks-operator/test/browser/connect"
)

// linkOnPage shows a connection that is applied before there is a loginId: its link leads the
// person to the gateway's page, and the operator makes the Secret.
func (d *demo) linkOnPage() {
	const file = "bankconnection_gateway.yaml"
	d.Say("kubectl apply -f config/samples/%s; there is no Secret %s-login", file, d.unlinked.connection.Name)
	d.applySample(file)
	link := d.pageLink()
	browser, err := chromium.Start(context.WithoutCancel(d.T.Context()))
	if err != nil {
		d.T.Fatal(err)
	}
	d.T.Cleanup(func() {
		if err := browser.Close(); err != nil {
			d.T.Errorf("closing Chromium: %v", err)
		}
	})
	d.tab = browser.NewTab(d.T, chromium.Options{Language: "en-CA"})
	d.followLink(link)
	d.follower.await(d.unlinked.connection, "become ready", isReady)
	d.checkSecret()
}

// pageLink waits for the link of the connection that was not linked.
func (d *demo) pageLink() string {
	link := d.follower.await(d.unlinked.connection, "have a link for the person", hasLink).Status.Reconnect
	d.Say("link:    %s\n%s, until %s", link.Link.URL, link.Reason, link.Link.ExpirationTime.UTC().Format("2006-01-02 15:04Z"))
	return link.Link.URL
}

// followLink opens a link, presses the button of its page, does in Flinks Connect what that asks
// for, and waits until the page says that all is done.
func (d *demo) followLink(link string) {
	d.tab.Open(link)
	d.Say("page:    %s", d.tab.Text("h1"))
	d.checkRequest()
	d.tab.Click("#go")
	flow := connect.In(d.tab, d.URL, d.unlinked.person.Username)
	flow.OnStep = func(s connect.State) { d.Say("Connect: %s", s) }
	flow.OnAnswer = func(prompt, answer string) { d.Say("         %s %s", prompt, answer) }
	flow.Pass()
	d.tab.See(`main[data-state="Done"]`)
	d.Say("page:    %s", d.tab.Text("h1"))
}

// checkRequest makes sure that the page names who asks and for what, so that a person who is sent
// the link of another can see it.
func (d *demo) checkRequest() {
	by, subject := d.tab.Text("#requester"), d.tab.Text("#subject")
	if by != "Acme Lending" || subject != "Payroll account" {
		d.T.Fatalf("the page names %q and %q, want those of the samples", by, subject)
	}
	d.Say("         requested by %s, for %s", by, subject)
}

// checkSecret makes sure that the operator stored the loginId.
func (d *demo) checkSecret() {
	var secret corev1.Secret
	key := client.ObjectKey{Namespace: d.unlinked.connection.Namespace, Name: d.unlinked.connection.Name + "-login"}
	if err := d.Client.Get(d.T.Context(), key, &secret); err != nil {
		d.T.Fatalf("reading the Secret that the operator made: %v", err)
	}
	d.unlinked.loginID = string(secret.Data[v1alpha1.DefaultLoginIDKey])
	d.Guard(d.unlinked.loginID)
	if login, ok := d.Sim.Login(d.unlinked.loginID); !ok || !login.Linked {
		d.T.Fatal("the Secret that the operator made holds no loginId of Flinks")
	}
	d.Say("the operator made the Secret %s, for a %s", secret.Name, secret.Labels[v1alpha1.PurposeLabel])
	d.awaitFetched()
}

// answerOnPage shows a bank that asks: the link of the connection leads to a page that works
// whenever it is opened.
func (d *demo) answerOnPage() {
	before := d.follower.existing(d.unlinked.connection)
	value := d.request(d.unlinked)
	d.followLink(d.pageLink())
	d.awaitCollected(d.unlinked, value, before)
}

// awaitEvent waits for the event that says what became of the login.
func (d *demo) awaitEvent(c *customer, reason string) {
	d.Eventually("event "+reason+" of "+c.connection.Name, patience, func(ctx context.Context) (bool, error) {
		var list eventsv1.EventList
		err := d.Client.List(ctx, &list, client.InNamespace(c.connection.Namespace))
		return err == nil && slices.ContainsFunc(list.Items, func(e eventsv1.Event) bool {
			return e.Regarding.Name == c.connection.Name && e.Reason == reason
		}), err
	})
	d.Say("event: %s", reason)
}
