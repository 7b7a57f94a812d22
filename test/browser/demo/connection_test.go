package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// connect stores each loginId in a Secret, applies a BankConnection for it, and waits until the
// operator has observed the login.
func (d *demo) connect() {
	d.Say("kubectl apply: config/samples, with these loginIds")
	d.applySample("login_secret.yaml",
		"00000000-0000-0000-0000-000000000000", d.calm.loginID, "00000000-0000-0000-0000-000000000001", d.asked.loginID)
	d.applySample("bankconnection_manual.yaml")
	d.applySample("bankconnection_scheduled.yaml")
	for _, c := range d.known() {
		d.follower.await(c.connection, "become ready", isReady)
		d.checkObserved(c)
	}
}

// checkObserved makes sure that one cached Authorize was enough to know a login, so that no bank
// was contacted.
func (d *demo) checkObserved(c *customer) {
	calls := d.calls(func(e flinkssim.Entry) bool { return e.Endpoint == "Authorize" && e.LoginID == c.loginID })
	d.Say("Flinks saw: %s", listed(calls))
	if len(calls) != 1 || calls[0].Mode != "cached" {
		d.T.Fatalf("connecting %s took these calls of Authorize, want a cached one alone:\n%s", c.connection.Name, listed(calls))
	}
}

// isReady reports whether a connection works and needs no person.
func isReady(c *v1alpha1.BankConnection) bool {
	return c != nil && meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) &&
		!wantsPerson(c) && c.Status.Reconnect == nil
}

func wantsPerson(c *v1alpha1.BankConnection) bool {
	return meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionUserActionRequired)
}

// request asks for a refresh, and returns the value by which its result is known.
func (d *demo) request(c *customer) (value string) {
	value = time.Now().UTC().Format(time.RFC3339Nano)
	d.kubectl("annotate", "--overwrite", "bankconn", c.connection.Name, v1alpha1.RefreshRequestedAtAnnotation+"="+value)
	return value
}

// kubectl runs kubectl, and reports what it runs.
func (d *demo) kubectl(args ...string) {
	shown := slices.Clone(args)
	for i, arg := range shown {
		if strings.ContainsAny(arg, `{"`) {
			shown[i] = "'" + arg + "'"
		}
	}
	d.Say("kubectl %s", strings.Join(shown, " "))
	d.Kubectl(args...)
}

// refresh shows a refresh that ends with new data.
func (d *demo) refresh() {
	before := d.follower.existing(d.calm.connection)
	value := d.request(d.calm)
	d.Say("(Flinks fetches the data for a while, and wants to be asked for them every 10 s)")
	d.awaitCollected(d.calm, value, before)
}

// awaitCollected waits for the end of a requested refresh: new data, and the accounts.
func (d *demo) awaitCollected(asked *customer, value string, before *v1alpha1.BankConnection) {
	c := d.follower.await(asked.connection, "be ready with new data and accounts", func(c *v1alpha1.BankConnection) bool {
		return isReady(c) && handled(c, value, v1alpha1.RequestSucceeded) && len(c.Status.Accounts) > 0 &&
			c.Status.Refresh != nil && c.Status.Refresh.State == v1alpha1.RefreshSucceeded &&
			before.Status.LastRefreshTime.Before(c.Status.LastRefreshTime)
	})
	var accounts []string
	for _, a := range c.Status.Accounts {
		accounts = append(accounts, a.Type+" ("+a.Currency+")")
	}
	d.Say("accounts: %s", strings.Join(accounts, ", "))
}

func handled(c *v1alpha1.BankConnection, value string, result v1alpha1.RequestResult) bool {
	last := c.Status.LastHandledRequest
	return last != nil && last.Value == value && last.Result == result
}

// reconnect shows a refresh that a bank answers with a question: a link appears, the person
// answers behind it, and the operator finds out.
func (d *demo) reconnect() {
	before := d.follower.existing(d.asked.connection)
	value := d.request(d.asked)
	c := d.follower.await(d.asked.connection, "show a link for the person", func(c *v1alpha1.BankConnection) bool {
		return hasLink(c) && handled(c, value, v1alpha1.RequestUserActionRequired)
	})
	d.checkQuestion(c)
	d.answer(c)
	d.awaitCollected(d.asked, value, before)
}

func hasLink(c *v1alpha1.BankConnection) bool {
	return c != nil && wantsPerson(c) && c.Status.Reconnect != nil && c.Status.Reconnect.Link.URL != ""
}

// checkQuestion makes sure that the status says what the bank asks, that the old data stays good,
// and that Flinks has one session that waits.
func (d *demo) checkQuestion(c *v1alpha1.BankConnection) {
	link := c.Status.Reconnect
	d.Say("link:    %s\nasked:   %s, until %s", link.Link.URL, strings.Join(link.Question.ChallengeTypes, ", "), link.Question.ExpirationTime.UTC().Format("15:04:05Z"))
	if !slices.Equal(link.Question.ChallengeTypes, []string{"QuestionAndAnswer"}) {
		d.T.Errorf("%s: challengeTypes are %q, want one QuestionAndAnswer", c.Name, link.Question.ChallengeTypes)
	}
	if !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) {
		d.T.Errorf("%s: is not ready any more, although its data is new enough", c.Name)
	}
	if n := d.Sim.OpenSessions(d.asked.loginID); n != 1 {
		d.T.Errorf("%s: Flinks has %d open sessions, want 1", c.Name, n)
	}
}

// answer has the person open the link, and answer the bank.
func (d *demo) answer(c *v1alpha1.BankConnection) {
	done, err := d.asked.person.Answer(d.T.Context(), c.Status.Reconnect.Link.URL)
	if err != nil {
		d.T.Fatalf("answering for %s: %v", c.Name, err)
	}
	if done.LoginID != d.asked.loginID {
		d.T.Fatalf("answering for %s: Connect handed out another loginId", c.Name)
	}
	if login, _ := d.Sim.Login(d.asked.loginID); login.Prompts != login.Answers {
		d.T.Fatalf("%s: the person was asked %d times and answered %d times", c.Name, login.Prompts, login.Answers)
	}
	d.Say("answered by %s in Connect: %s", d.asked.person.Username, strings.Join(done.Events, " → "))
}

// remove deletes the connections. Only the logins whose connection says so are deleted at Flinks.
func (d *demo) remove() {
	for _, c := range d.people() {
		if now := d.follower.existing(c.connection); cmp.Or(now.Spec.DeletionPolicy, v1alpha1.DeletionPolicyDelete) != c.policy {
			d.kubectl("patch", "bankconn", c.connection.Name, "--type=merge", "-p", fmt.Sprintf(`{"spec":{"deletionPolicy":%q}}`, c.policy))
		}
		d.removeOne(c)
	}
}

func (d *demo) removeOne(c *customer) {
	d.kubectl("delete", "bankconn", c.connection.Name)
	d.follower.await(c.connection, "be gone", func(c *v1alpha1.BankConnection) bool { return c == nil })
	calls := d.calls(func(e flinkssim.Entry) bool { return e.Endpoint == "DeleteCard" && e.LoginID == c.loginID })
	d.Say("Flinks saw: %s", listed(calls))
	deletes, reason := c.policy == v1alpha1.DeletionPolicyDelete, v1alpha1.ReasonLoginRetained
	if deletes {
		reason = v1alpha1.ReasonLoginDeleted
	}
	if login, _ := d.Sim.Login(c.loginID); login.Deleted != deletes {
		d.T.Fatalf("%s: deleted at Flinks is %t, want %t", c.connection.Name, login.Deleted, deletes)
	}
	if !deletes && len(calls) > 0 {
		d.T.Fatalf("%s: Flinks was asked to delete a login that is to be kept", c.connection.Name)
	}
	d.awaitEvent(c, reason)
}
