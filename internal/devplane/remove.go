package devplane

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// remove deletes both connections. Only the login whose connection says so is
// deleted at Flinks.
func (d *demo) remove(ctx context.Context) error {
	for _, c := range d.customers() {
		if err := d.setPolicy(ctx, c); err != nil {
			return err
		}
		if err := d.removeOne(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// setPolicy sees to it that the connection has the deletionPolicy to be shown.
func (d *demo) setPolicy(ctx context.Context, c *customer) error {
	now, err := d.follower.existing(c.connection)
	if err != nil {
		return err
	}
	if cmp.Or(now.Spec.DeletionPolicy, v1alpha1.DeletionPolicyDelete) == c.policy {
		return nil
	}
	body := fmt.Sprintf(`{"spec":{"deletionPolicy":%q}}`, c.policy)
	d.story.say("kubectl patch bankconn %s --type=merge -p '%s'", c.connection.Name, body)
	return d.patch(ctx, c, body)
}

func (d *demo) removeOne(ctx context.Context, c *customer) error {
	d.story.say("kubectl delete bankconn %s", c.connection.Name)
	o := &v1alpha1.BankConnection{}
	o.Namespace, o.Name = c.connection.Namespace, c.connection.Name
	if err := d.Client.Delete(ctx, o); err != nil {
		return fmt.Errorf("deleting %s: %w", c.connection.Name, err)
	}
	gone := func(c *v1alpha1.BankConnection) bool { return c == nil }
	if _, err := d.follower.until(ctx, d.options.Patience, c.connection, "be gone", gone); err != nil {
		return err
	}
	calls := d.calls(func(e flinkssim.Entry) bool { return e.Endpoint == "DeleteCard" && e.LoginID == c.loginID })
	deletes := c.policy == v1alpha1.DeletionPolicyDelete
	login, _ := d.Simulator.Login(c.loginID)
	d.story.say("Flinks saw: %s", listed(calls))
	switch {
	case login.Deleted != deletes:
		return fmt.Errorf("%s: deleted at Flinks is %t, want %t", c.connection.Name, login.Deleted, deletes)
	case !deletes && len(calls) > 0:
		return fmt.Errorf("%s: Flinks was asked to delete a login that is to be kept", c.connection.Name)
	}
	return d.untilEvent(ctx, c)
}

// untilEvent waits for the event that says what became of the login.
func (d *demo) untilEvent(ctx context.Context, c *customer) error {
	reason := v1alpha1.ReasonLoginRetained
	if c.policy == v1alpha1.DeletionPolicyDelete {
		reason = v1alpha1.ReasonLoginDeleted
	}
	err := wait.PollUntilContextTimeout(ctx, pollInterval, d.options.Patience, true, func(ctx context.Context) (bool, error) {
		var list eventsv1.EventList
		err := d.Client.List(ctx, &list, client.InNamespace(c.connection.Namespace))
		return err == nil && slices.ContainsFunc(list.Items, func(e eventsv1.Event) bool {
			return e.Regarding.Name == c.connection.Name && e.Reason == reason
		}), err
	})
	if err != nil {
		return fmt.Errorf("waiting for an event of %s with reason %s: %w", c.connection.Name, reason, err)
	}
	d.story.say("event: %s", reason)
	return nil
}
