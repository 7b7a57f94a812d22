package bankconnection

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/trail"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// errClaimDropped: a write succeeded, and the claim in it is not there.
var errClaimDropped = errors.New("the API server drops claims; is the CustomResourceDefinition up to date?")

// record records an outcome: in the finalizers of an object that parts with its login, and in the
// status of any other. Only a definite answer of Flinks lets an object go: the login is deleted,
// or was gone already.
func (r *Reconciler) record(ctx context.Context, s *scope, o lifecycle.Outcome) (ctrl.Result, error) {
	var err error
	switch a := o.Action.(type) {
	case lifecycle.RemoveSecretFinalizer:
		err = r.removeSecretFinalizer(ctx, s)
	case lifecycle.RemoveFinalizer:
		err = r.removeFinalizer(ctx, s, a.Reason)
	default:
		if !lifecycle.ConfirmsDeletion(s.Connection, o) {
			return r.recordStatus(ctx, s, o)
		}
		r.Deletions.Done(r.Clock.Now(), s.view, s.Connection)
		err = r.removeFinalizer(ctx, s, v1alpha1.ReasonLoginDeleted)
	}
	if err != nil {
		return r.conflict(s.Connection, err)
	}
	return ctrl.Result{}, nil
}

// recordStatus writes the status that results from an outcome, if it differs and is not only that of a
// connection that awaits its first turn. What is lost in a conflict can be had again: only refreshes
// cannot be repeated.
func (r *Reconciler) recordStatus(ctx context.Context, s *scope, o lifecycle.Outcome) (ctrl.Result, error) {
	now, before := r.Clock.Now(), s.Connection.Status
	after := lifecycle.Record(now, s.Inputs, o)
	if !equality.Semantic.DeepEqual(before, after) && !lifecycle.AwaitsFirstTurn(now, s.Inputs, o, &after) {
		s.Connection.Status = after
		if err := r.Client.Status().Update(ctx, s.Connection); err != nil {
			r.unprotectGone(ctx, s, o, err)
			if isOld(err) {
				r.withdrawLink(ctx, s.Connection, o)
			}
			return r.conflict(s.Connection, err)
		}
		event.Emit(r.Recorder, s.Connection, append(lifecycle.Events(&before, &s.Connection.Status), lifecycle.NightlyEvents(s.Connection, o)...)...)
		trail.OfConnection(r.Audit, s.Connection, nil, lifecycle.Acts(&before, &s.Connection.Status)...)
	}
	result := r.next(now, s, o)
	if lifecycle.Is[lifecycle.ClaimDeletion](o.Action) && s.Connection.Status.DeletionClaim == nil {
		return ctrl.Result{}, errClaimDropped
	}
	return result, nil
}

// next remembers what need not be written, and returns when to reconcile again. now is the time
// of the record: what became due while it was written is not part of it.
func (r *Reconciler) next(now time.Time, s *scope, o lifecycle.Outcome) ctrl.Result {
	s.session.keepRequestID(s.Connection, lifecycle.WantsSession(&s.Connection.Status, o))
	s.HasSession, s.IsAsync = s.session.opens(s.Connection), s.session.use == awaitsOutcome
	s.Memory = lifecycle.Remember(now, s.Inputs, o)
	if lifecycle.Is[lifecycle.Observe](o.Action) {
		s.session.rebindsTried = s.session.rebindsAsked
	}
	s.RebindAsked = s.session.rebindAsked()
	s.session.memory = s.Memory
	if s.Connection.Status.Binding != nil {
		s.session.protectedSecret = ""
	}
	s.session.uid, s.session.generation, s.session.old = s.Connection.UID, s.Connection.Generation, oldObject{}
	r.memory.keep(s.name(), s.session)
	if lifecycle.Is[lifecycle.Poll](o.Action) {
		r.Admission.Occupy(s.view, s.Connection) // The session may have ended.
	}
	return ctrl.Result{RequeueAfter: lifecycle.RequeueAfter(now, s.Inputs), Priority: priorities[s.Priority(now)]}
}
