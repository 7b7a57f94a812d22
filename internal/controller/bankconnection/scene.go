package bankconnection

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// scene is the world of one reconcile, and what is needed to act in it.
type scene struct {
	lifecycle.World
	view    instance.View
	session session
	flinks  Flinks
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
		if duplicate, err = r.hasOlderTwin(ctx, c, b.LoginFingerprint); err != nil {
			return nil, err
		}
	}
	deletions, err := r.Deletions.Ask(ctx, r.Clock.Now(), view, c)
	if err != nil {
		return nil, err
	}
	s := &scene{view: view, session: r.memory.recall(c)}
	s.World = lifecycle.World{
		Connection: c,
		Instance: lifecycle.Instance{
			Problem: problem, Policy: view.Identity.RefreshPolicy, Retention: view.Identity.Retention,
			Deletions: deletions,
		},
		Policy:      policy,
		Gateway:     r.Links.gateway(view, c.UID),
		Duplicate:   duplicate,
		HasSession:  !s.session.requestID.IsZero(),
		LeftOut:     r.LeftOut.Contains(c),
		NotUntil:    s.session.notUntil,
		RebindAsked: s.session.rebindAsked(),

		WithdrawNotUntil: s.session.withdrawNotUntil,
	}
	return s, nil
}

// hasOlderTwin is true if the cache knows an older connection with the same login.
func (r *Reconciler) hasOlderTwin(ctx context.Context, c *v1alpha1.BankConnection, fingerprint string) (bool, error) {
	twins, err := r.twins(ctx, r.Client, client.MatchingFields{indexFingerprint: fingerprint}, c)
	if err != nil {
		return false, err
	}
	for i := range twins {
		if older(&twins[i], c) {
			return true, nil
		}
	}
	return false, nil
}

// twins are the other connections that a selection finds.
func (r *Reconciler) twins(ctx context.Context, from client.Reader, selection client.MatchingFields, c *v1alpha1.BankConnection) ([]v1alpha1.BankConnection, error) {
	var list v1alpha1.BankConnectionList
	if err := from.List(ctx, &list, selection); err != nil {
		return nil, fmt.Errorf("listing connections with the same login: %w", err)
	}
	var twins []v1alpha1.BankConnection
	for _, other := range list.Items {
		if other.UID != c.UID {
			twins = append(twins, other)
		}
	}
	return twins, nil
}

// older decides which of two connections owns a login: creation times have whole
// seconds, so the UID settles a tie.
func older(a, b *v1alpha1.BankConnection) bool {
	if a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.UID < b.UID
	}
	return a.CreationTimestamp.Before(&b.CreationTimestamp)
}
