package bankconnection

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestAnObjectThatIsOldIsLookedAtAgain: a conflict, and a 404 that may pass, leave work over.
func TestAnObjectThatIsOldIsLookedAtAgain(t *testing.T) {
	resource := schema.GroupResource{Resource: "bankconnections"}
	for _, err := range []error{
		apierrors.NewNotFound(resource, "acme"), apierrors.NewConflict(resource, "acme", errors.New("it has changed")),
	} {
		if result, failure := conflictResult(err); failure != nil || result.RequeueAfter <= 0 {
			t.Errorf("after %v: %+v, %v", err, result, failure)
		}
	}
	if _, failure := conflictResult(apierrors.NewInternalError(errors.New("no leader"))); failure == nil {
		t.Error("an error is lost")
	}
}
