package bankconnection

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/controller/trail"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// settle writes the outcome of a refresh. It cannot be had again, so an object
// that has changed meanwhile is read again, as long as the claim is still ours.
func (r *Reconciler) settle(ctx context.Context, writer client.Client, s *scope, before v1alpha1.BankConnectionStatus, o lifecycle.Outcome) (ctrl.Result, error) {
	claimed := s.Connection.Status
	for {
		now, stored := r.Clock.Now(), s.Connection.Status
		s.Connection.Status = lifecycle.Record(now, s.Inputs, o)
		if equality.Semantic.DeepEqual(stored, s.Connection.Status) {
			return r.next(now, s, o), nil // It is being deleted.
		}
		err := writer.Status().Update(ctx, s.Connection)
		if err == nil {
			event.Emit(r.Recorder, s.Connection, lifecycle.Events(&before, &s.Connection.Status)...)
			trail.OfConnection(r.Audit, s.Connection, nil, lifecycle.Acts(&stored, &s.Connection.Status)...)
			return r.next(now, s, o), nil
		}
		if !isOld(err) {
			return ctrl.Result{}, err
		}
		latest := &v1alpha1.BankConnection{}
		if err := r.Live.Get(ctx, s.name(), latest); err != nil {
			return r.conflict(s.Connection, err)
		}
		if !claimStands(latest, s.Connection, claimed.Internal.Nonce) {
			if o.Delivery.SecretName != "" {
				// No status names it, so nothing else would delete it.
				r.Secrets.Delete(ctx, s.Connection, o.Delivery.SecretName, v1alpha1.PurposeLink, nil)
			}
			return ctrl.Result{}, fmt.Errorf("the claim on %s was lost", s.name())
		}
		s.Connection = latest
		// It may name another policy than before.
		if policy, err := refreshpolicy.Resolve(ctx, r.Client, latest); err == nil {
			s.Policy = policy
		}
	}
}

// claimStands reports whether the object is the one that was claimed, and the claim stands.
func claimStands(latest, claimed *v1alpha1.BankConnection, nonce string) bool {
	refresh := latest.Status.Refresh
	return latest.UID == claimed.UID && refresh != nil && latest.Status.Internal.Nonce == nonce &&
		refresh.State == v1alpha1.RefreshClaimed
}

// awaitClaim waits until the cache shows the claim that was just written. Only the write
// of this very object is waited for, and no longer than the claim may live.
func (r *Reconciler) awaitClaim(ctx context.Context, s *scope) error {
	ctx, cancel := context.WithTimeout(ctx, lifecycle.ClaimLifetime)
	defer cancel()
	seen := &v1alpha1.BankConnection{}
	if err := r.Client.Get(ctx, s.name(), seen); err != nil {
		return fmt.Errorf("waiting for the claim to be seen: %w", err)
	}
	if !claimStands(seen, s.Connection, s.Connection.Status.Internal.Nonce) {
		return errors.New("the cache does not show the claim")
	}
	return nil
}
