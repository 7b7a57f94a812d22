package bankconnection

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// maxLiveTwins bounds how many twins of a connection are read live for one decision.
const maxLiveTwins = 16

// twins returns the other connections that the cache shows to be bound to a login, in
// the order of ownership. They belong to the cache: they must not be changed.
//
// What depends on the answer writes a claim first. Once the cache shows that claim it
// holds everything that was stored before it, so this answers as a live list would,
// at a cost that does not depend on how many connections there are.
func (r *Reconciler) twins(ctx context.Context, c *v1alpha1.BankConnection, fingerprint string) ([]*v1alpha1.BankConnection, error) {
	return r.others(ctx, c, client.MatchingFields{indexFingerprint: fingerprint})
}

// others returns the connections, other than the given one, that a selection finds in
// the cache. A list would otherwise wait for the writes of all workers that are under
// way, and one that hangs would block them all.
func (r *Reconciler) others(ctx context.Context, c *v1alpha1.BankConnection, selection client.MatchingFields) ([]*v1alpha1.BankConnection, error) {
	var list v1alpha1.BankConnectionList
	err := r.Client.List(ctx, &list, selection, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
	if err != nil {
		return nil, fmt.Errorf("listing connections with the same login: %w", err)
	}
	var others []*v1alpha1.BankConnection
	for i := range list.Items {
		if list.Items[i].UID != c.UID {
			others = append(others, &list.Items[i])
		}
	}
	slices.SortFunc(others, lifecycle.CompareOwnership)
	return others, nil
}

// readLive returns connections as the API server has them now, without those that are
// gone. It stops at maxLiveTwins; unread are the rest, as they are known.
func (r *Reconciler) readLive(ctx context.Context, known []*v1alpha1.BankConnection) (found, unread []*v1alpha1.BankConnection, err error) {
	for i, c := range known {
		if len(found) == maxLiveTwins {
			return found, known[i:], nil
		}
		latest := &v1alpha1.BankConnection{}
		err := r.Live.Get(ctx, client.ObjectKeyFromObject(c), latest)
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return nil, nil, fmt.Errorf("reading a connection with the same login: %w", err)
		case latest.UID == c.UID:
			found = append(found, latest)
		}
	}
	return found, nil, nil
}

// isDuplicate reports whether the cache knows another connection that owns the login.
func (r *Reconciler) isDuplicate(ctx context.Context, c *v1alpha1.BankConnection, fingerprint string) (bool, error) {
	twins, err := r.twins(ctx, c, fingerprint)
	return err == nil && lifecycle.OwnedByOther(r.Clock.Now(), c, fingerprint, twins), err
}

// sharers returns the other connections that share the login of one that is being
// deleted, as the API server has them now. The Secret is read only if it matters.
func (r *Reconciler) sharers(ctx context.Context, s *scene) ([]*v1alpha1.BankConnection, error) {
	candidates, err := r.others(ctx, s.Connection, client.MatchingFields{indexSecret: secretOf(s.Connection)})
	if err != nil {
		return nil, err
	}
	candidates = slices.DeleteFunc(candidates, func(other *v1alpha1.BankConnection) bool {
		return !lifecycle.MayShareSecret(s.Connection, other)
	})
	var held access
	if len(candidates) > 0 {
		// An unusable Secret holds no login: nobody shares one for its sake.
		if held, _, err = r.identify(ctx, s); err != nil {
			return nil, err
		}
	}
	if b := s.Connection.Status.Binding; b != nil {
		twins, err := r.twins(ctx, s.Connection, b.LoginFingerprint)
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, twins...)
	}
	// Where there are more than are read, those that are read keep the login, or go first.
	live, _, err := r.readLive(ctx, candidates)
	return lifecycle.SharersOf(s.Connection, held.identity.Fingerprint, live), err
}
