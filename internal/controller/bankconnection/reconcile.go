package bankconnection

import (
	"context"
	"errors"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Reconcile makes at most one Flinks operation and one status write, and a claim
// before that if the operation is a refresh. The claim that comes before a deletion is
// the status write of a reconcile of its own.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	c := &v1alpha1.BankConnection{}
	if err := r.Client.Get(ctx, req.NamespacedName, c); err != nil {
		r.memory.forget(req.NamespacedName)
		r.IneligibleLogins.Forget(req.NamespacedName)
		for _, live := range []bool{true, false} {
			r.Admission.Leave(req.NamespacedName, live)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if wait := r.memory.oldFor(c, r.Clock.Now()); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	if c.DeletionTimestamp.IsZero() {
		// Before anything is called for the object, and both at once: an object that is being
		// deleted takes no new finalizers.
		if err := finalizer.Add(ctx, r.Client, c, v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer); err != nil {
			return r.conflict(c, err)
		}
	}
	s, err := r.readFacts(ctx, c)
	if err != nil {
		return ctrl.Result{}, err
	}
	a, grant, err := r.decide(ctx, s)
	defer grant.Release()
	if err != nil {
		return ctrl.Result{}, err
	}
	s.flinks = r.Flinks(instance.Meter{Grant: grant, Clock: r.Clock, View: s.view, ProbeQueue: r.Logins.ProbeQueue})
	s.leads, s.release = func() bool { return ctx.Err() == nil }, grant.Release
	result, err := r.act(ctx, s, a)
	// A call that outlives the reconcile writes the object meanwhile, and one that is old was not claimed.
	if s.leads() && r.memory.oldFor(s.Connection, r.Clock.Now()) == 0 {
		grant.Stay(lifecycle.CallOutUntil(&s.Connection.Status))
	}
	return result, err
}

// act performs an action and records the outcome. A refresh is claimed first, and its outcome is
// recorded even if ctx ends meanwhile, which no other action needs.
func (r *Reconciler) act(ctx context.Context, s *scope, a lifecycle.Action) (ctrl.Result, error) {
	if refresh, ok := a.(lifecycle.Refresh); ok {
		return r.refresh(ctx, s, refresh)
	}
	outcome, err := r.perform(ctx, s, a)
	s.release() // The writes that follow need no place among the calls.
	switch {
	case errors.Is(err, errOutdated):
		return r.awaitCache(s.Connection), nil
	case err != nil:
		return ctrl.Result{}, err
	}
	return r.record(ctx, s, outcome)
}

// perform makes the calls of an action. What comes of an action without one is known before.
func (r *Reconciler) perform(ctx context.Context, s *scope, a lifecycle.Action) (lifecycle.Outcome, error) {
	switch a := a.(type) {
	case lifecycle.Observe:
		return r.observe(ctx, s, a)
	case lifecycle.Collect:
		return r.collect(ctx, s, a)
	case lifecycle.Poll:
		return r.poll(ctx, s, a)
	case lifecycle.SetNightlyRefresh:
		return r.setNightlyRefresh(ctx, s, a)
	case lifecycle.Delete:
		return r.deleteCard(ctx, s, a)
	case lifecycle.Confirm:
		return r.confirm(ctx, s, a)
	case lifecycle.DeliverLink:
		return r.deliverGatewayLink(ctx, s, a)
	case lifecycle.RevokeSecret:
		return r.revokeSecret(ctx, s, a)
	case lifecycle.Wait, lifecycle.ClaimDeletion, lifecycle.UnclaimDeletion, lifecycle.RemoveFinalizer, lifecycle.RemoveSecretFinalizer, lifecycle.Refresh:
	}
	return lifecycle.Outcome{Action: a}, nil
}
