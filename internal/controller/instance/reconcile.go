package instance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/trail"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// Reconcile makes at most one call and writes the status at most once. Finalizers
// come before that.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	object := newObject(r.Kind)
	if err := r.Client.Get(ctx, req.NamespacedName, object); err != nil {
		r.forget(Key{Kind: r.Kind, Namespace: req.Namespace, Name: req.Name})
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	view := viewOf(object)
	world, err := r.world(ctx, view)
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.keepFinalizer(ctx, view, &world); err != nil || world.IsOver() {
		return lookAgain(err)
	}
	now := r.Clock.Now()
	var probe *instance.Probe
	if instance.ProbeDue(now, world) {
		if probe, err = r.tryProbe(ctx, view, &world); err != nil {
			return ctrl.Result{}, err
		}
		now = r.Clock.Now()
	}
	status := instance.Record(now, world, probe)
	if probe == nil && instance.NightlyCheckDue(now, world) {
		if err := r.checkNightly(ctx, view, &status); err != nil {
			return ctrl.Result{}, err
		}
	}
	if err := r.write(ctx, view, status); err != nil {
		return lookAgain(err)
	}
	result := r.result(now, view.Key, world, status, probe)
	return r.untilNightlyCheck(now, view, world, result), nil
}

// goneDelay is how long the cache may need to show that an object is gone.
const goneDelay = time.Second

// lookAgain returns what to do about a failed write. One 404 does not prove that an object is
// gone, so that is found out by the next look.
func lookAgain(err error) (ctrl.Result, error) {
	if apierrors.IsNotFound(err) {
		return ctrl.Result{RequeueAfter: goneDelay}, nil
	}
	return ctrl.Result{}, err
}

func (r *Reconciler) world(ctx context.Context, v View) (instance.Inputs, error) {
	w := instance.Inputs{
		Generation: v.Object.GetGeneration(),
		Suspended:  v.IsSuspended(),
		Revocation: v.Revocation(),
		Status:     v.Status,
		Keys:       v.keys(),
		Suspect:    r.ProbeQueue.contains(v.Key),
		Calls:      r.pause(v.Key),
		Finalizers: useOf(v),

		NightlyNotUntil: r.nightlyHold(v),
	}
	if p, ok := r.notUntil.Load(v.Key); ok && p.(pace).generation == w.Generation {
		w.NotUntil = p.(pace).until
	}
	sum := r.Tally.Sum(v.Key)
	count(sum, &w)
	var err error
	w.Deletions, err = r.Deletions.Count(ctx, r.Clock.Now(), v, sum.Marked[isToBeDeleted])
	return w, err
}

func (r *Reconciler) pause(k Key) lifecycle.Deferral {
	reason, until := r.Budget.Pause(k.String())
	return lifecycle.Deferral{Reason: Reason(reason), Until: until}
}

// tryProbe probes the instance if its limits allow that now. The probe is also what
// finds out that a pause is over: it is quick, and contacts no bank.
func (r *Reconciler) tryProbe(ctx context.Context, v View, w *instance.Inputs) (*instance.Probe, error) {
	grant, denial := r.Budget.Take(r.Clock.Now(), v.Key.String(), v.Limits, budget.Request{Priority: budget.Urgent, Calls: probeCalls})
	if grant == nil {
		w.NotUntil = denial.Until
		return nil, nil
	}
	defer grant.Release()
	probe, err := r.probe(ctx, v, r.flinks(v, grant))
	w.Calls = r.pause(v.Key)
	return probe, err
}

// probeCalls are the calls that try both keys.
const probeCalls = 2

// probe tries the keys as they are in the Secret now.
func (r *Reconciler) probe(ctx context.Context, v View, f Flinks) (*instance.Probe, error) {
	r.CredentialCache.Forget(v.Key)
	endpoint, err := v.Endpoint()
	if err != nil {
		return &instance.Probe{Problem: v1alpha1.ReasonEndpointInvalid}, nil //nolint:nilerr // The reason is the record of it.
	}
	if _, err := endpoint.Network.Authorities(); err != nil {
		return &instance.Probe{Problem: v1alpha1.ReasonCABundleInvalid}, nil //nolint:nilerr // Likewise.
	}
	credentials, problem, err := r.CredentialCache.Credentials(ctx, v)
	if err != nil || problem != "" {
		return &instance.Probe{Problem: problem}, err
	}
	_, err = f.GenerateAuthorizeToken(ctx, endpoint, credentials)
	if err == nil {
		err = f.ProbeAPIKey(ctx, endpoint, credentials)
	}
	if refused, ok := errors.AsType[*flinks.Error](err); ok {
		return &instance.Probe{Err: refused}, nil
	}
	return &instance.Probe{}, err
}

// flinks makes the calls that a grant was given for.
func (r *Reconciler) flinks(v View, grant *budget.Grant) Flinks {
	return r.Flinks(Meter{Grant: grant, Clock: r.Clock, View: v, ProbeQueue: r.ProbeQueue})
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

// tell emits the events of a change of the status, and records what it says that people did.
func (r *Reconciler) tell(v View, before v1alpha1.InstanceStatus) {
	event.Emit(r.Recorder, v.Object, instance.Events(&before, v.Status)...)
	trail.OfInstance(r.Audit, r.Kind, v.Object, instance.Acts(&before, v.Status)...)
}

func (r *Reconciler) result(now time.Time, k Key, w instance.Inputs, status v1alpha1.InstanceStatus, probe *instance.Probe) ctrl.Result {
	look := instance.NextDeletionsLook(now, w, &status)
	if probe == nil {
		return ctrl.Result{RequeueAfter: soonest(max(0, w.NotUntil.Sub(now), w.Calls.Until.Sub(now)), look)}
	}
	if probe.Cleared() {
		r.ProbeQueue.clear(k)
	}
	if probe.Problem == "" && probe.Err == nil {
		r.notUntil.Delete(k)
		return ctrl.Result{RequeueAfter: look}
	}
	if pause := w.Calls.Until.Sub(now); pause > 0 {
		r.notUntil.Delete(k)
		return ctrl.Result{RequeueAfter: soonest(pause, look)}
	}
	wait := instance.ProbeDelay(now, &status)
	if probe.Err != nil {
		wait = max(wait, probe.Err.RetryAfter)
	}
	r.notUntil.Store(k, pace{generation: w.Generation, until: now.Add(wait)})
	return ctrl.Result{RequeueAfter: soonest(wait, look)}
}

// soonest returns the shorter of two spans, of which 0 means that there is no end.
func soonest(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

func (r *Reconciler) forget(k Key) {
	r.CredentialCache.Forget(k)
	r.ProbeQueue.clear(k)
	r.notUntil.Delete(k)
	r.Budget.Forget(k.String())
	r.Deletions.forget(k)
	r.nightlyNotUntil.Delete(k)
}
