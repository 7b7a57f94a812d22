package devplane

import (
	"context"
	"errors"
	"fmt"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// demo is the operator's main job, as it is carried out.
type demo struct {
	*Plane
	story    *story
	follower *follower

	// calm is a login that no bank asks about; asked is one that the bank asks a
	// question about at each refresh.
	calm, asked *customer
	// newcomer links their bank on the gateway's page, and is asked like asked.
	newcomer *customer
	page     *visitor
}

// step is a part of the demo. It fails if what it waits for does not happen.
type step struct {
	title string
	do    func(context.Context) error
}

// Demo brings everything up, carries out the operator's main job, checks what
// came of each step, and takes everything down again.
func Demo(ctx context.Context, o Options) error {
	s := newStory(o.Out)
	s.line("Bringing up a control plane, a simulator of Flinks and the operator")
	o.recorded = true
	p, err := Start(ctx, o)
	if err != nil {
		return err
	}
	s.say("%s", p.facts())
	d := &demo{
		Plane: p, story: s,
		calm:     newCustomer("greatday_nomfa", v1alpha1.DeletionPolicyDelete),
		asked:    newCustomer("Greatday", v1alpha1.DeletionPolicyRetain),
		newcomer: newCustomer("Greatday+new", v1alpha1.DeletionPolicyDelete),
	}
	if err := errors.Join(p.blame(ctx, d.run(ctx)), p.Stop()); err != nil {
		return err
	}
	s.title("demo passed in %.0f s", s.elapsed().Seconds())
	return nil
}

func (d *demo) run(ctx context.Context) error {
	ctx, cancel := d.whileUp(ctx)
	defer cancel()
	var err error
	if d.follower, err = follow(ctx, d.Client, d.story.row); err != nil {
		return err
	}
	defer d.leave()
	if err := d.story.tell(ctx, d.steps()); err != nil {
		return errors.Join(err, d.managerErrors())
	}
	return nil
}

func (d *demo) steps() []step {
	return []step{
		{"Two people link their bank in Flinks Connect", d.link},
		{"Their loginIds become Secrets; the sample BankConnections are applied", d.connect},
		{"A refresh is requested for a login that its bank asks nothing about", d.refresh},
		{"A refresh is requested, and the bank asks the person something", d.reconnect},
		{"A connection is applied before its bank is linked; the person links it on a page, in Chromium", d.linkOnPage},
		{"Its bank asks the person something, and they answer it behind the link", d.answerOnPage},
		{"The simulator's journal: one live session per login at any time", d.checkSessions},
		{"The connections are deleted, one with each deletionPolicy", d.remove},
		{"Every status that the operator wrote, and every call behind it, computed again from the logs", d.checkReplay},
		{"What the operator wrote: no loginId, key or requestId, and no complaint", d.checkWritings},
	}
}

// tell carries out steps until one fails.
func (s *story) tell(ctx context.Context, steps []step) error {
	for i, step := range steps {
		s.title("%d. %s", i+1, step.title)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("step %d failed after %s: %w", i+1, seconds(s.elapsed()), err)
		}
	}
	return nil
}
