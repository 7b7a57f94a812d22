package devplane

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// isReady is true for a connection that works and wants nobody.
func isReady(c *v1alpha1.BankConnection) bool {
	return c != nil && meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) &&
		!wantsPerson(c) && c.Status.Reconnect == nil
}

func wantsPerson(c *v1alpha1.BankConnection) bool {
	return meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionUserActionRequired)
}

// request asks for a refresh, as `kubectl annotate` does, and returns the value
// by which the answer is known.
func (d *demo) request(ctx context.Context, c *customer) (string, error) {
	value := time.Now().UTC().Format(time.RFC3339Nano)
	d.story.say("kubectl annotate --overwrite bankconn %s %s=%s", c.connection.Name, v1alpha1.RefreshRequestedAtAnnotation, value)
	return value, d.patch(ctx, c, fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.RefreshRequestedAtAnnotation, value))
}

func (d *demo) patch(ctx context.Context, c *customer, body string) error {
	o := &v1alpha1.BankConnection{}
	o.Namespace, o.Name = c.connection.Namespace, c.connection.Name
	if err := d.Client.Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(body)), fieldOwner); err != nil {
		return fmt.Errorf("changing %s: %w", c.connection.Name, err)
	}
	return nil
}

// refresh shows a refresh that ends with new data.
func (d *demo) refresh(ctx context.Context) error {
	before, err := d.follower.existing(d.calm.connection)
	if err != nil {
		return err
	}
	value, err := d.request(ctx, d.calm)
	if err != nil {
		return err
	}
	d.story.say("(Flinks fetches the data for a while, and wants to be asked for them every 10 s)")
	return d.untilCollected(ctx, d.calm, value, before)
}

// untilCollected waits for the end of a requested refresh: new data, and the
// accounts.
func (d *demo) untilCollected(ctx context.Context, asked *customer, value string, before *v1alpha1.BankConnection) error {
	c, err := d.follower.until(ctx, d.options.Patience, asked.connection, "be ready with new data and accounts", func(c *v1alpha1.BankConnection) bool {
		return isReady(c) && answeredWith(c, value, v1alpha1.RequestSucceeded) && len(c.Status.Accounts) > 0 &&
			c.Status.Refresh != nil && c.Status.Refresh.Phase == v1alpha1.RefreshSucceeded &&
			before.Status.LastRefreshTime.Before(c.Status.LastRefreshTime)
	})
	if err != nil {
		return err
	}
	d.story.say("accounts: %s", accountsOf(c))
	return nil
}

func answeredWith(c *v1alpha1.BankConnection, value string, result v1alpha1.RequestResult) bool {
	handled := c.Status.LastHandledRequest
	return handled != nil && handled.Value == value && handled.Result == result
}

func accountsOf(c *v1alpha1.BankConnection) string {
	var texts []string
	for _, a := range c.Status.Accounts {
		texts = append(texts, a.Type+" ("+a.Currency+")")
	}
	return strings.Join(texts, ", ")
}

// reconnect shows a refresh that a bank answers with a question: a link appears,
// the person answers behind it, and the operator finds out.
func (d *demo) reconnect(ctx context.Context) error {
	before, err := d.follower.existing(d.asked.connection)
	if err != nil {
		return err
	}
	value, err := d.request(ctx, d.asked)
	if err != nil {
		return err
	}
	c, err := d.follower.until(ctx, d.options.Patience, d.asked.connection, "show a link for the person", func(c *v1alpha1.BankConnection) bool {
		return c != nil && wantsPerson(c) && c.Status.Reconnect != nil && c.Status.Reconnect.URL != "" &&
			answeredWith(c, value, v1alpha1.RequestUserActionRequired)
	})
	if err != nil {
		return err
	}
	if err := d.checkQuestion(c); err != nil {
		return err
	}
	if err := d.answer(ctx, c); err != nil {
		return err
	}
	return d.untilCollected(ctx, d.asked, value, before)
}

// checkQuestion makes sure that the status says what the bank asks, while the old
// data stay good, and that Flinks has one session that waits.
func (d *demo) checkQuestion(c *v1alpha1.BankConnection) error {
	link := c.Status.Reconnect
	d.story.say("link:    %s\nasked:   %s, until %s", link.URL, strings.Join(link.ChallengeTypes, ", "), link.ExpirationTime.UTC().Format("15:04:05Z"))
	switch {
	case !slices.Equal(link.ChallengeTypes, []string{"QuestionAndAnswer"}):
		return fmt.Errorf("%s: challengeTypes are %q, want one QuestionAndAnswer", c.Name, link.ChallengeTypes)
	case !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady):
		return fmt.Errorf("%s: is not ready any more, although its data are new enough", c.Name)
	case d.Simulator.OpenSessions(d.asked.loginID) != 1:
		return fmt.Errorf("%s: Flinks has %d open sessions, want 1", c.Name, d.Simulator.OpenSessions(d.asked.loginID))
	}
	return nil
}

// answer has the person open the link, and answer the bank.
func (d *demo) answer(ctx context.Context, c *v1alpha1.BankConnection) error {
	done, err := d.asked.person.Answer(ctx, c.Status.Reconnect.URL)
	if err != nil {
		return fmt.Errorf("answering for %s: %w", c.Name, err)
	}
	if done.LoginID != d.asked.loginID {
		return fmt.Errorf("answering for %s: Connect handed out another loginId", c.Name)
	}
	login, _ := d.Simulator.Login(d.asked.loginID)
	if login.Prompts != login.Answers {
		return fmt.Errorf("%s: the person was asked %d times and answered %d times", c.Name, login.Prompts, login.Answers)
	}
	d.story.say("answered by %s in Connect: %s", d.asked.person.Username, strings.Join(done.Events, " → "))
	return nil
}
