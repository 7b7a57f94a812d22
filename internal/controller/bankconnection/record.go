package bankconnection

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// record writes what an outcome makes of the status, if that differs. What is lost
// in a conflict can be had again: only refreshes cannot be repeated.
func (r *Reconciler) record(ctx context.Context, s *scene, o lifecycle.Outcome) (ctrl.Result, error) {
	now, before := r.Clock.Now(), s.Connection.Status
	after := lifecycle.Record(now, s.Inputs, o)
	if !equality.Semantic.DeepEqual(before, after) {
		s.Connection.Status = after
		if err := r.Client.Status().Update(ctx, s.Connection); err != nil {
			r.unhold(ctx, s, o, err)
			return r.conflict(s.Connection, err)
		}
		event.Emit(r.Recorder, s.Connection, append(lifecycle.Events(&before, &s.Connection.Status), lifecycle.NightlyEvents(s.Connection, o)...)...)
	}
	return r.next(now, s, o), nil
}

// settle writes the outcome of a refresh. It cannot be had again, so an object
// that has changed meanwhile is read anew, as long as the claim is still ours.
func (r *Reconciler) settle(ctx context.Context, writer client.Client, s *scene, before v1alpha1.BankConnectionStatus, o lifecycle.Outcome) (ctrl.Result, error) {
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
			return r.next(now, s, o), nil
		}
		if !isOld(err) {
			return ctrl.Result{}, err
		}
		latest := &v1alpha1.BankConnection{}
		if err := r.Live.Get(ctx, s.name(), latest); err != nil {
			return r.conflict(s.Connection, err)
		}
		if !holds(latest, s.Connection, claimed.Refresh.Nonce) {
			if o.SecretName != "" {
				// Nobody knows of it, nor would take it back.
				r.withdraw(ctx, s, lifecycle.Action{DeliveredSecret: lifecycle.LinkSecret})
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

// holds is true if the object is the one that was claimed, and the claim stands.
func holds(latest, claimed *v1alpha1.BankConnection, nonce string) bool {
	refresh := latest.Status.Refresh
	return latest.UID == claimed.UID && refresh != nil && refresh.Nonce == nonce &&
		refresh.Phase == v1alpha1.RefreshClaimed
}

// next remembers what need not be written, and says when to look again. now is the time
// of the record: what became due while it was written is not part of it.
func (r *Reconciler) next(now time.Time, s *scene, o lifecycle.Outcome) ctrl.Result {
	s.session.keepRequestID(s.Connection, lifecycle.WantsSession(&s.Connection.Status, o))
	s.HasSession = s.session.opens(s.Connection)
	switch o.Action.Kind {
	case lifecycle.Wait:
	case lifecycle.RevokeSecret:
		s.session.revokeNotUntil = now.Add(lifecycle.RetryDelay(now, s.Inputs, o))
	default:
		s.session.notUntil = now.Add(lifecycle.RetryDelay(now, s.Inputs, o))
	}
	if o.Action.Kind == lifecycle.Observe {
		s.session.rebindsTried = s.session.rebindsAsked
	}
	s.Look = lifecycle.LookAfter(now, s.Inputs, o)
	s.session.look = s.Look
	s.NotUntil, s.RebindAsked = s.session.notUntil, s.session.rebindAsked()
	s.RevokeNotUntil = s.session.revokeNotUntil
	if s.Connection.Status.Binding != nil {
		s.session.heldSecret = ""
	}
	s.session.uid, s.session.generation, s.session.old = s.Connection.UID, s.Connection.Generation, oldObject{}
	r.memory.keep(s.name(), s.session)
	return ctrl.Result{RequeueAfter: lifecycle.RequeueAfter(now, s.Inputs), Priority: priorities[s.Priority(now)]}
}
