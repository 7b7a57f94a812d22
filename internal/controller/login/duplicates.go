package login

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// maxLiveReads bounds how many connections with the same login are read live for one decision.
const maxLiveReads = 16

// Duplicates returns the other connections that the cache shows to be bound to a login, in
// the order of ownership. They belong to the cache: they must not be changed.
//
// What depends on the answer writes a claim first. Once the cache shows that claim it
// holds everything that was stored before it, so this answers as a live list would,
// at a cost that does not depend on how many connections there are.
func (r *Reader) Duplicates(ctx context.Context, c *v1alpha1.BankConnection, fingerprint string) ([]*v1alpha1.BankConnection, error) {
	return r.others(ctx, c, client.MatchingFields{IndexFingerprint: fingerprint})
}

// others returns the connections, other than the given one, that a selection finds in
// the cache. A list would otherwise wait for the writes of all workers that are under
// way, and one that hangs would block them all.
func (r *Reader) others(ctx context.Context, c *v1alpha1.BankConnection, selection client.MatchingFields) ([]*v1alpha1.BankConnection, error) {
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

// Latest returns connections as the API server has them now, without those that are
// gone. It stops at maxLiveReads; unread are the rest, as they are known.
func (r *Reader) Latest(ctx context.Context, known []*v1alpha1.BankConnection) (found, unread []*v1alpha1.BankConnection, err error) {
	for i, c := range known {
		if len(found) == maxLiveReads {
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

// isDuplicate reports whether the cache knows another connection that owns the bound login.
func (r *Reader) isDuplicate(ctx context.Context, c *v1alpha1.BankConnection) (bool, error) {
	if c.Status.Binding == nil {
		return false, nil
	}
	fingerprint := c.Status.Binding.LoginFingerprint
	duplicates, err := r.Duplicates(ctx, c, fingerprint)
	return err == nil && lifecycle.OwnedByOther(r.Clock.Now(), c, fingerprint, duplicates), err
}

// Sharers returns the other connections that share the login of one that is being
// deleted, as the API server has them now. The Secret is read only if it matters.
func (r *Reader) Sharers(ctx context.Context, v instance.View, c *v1alpha1.BankConnection) ([]*v1alpha1.BankConnection, error) {
	candidates, err := r.others(ctx, c, client.MatchingFields{IndexSecret: SourceOf(c)})
	if err != nil {
		return nil, err
	}
	candidates = slices.DeleteFunc(candidates, func(other *v1alpha1.BankConnection) bool {
		return !lifecycle.MayShareSecret(c, other)
	})
	var held Access
	if len(candidates) > 0 {
		// An unusable Secret holds no login that another connection could share.
		if held, _, err = r.identify(ctx, v, c); err != nil {
			return nil, err
		}
	}
	if b := c.Status.Binding; b != nil {
		duplicates, err := r.Duplicates(ctx, c, b.LoginFingerprint)
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, duplicates...)
	}
	// Where there are more than are read, those that are read keep the login, or go first.
	live, _, err := r.Latest(ctx, candidates)
	return lifecycle.SharersOf(c, held.Identity.Fingerprint, live), err
}
