package bankconnection

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// errOutdated: the connection is not as it was when the action was decided.
var errOutdated = errors.New("the connection has changed since the action was decided")

// fence fails with errOutdated unless the API server still has exactly the object that
// was decided about. The call that follows cannot be undone, and the cache may not know
// yet that the login is to be kept.
func (r *Reconciler) fence(ctx context.Context, c *v1alpha1.BankConnection) error {
	latest := &v1alpha1.BankConnection{}
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(c), latest)
	switch {
	case apierrors.IsNotFound(err):
		return errOutdated
	case err != nil:
		return fmt.Errorf("reading the connection once more: %w", err)
	case latest.UID != c.UID || latest.ResourceVersion != c.ResourceVersion:
		return errOutdated
	}
	return nil
}

// conflict returns the result of a failed write. A conflict, and that there is no such object,
// mean that the object was old. The write may have been carried out all the same: a request that
// HTTP repeats after a connection broke is in conflict with itself.
func (r *Reconciler) conflict(c *v1alpha1.BankConnection, err error) (ctrl.Result, error) {
	if !apierrors.IsNotFound(err) {
		r.memory.shortenPause(c, r.Clock.Now())
	}
	if isOld(err) {
		return r.awaitCache(c), nil
	}
	return ctrl.Result{}, err
}

// awaitCache has nothing done for an object until the cache shows another version of it, or a call
// would be made again and again while a watch lags. It is not left to the watch alone: one 404 does
// not prove that an object is gone.
func (r *Reconciler) awaitCache(c *v1alpha1.BankConnection) ctrl.Result {
	return ctrl.Result{RequeueAfter: r.memory.noteOld(c, r.Clock.Now())}
}

// isOld reports whether a write failed because the object was not as it was read.
func isOld(err error) bool { return apierrors.IsConflict(err) || apierrors.IsNotFound(err) }
