package instance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TokenSource is the part of Flinks that an instance needs.
type TokenSource interface {
	// GenerateAuthorizeToken asks for a single-use token. It may be called any
	// number of times: unused tokens die alone. Errors are *flinks.Error; class
	// instance means that the keys or the customerId are refused.
	GenerateAuthorizeToken(context.Context, flinks.Endpoint, flinks.Credentials) (flinks.AuthorizeToken, error)
}

// Reconciler finds out whether Flinks accepts the keys of an instance, and counts
// its connections. One Reconciler serves one Kind.
type Reconciler struct {
	Kind     v1alpha1.InstanceKind
	Client   client.Client
	Flinks   TokenSource
	Keyring  *Keyring
	Suspects *Suspects
	Clock    clock.PassiveClock
	Recorder events.EventRecorder

	// notUntil paces probes that failed. It may be lost at any time.
	notUntil sync.Map // Key → pace
}

type pace struct {
	generation int64
	until      time.Time
}

// Reconcile makes at most one call and at most one write.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	object := newObject(r.Kind)
	if err := r.Client.Get(ctx, req.NamespacedName, object); err != nil {
		r.forget(Key{Kind: r.Kind, Namespace: req.Namespace, Name: req.Name})
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !object.GetDeletionTimestamp().IsZero() {
		return ctrl.Result{}, nil
	}
	view := viewOf(object)
	world, err := r.world(ctx, view)
	if err != nil {
		return ctrl.Result{}, err
	}
	now := r.Clock.Now()
	var probe *lifecycle.Probe
	if lifecycle.ProbeDue(now, world) {
		if probe, err = r.probe(ctx, view); err != nil {
			return ctrl.Result{}, err
		}
		now = r.Clock.Now()
	}
	status := lifecycle.RecordInstance(now, world, probe)
	if err := r.write(ctx, view, status); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	return r.result(now, view.Key, world, status, probe), nil
}

func (r *Reconciler) world(ctx context.Context, v View) (lifecycle.InstanceWorld, error) {
	counts, err := r.count(ctx, v.Key)
	w := lifecycle.InstanceWorld{
		Generation:  v.Object.GetGeneration(),
		Status:      v.Status,
		Suspect:     r.Suspects.contains(v.Key),
		Connections: counts,
	}
	if p, ok := r.notUntil.Load(v.Key); ok && p.(pace).generation == w.Generation {
		w.NotUntil = p.(pace).until
	}
	return w, err
}

func (r *Reconciler) count(ctx context.Context, k Key) (v1alpha1.ConnectionCounts, error) {
	var list v1alpha1.BankConnectionList
	err := r.Client.List(ctx, &list, client.MatchingFields{IndexInstance: k.String()}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return v1alpha1.ConnectionCounts{}, fmt.Errorf("listing the connections of %s: %w", k, err)
	}
	var counts v1alpha1.ConnectionCounts
	for i := range list.Items {
		conditions := list.Items[i].Status.Conditions
		counts.Total++
		if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
			counts.Ready++
		}
		if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionUserActionRequired) {
			counts.UserActionRequired++
		}
		if lifecycle.IsOverdue(&list.Items[i].Status) {
			counts.Overdue++
		}
	}
	return counts, nil
}

// probe tries the keys as they are in the Secret now.
func (r *Reconciler) probe(ctx context.Context, v View) (*lifecycle.Probe, error) {
	r.Keyring.Forget(v.Key)
	endpoint, err := v.Endpoint()
	if err != nil {
		return &lifecycle.Probe{Problem: v1alpha1.ReasonEndpointInvalid}, nil //nolint:nilerr // The reason is the record of it.
	}
	credentials, problem, err := r.Keyring.Credentials(ctx, v)
	if err != nil || problem != "" {
		return &lifecycle.Probe{Problem: problem}, err
	}
	_, err = r.Flinks.GenerateAuthorizeToken(ctx, endpoint, credentials)
	if refused, ok := errors.AsType[*flinks.Error](err); ok {
		return &lifecycle.Probe{Err: refused}, nil
	}
	return &lifecycle.Probe{}, err
}

// write writes the status if it differs.
func (r *Reconciler) write(ctx context.Context, v View, status v1alpha1.InstanceStatus) error {
	if equality.Semantic.DeepEqual(*v.Status, status) {
		return nil
	}
	before := *v.Status
	*v.Status = status
	if err := r.Client.Status().Update(ctx, v.Object); err != nil {
		return fmt.Errorf("writing the status of %s: %w", v.Key, err)
	}
	r.tell(v, before)
	return nil
}

func (r *Reconciler) tell(v View, before v1alpha1.InstanceStatus) {
	was := meta.FindStatusCondition(before.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(v.Status.Conditions, v1alpha1.ConditionReady)
	if is == nil || (was != nil && was.Reason == is.Reason) {
		return
	}
	eventType := corev1.EventTypeNormal
	if !meta.IsStatusConditionTrue(v.Status.Conditions, v1alpha1.ConditionReady) {
		eventType = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(v.Object, nil, eventType, is.Reason, "Probe", "%s", is.Message)
}

func (r *Reconciler) result(now time.Time, k Key, w lifecycle.InstanceWorld, status v1alpha1.InstanceStatus, probe *lifecycle.Probe) ctrl.Result {
	if probe == nil {
		return ctrl.Result{RequeueAfter: max(0, w.NotUntil.Sub(now))}
	}
	if probe.Cleared() {
		r.Suspects.clear(k)
	}
	if probe.Problem == "" && probe.Err == nil {
		r.notUntil.Delete(k)
		return ctrl.Result{}
	}
	wait := lifecycle.ProbePace(now, &status)
	if probe.Err != nil {
		wait = max(wait, probe.Err.RetryAfter)
	}
	r.notUntil.Store(k, pace{generation: w.Generation, until: now.Add(wait)})
	return ctrl.Result{RequeueAfter: wait}
}

func (r *Reconciler) forget(k Key) {
	r.Keyring.Forget(k)
	r.Suspects.clear(k)
	r.notUntil.Delete(k)
}
