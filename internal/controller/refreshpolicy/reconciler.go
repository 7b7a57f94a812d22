// Package refreshpolicy is about policies that stand alone: finding the one that a
// connection names, counting the connections of each, and saying whether it can work.
package refreshpolicy

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// conflictDelay is how long a cache may need to catch up.
const conflictDelay = time.Second

// Reconciler writes the status of RefreshPolicies. What a policy means for its
// connections is theirs to find out.
type Reconciler struct {
	Client   client.Client
	Clock    clock.PassiveClock
	Recorder events.EventRecorder
	// Tally counts the connections of each policy; the watch of connections updates it.
	Tally *Tally
}

// Reconcile makes at most one write.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	p := &v1alpha1.RefreshPolicy{}
	if err := r.Client.Get(ctx, req.NamespacedName, p); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !p.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	connections := r.Tally.Sum(req.NamespacedName).Total
	err := r.write(ctx, p, instance.RecordPolicy(r.Clock.Now(), p, connections))
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	}
	return ctrl.Result{}, err
}

// write writes the status if it differs.
func (r *Reconciler) write(ctx context.Context, p *v1alpha1.RefreshPolicy, status v1alpha1.RefreshPolicyStatus) error {
	if equality.Semantic.DeepEqual(p.Status, status) {
		return nil
	}
	before := p.Status
	p.Status = status
	if err := r.Client.Status().Update(ctx, p); err != nil {
		return fmt.Errorf("writing the status of %s: %w", client.ObjectKeyFromObject(p), err)
	}
	event.Emit(r.Recorder, p, instance.PolicyEvents(&before, &p.Status)...)
	return nil
}
