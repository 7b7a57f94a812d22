// Package bankconnection is the shell around the lifecycle of a BankConnection.
// A reconcile reads the world, does the one thing that lifecycle.Decide says,
// and writes what lifecycle.Record makes of the outcome. No decision is made
// here, and nothing that is held in memory is needed for safety.
package bankconnection

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/finalizer"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Flinks is the part of Flinks that a connection needs. All errors are
// *flinks.Error.
type Flinks interface {
	instance.TokenSource
	// Observe reads the state of a login. No bank is contacted; repeatable.
	Observe(context.Context, flinks.Endpoint, flinks.AuthorizeToken, flinks.LoginID) (flinks.Authorization, error)
	// Refresh opens a live session. It may text a code to a person and is NOT
	// repeatable: at most one request is sent.
	Refresh(context.Context, flinks.Endpoint, flinks.AuthorizeToken, flinks.LoginID) (flinks.Authorization, error)
	// GetAccountsDetail asks for the data of a session; repeatable.
	GetAccountsDetail(context.Context, flinks.Endpoint, flinks.Credentials, flinks.RequestID) (flinks.AccountsDetail, error)
	// GetAccountsDetailAsync asks again after a pending answer; repeatable.
	GetAccountsDetailAsync(context.Context, flinks.Endpoint, flinks.Credentials, flinks.RequestID) (flinks.AccountsDetail, error)
	// SetScheduledRefresh switches Flinks' own nightly refresh of a login on or off;
	// repeatable.
	SetScheduledRefresh(context.Context, flinks.Endpoint, flinks.Credentials, flinks.LoginID, bool) error
	// DeleteCard deletes a login for good. Repeatable: class gone means that
	// there is no such login.
	DeleteCard(context.Context, flinks.Endpoint, flinks.Credentials, flinks.LoginID) error
}

// Reconciler reconciles BankConnections.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live does both without the cache, which ends with the manager.
	Live client.Client
	// Logins of the same process.
	Logins *login.Reader
	// Holds keep the Secrets of logins, Handouts are Secrets that connections own.
	Protection       finalizer.SecretProtection
	Handouts         secret.Writer
	IneligibleLogins *instance.IneligibleLogins
	Deletions        *instance.Deletions
	// Admission lets calls through within the limits of the instance.
	Admission instance.Admission
	// Flinks returns a client that reports its calls to the meter.
	Flinks   func(instance.Meter) Flinks
	Clock    clock.PassiveClock
	Recorder events.EventRecorder
	// Inflight are the live calls that are out.
	Inflight *Inflight

	memory memory
}

// A cache may need so long to catch up, and is looked at again after twice as long each
// time that it did not.
const (
	conflictDelay    = time.Second
	maxConflictDelay = time.Minute
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
		if err := r.addFinalizers(ctx, c); err != nil {
			return r.conflict(c, err)
		}
	}
	s, err := r.look(ctx, c)
	if err != nil {
		return ctrl.Result{}, err
	}
	a, grant, err := r.decide(ctx, s)
	defer grant.Release()
	if err != nil {
		return ctrl.Result{}, err
	}
	s.flinks = r.Flinks(instance.Meter{Grant: grant, Clock: r.Clock, View: s.view, ProbeQueue: r.Logins.ProbeQueue})
	return r.act(ctx, s, a)
}

// act performs an action and records its outcome.
func (r *Reconciler) act(ctx context.Context, s *scene, a lifecycle.Action) (ctrl.Result, error) {
	outcome := lifecycle.Outcome{Action: a}
	var err error
	switch a.Kind {
	case lifecycle.Refresh:
		return r.refresh(ctx, s, a)
	case lifecycle.Delete, lifecycle.Confirm:
		return r.deleteLogin(ctx, s, a)
	case lifecycle.RemoveFinalizer:
		return r.release(ctx, s, a.Reason)
	case lifecycle.ClaimDeletion, lifecycle.UnclaimDeletion:
		return r.claimDeletion(ctx, s, a)
	case lifecycle.RemoveSecretFinalizer:
		return r.letGo(ctx, s.Connection.DeepCopy())
	case lifecycle.RevokeSecret:
		outcome = r.withdraw(ctx, s, a)
	case lifecycle.Observe:
		outcome, err = r.observe(ctx, s, a)
	case lifecycle.Collect:
		outcome, err = r.collect(ctx, s, a)
	case lifecycle.SetNightlyRefresh:
		if outcome, err = r.schedule(ctx, s, a); isOld(err) {
			return r.conflict(s.Connection, err)
		}
	case lifecycle.Wait:
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	return r.record(ctx, s, outcome)
}

// conflict is what to do about a failed write: a conflict, or that there is no such object,
// means that the object was old. Nothing is done for it until the cache shows another one,
// or a call would be made again and again while a watch lags. It is not left to the watch
// alone: one 404 does not prove that an object is gone.
func (r *Reconciler) conflict(c *v1alpha1.BankConnection, err error) (ctrl.Result, error) {
	if isOld(err) {
		return ctrl.Result{RequeueAfter: r.memory.noteOld(c, r.Clock.Now())}, nil
	}
	return ctrl.Result{}, err
}

// isOld reports whether a write failed because the object was not as it was read.
func isOld(err error) bool { return apierrors.IsConflict(err) || apierrors.IsNotFound(err) }
