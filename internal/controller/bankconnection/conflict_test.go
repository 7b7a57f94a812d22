package bankconnection

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestAnObjectThatIsOldIsLookedAtAgain: a conflict, and a 404 that may pass, leave work over.
func TestAnObjectThatIsOldIsLookedAtAgain(t *testing.T) {
	resource := schema.GroupResource{Resource: "bankconnections"}
	for _, err := range []error{
		apierrors.NewNotFound(resource, "acme"), apierrors.NewConflict(resource, "acme", errors.New("it has changed")),
	} {
		clock := clocktesting.NewFakePassiveClock(time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC))
		r := &Reconciler{Clock: clock}
		c := &v1alpha1.BankConnection{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: "1", ResourceVersion: "7"}}
		r.memory.keep(client.ObjectKeyFromObject(c), session{uid: c.UID, memory: lifecycle.Memory{NotUntil: clock.Now().Add(time.Hour)}})
		var last time.Duration
		for range 10 {
			result, failure := r.conflict(c, err)
			if failure != nil || result.RequeueAfter < max(conflictDelay, last) || result.RequeueAfter > maxConflictDelay {
				t.Fatalf("after %v: %+v, %v", err, result, failure)
			}
			last = result.RequeueAfter
			if wait := r.memory.oldFor(c, clock.Now()); wait != last {
				t.Errorf("looked at again after %v and not %v", wait, last)
			}
			clock.SetTime(clock.Now().Add(last))
			if wait := r.memory.oldFor(c, clock.Now()); wait != 0 {
				t.Errorf("left alone for %v more", wait)
			}
		}
		if r.memory.recall(c).memory.NotUntil.After(clock.Now().Add(lifecycle.CollectPoll)) == apierrors.IsConflict(err) {
			t.Errorf("after %v the next call waits for %v", err, r.memory.recall(c).memory.NotUntil)
		}
		if last != maxConflictDelay {
			t.Errorf("the cache is looked at every %v for ever", last)
		}
		c.ResourceVersion = "8"
		if wait := r.memory.oldFor(c, clock.Now().Add(-time.Minute)); wait != 0 {
			t.Errorf("what the cache shows now is left alone for %v", wait)
		}
	}
	c, now := &v1alpha1.BankConnection{}, time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	if _, failure := (&Reconciler{Clock: clocktesting.NewFakePassiveClock(now)}).conflict(c, apierrors.NewInternalError(errors.New("no leader"))); failure == nil {
		t.Error("an error is lost")
	}
}
