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
// The cache speaks for the rest.
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
// gone. Only the first maxLiveTwins are read.
func (r *Reconciler) readLive(ctx context.Context, known []*v1alpha1.BankConnection) ([]*v1alpha1.BankConnection, error) {
	var found []*v1alpha1.BankConnection
	for i, c := range known {
		if i >= maxLiveTwins {
			return append(found, known[i:]...), nil
		}
		latest := &v1alpha1.BankConnection{}
		err := r.Live.Get(ctx, client.ObjectKeyFromObject(c), latest)
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return nil, fmt.Errorf("reading a connection with the same login: %w", err)
		case latest.UID == c.UID:
			found = append(found, latest)
		}
	}
	return found, nil
}

// isDuplicate reports whether the cache knows another connection that owns the login.
func (r *Reconciler) isDuplicate(ctx context.Context, c *v1alpha1.BankConnection, fingerprint string) (bool, error) {
	twins, err := r.twins(ctx, c, fingerprint)
	return err == nil && lifecycle.OwnedByOther(r.Clock.Now(), c, fingerprint, twins), err
}
