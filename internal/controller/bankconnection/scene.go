package bankconnection

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
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
	facts, view, err := r.Logins.ReadFacts(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &scene{view: view, session: r.memory.recall(c)}
	s.Facts = facts
	s.Memory = lifecycle.Memory{
		HasSession: s.session.opens(c), LeftOut: r.IneligibleLogins.Contains(c), RebindAsked: s.session.rebindAsked(),
		Look: s.session.look, NotUntil: s.session.notUntil, RevokeNotUntil: s.session.revokeNotUntil,
	}
	return s, nil
}
