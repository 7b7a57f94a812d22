package instance

import (
	"context"
	"errors"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/budget"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// keysDelay is when to look again whether the keys are in hand.
const keysDelay = time.Hour

// checkNightly asks Flinks which logins its nightly refresh leaves out, and notes in
// the status that it did.
func (r *Reconciler) checkNightly(ctx context.Context, v View, status *v1alpha1.InstanceStatus) error {
	endpoint, err := v.Endpoint()
	if err != nil {
		return nil // The next probe says it.
	}
	credentials, ok, err := r.bearer(ctx, v)
	if err != nil || !ok {
		return err
	}
	grant, denial := r.Budget.Take(r.Clock.Now(), v.Key.String(), v.Limits, budget.Request{Priority: budget.Routine, Calls: 1})
	if grant == nil {
		r.putOffNightly(v, denial.Until.Sub(r.Clock.Now()))
		return nil
	}
	defer grant.Release()
	instance.RecordNightlyCheck(r.Clock.Now(), status)
	answer, err := r.flinks(v, grant).GetNightlyRefreshStatus(ctx, endpoint, credentials)
	if refused, ok := errors.AsType[*flinks.Error](err); ok {
		// The key of this call is one of its own: that it is refused says nothing
		// about the others, which everything else needs.
		log.FromContext(ctx).Info("Nightly refresh status not read", "code", refused.Code)
		if refused.Class == flinks.ClassInstance {
			r.CredentialCache.Forget(v.Key)
		}
		return nil
	}
	if err != nil {
		return err
	}
	return r.reportIneligible(ctx, v, answer)
}

// bearer returns the credentials, and whether they have a bearerToken. No Secret is read for it
// after a restart: the next call of a connection brings the keys. Those in hand may be from before
// the token was added.
func (r *Reconciler) bearer(ctx context.Context, v View) (flinks.Credentials, bool, error) {
	held, ok := r.CredentialCache.cached(v)
	if !ok {
		r.putOffNightly(v, keysDelay)
		return held.credentials, false, nil
	}
	if held.credentials.BearerToken.IsZero() {
		r.CredentialCache.Forget(v.Key)
	}
	credentials, problem, err := r.CredentialCache.Credentials(ctx, v)
	if err != nil || (problem == "" && !credentials.BearerToken.IsZero()) {
		return credentials, err == nil, err
	}
	r.putOffNightly(v, instance.NightlyCheckInterval)
	return credentials, false, nil
}

func (r *Reconciler) putOffNightly(v View, d time.Duration) {
	r.nightlyNotUntil.Store(v.Key, pace{generation: v.Object.GetGeneration(), until: r.Clock.Now().Add(d)})
}

func (r *Reconciler) nightlyHold(v View) time.Time {
	if p, ok := r.nightlyNotUntil.Load(v.Key); ok && p.(pace).generation == v.Object.GetGeneration() {
		return p.(pace).until
	}
	return time.Time{}
}

// reportIneligible makes the connections of the listed logins be observed. Logins of
// other systems are listed too.
func (r *Reconciler) reportIneligible(ctx context.Context, v View, answer flinks.NightlyStatus) error {
	listed := map[string]bool{}
	for _, card := range answer.Ineligible {
		listed[v.Fingerprint(card.Login)] = true
	}
	all, err := list(ctx, r.Client, v.Key)
	if err != nil {
		return err
	}
	var found []*v1alpha1.BankConnection
	for i := range all {
		c := &all[i]
		if b := c.Status.Binding; b != nil && listed[b.LoginFingerprint] && instance.WantsNightlyCheck(c) {
			found = append(found, c)
		}
	}
	r.IneligibleLogins.report(found)
	return nil
}

// untilNightlyCheck makes a result come no later than the next check, now that the
// status is written.
func (r *Reconciler) untilNightlyCheck(now time.Time, v View, w instance.Inputs, result ctrl.Result) ctrl.Result {
	w.Status, w.Suspect, w.NightlyNotUntil = v.Status, r.ProbeQueue.contains(v.Key), r.nightlyHold(v)
	wait := instance.NightlyCheckWait(now, w)
	if wait > 0 && (result.RequeueAfter == 0 || wait < result.RequeueAfter) {
		result.RequeueAfter = wait
	}
	return result
}
