package bankconnection

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// scene is the world of one reconcile, and what is needed to act in it.
type scene struct {
	lifecycle.Inputs
	view    instance.View
	session session
	flinks  Flinks
	// looked is nil if nothing was looked at ahead.
	looked *looked
}

func (s *scene) name() types.NamespacedName { return client.ObjectKeyFromObject(s.Connection) }

// look reads the world, from the cache and from memory.
func (r *Reconciler) look(ctx context.Context, c *v1alpha1.BankConnection) (*scene, error) {
	view, problem, err := r.Instances.Resolve(ctx, c)
	if err != nil {
		return nil, err
	}
	policy, err := refreshpolicy.Resolve(ctx, r.Client, c)
	if err != nil {
		return nil, err
	}
	var duplicate bool
	if b := c.Status.Binding; b != nil {
		if duplicate, err = r.isDuplicate(ctx, c, b.LoginFingerprint); err != nil {
			return nil, err
		}
	}
	deletions, err := r.Deletions.Ask(ctx, r.Clock.Now(), view, c)
	if err != nil {
		return nil, err
	}
	r.Gate.Occupy(view, c)
	s := &scene{view: view, session: r.memory.recall(c)}
	s.Facts = lifecycle.Facts{
		Connection: c,
		Instance: lifecycle.Instance{
			Problem: problem, Policy: view.Identity.RefreshPolicy, Retention: view.Identity.Retention,
			Name: view.Identity.Instance, CustomerID: view.Identity.CustomerID, Host: view.HostFingerprint(),
			Deletions: deletions,
		},
		Policy: policy, Gateway: r.Links.gateway(view, c.UID), Duplicate: duplicate,
	}
	s.Memory = lifecycle.Memory{
		HasSession: s.session.opens(c), LeftOut: r.LeftOut.Contains(c), RebindAsked: s.session.rebindAsked(),
		Look: s.session.look, NotUntil: s.session.notUntil, WithdrawNotUntil: s.session.withdrawNotUntil,
	}
	if lifecycle.PartsWithLogin(c) {
		if s.Sharers, err = r.sharers(ctx, s); err != nil {
			return nil, err
		}
	}
	return s, nil
}
